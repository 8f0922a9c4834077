/** Many requests of a few doctors for a few records: signed, their re-encryption keys sealed, and filed on the requesters' chain. */

import {
  type AccessRequest,
  type Chain,
  findRecord,
  fromHex32,
  type Hex32,
  hex32,
  requestIdOf,
  toHex32,
  type VerifyingContract,
} from "@medexchain/chain";
import {
  dealShares,
  encodeSealedReKey,
  type FirewalledCiphertext,
  parseCapsule,
  parseSealedReKey,
  type ReKey,
  type RelayerGroup,
  type Requester,
  reKeyGen,
  sealShares,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeBytes32String, type Wallet } from "ethers";
import type { Cast } from "../../devnet/cast.ts";

/** A requester with its account on chain B, for which the development chain signs. */
export interface Doctor {
  readonly memberId: Hex32;
  readonly account: Wallet;
  readonly requester: Requester;
}

export interface SignedRequest {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly doctor: Doctor;
  readonly request: AccessRequest;
  readonly signature: string;
}

const DAY = 86_400n;
/** In one block, far below its limit. */
const PER_BLOCK = 50;
/** Enough for any request; to ask for an estimate and for fees each time would be the doctors' work, not the relayer's. */
const REQUEST_GAS = "0x7a120";
const FEES = { maxFeePerGas: "0x174876e800", maxPriorityFeePerGas: "0x3b9aca00" };

/** Signs requests, each of the next doctor for the next record. */
export async function requestSigner(
  { chainA, chainB }: Pick<Cast, "chainA" | "chainB">,
  doctors: readonly Doctor[],
  records: readonly Hex32[],
): Promise<() => SignedRequest> {
  const contract: VerifyingContract = { chainId: chainB.deployment.chainId, address: chainB.deployment.requests };
  const issuedAt = BigInt((await chainB.provider.getBlock("latest"))?.timestamp ?? 0);
  const purpose = hex32(encodeBytes32String("TREAT"));
  let made = 0;
  return () => {
    const index = made++;
    const doctor = doctors[index % doctors.length];
    const recordId = records[index % records.length];
    if (!doctor || recordId === undefined) throw new RangeError("a remainder is an index");
    const request = {
      recordId,
      requester: doctor.memberId,
      purpose,
      destinationChainId: chainA.deployment.chainId,
      destination: chainA.deployment.grants,
      issuedAt,
      expiry: issuedAt + DAY,
      nonce: BigInt(index),
    };
    // A request's id is the digest that its requester signs.
    const requestId = requestIdOf(contract, request);
    const signature = doctor.account.signingKey.sign(requestId).serialized;
    return { requestId, recordId, doctor, request, signature };
  };
}

/**
 * Deals re-encryption keys and publishes what is sealed of them: ReKeyGen and CRF-ReKeyGen once for each doctor and record, as an owner's device
 * and firewall do for each request. Dealt anew for each request, they are other bytes each time, and the relayers' work is the same.
 *
 * @param group the relayers, any one of whom re-encrypts: then a share is the key itself
 * @returns the digest of the sealed key of a request
 */
export function rekeySealer(
  { patient, store, chainA }: Pick<Cast, "patient" | "store" | "chainA">,
  { epoch, threshold, relayers }: RelayerGroup,
): (signed: SignedRequest) => Promise<Hex32> {
  const known = new Map<string, Promise<{ readonly reKey: ReKey; readonly ciphertext: FirewalledCiphertext }>>();
  const make = async ({ recordId, requestId, doctor: { requester } }: SignedRequest) => {
    const owner = patient.scopeOf(recordId);
    const ids = { recordId: fromHex32(recordId), requestId: fromHex32(requestId), epoch };
    const { firewall } = patient;
    const x = await firewall.dealX(ids.recordId, ids.requestId, epoch);
    const proposal = reKeyGen(await patient.requestKey(owner), x, requester);
    const { sealedReKey, dealt } = await firewall.signOff({ ...ids, owner, requester, proposal });
    const [share] = dealt;
    if (threshold !== 1 || !share) throw new RangeError("only where one relayer re-encrypts is a share the key itself");
    const { C3, C4 } = parseSealedReKey(sealedReKey);
    const { capsule } = await findRecord(chainA, recordId);
    const ciphertext = parseCapsule(await store.get(fromHex32(capsule)));
    return { reKey: { rk1: share.share, rk2: C3, rk3: C4 }, ciphertext };
  };
  return async (signed) => {
    const key = `${signed.doctor.memberId} ${signed.recordId}`;
    const making = known.get(key) ?? make(signed);
    known.set(key, making);
    const { reKey, ciphertext } = await making;
    const context = { requestId: fromHex32(signed.requestId), epoch };
    const indices = relayers.map(({ index }) => index);
    const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold, indices });
    const shares = await sealShares(dealing, context, relayers);
    await store.put(shares);
    const { digests } = dealing;
    const [C3, C4] = [reKey.rk2, reKey.rk3];
    const { digest } = await store.put(
      encodeSealedReKey({ ...context, C3, C4, indices, digests, threshold, shares: sha256(shares) }),
    );
    return toHex32(digest);
  };
}

/** Files requests on their chain, many in a block, and makes a block of each transaction again. */
export async function fileRequests(chain: Chain, signed: readonly SignedRequest[]): Promise<void> {
  const release = await holdRequests(chain, signed, false);
  await release();
}

/**
 * Leaves requests with the chain's node, which makes no blocks from then on.
 *
 * @param isHeld false makes blocks meanwhile
 * @returns puts what is held into blocks, and makes a block of each transaction again
 */
export async function holdRequests(
  { provider, deployment, requests }: Chain,
  signed: readonly SignedRequest[],
  isHeld = true,
): Promise<() => Promise<void>> {
  const before = await requests.sequence();
  const nonces = new Map<string, number>();
  for (const address of new Set(signed.map(({ doctor }) => doctor.account.address))) {
    await provider.send("hardhat_impersonateAccount", [address]);
    nonces.set(address, await provider.getTransactionCount(address));
  }
  await provider.send("evm_setAutomine", [false]);
  for (let from = 0; from < signed.length; from += PER_BLOCK) {
    const sent = signed.slice(from, from + PER_BLOCK).map(({ doctor, request, signature }) => {
      const { address } = doctor.account;
      const nonce = nonces.get(address) ?? 0;
      nonces.set(address, nonce + 1);
      const data = requests.interface.encodeFunctionData("request", [request, signature]);
      const call = { from: address, to: deployment.requests, data, gas: REQUEST_GAS, nonce: `0x${nonce.toString(16)}` };
      return provider.send("eth_sendTransaction", [{ ...call, ...FEES }]);
    });
    await Promise.all(sent);
    if (!isHeld) await provider.send("evm_mine", []);
  }
  return async () => {
    const filed = async () => Number((await requests.sequence()) - before);
    for (let blocks = 0; blocks <= signed.length && (await filed()) < signed.length; blocks += 1) {
      await provider.send("evm_mine", []);
    }
    await provider.send("evm_setAutomine", [true]);
    const taken = await filed();
    if (taken !== signed.length) throw new Error(`chain B took ${taken} of ${signed.length} requests`);
  };
}
