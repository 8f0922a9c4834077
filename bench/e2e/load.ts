/** Requests that are ready to go: filed on chain B, and for each one what its owner will authorise it with. */
import { join } from "node:path";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { encodeBytes32String, NonceManager, Wallet } from "ethers";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { developmentAccount, startChains } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { startTangleServer } from "../../devnet/tangle/index.ts";
import { makeUserKeys, publishUserKeys } from "../../offchain/actors/index.ts";
import {
  type AccessRequest,
  type Hex32,
  requestIdOf,
  signRequest,
  toHex32,
  transact,
} from "../../offchain/chain/index.ts";
import { generateSealingKeyPair, keyGenDU, type Requester, reKeyGen } from "../../offchain/pre/index.ts";

/** A relayer's account on both chains, and the sealing key that all share. */
export interface RelayerKeysInClear {
  readonly address: string;
  readonly secrets: { readonly accountKey: string; readonly sealingKey: string };
}

export interface Load extends AsyncDisposable {
  readonly cast: Cast;
  readonly ipfsUrl: string;
  readonly relayers: readonly RelayerKeysInClear[];
  /** The patient's account: the development chains sign for it. */
  readonly owner: string;
  /** Signs further requests, which are neither filed nor prepared. */
  signRequests(count: number): Promise<SignedRequest[]>;
  /** By request id: digest of the sealed re-encryption key. */
  readonly sealedRekeys: ReadonlyMap<Hex32, Hex32>;
}

export interface SignedRequest {
  readonly request: AccessRequest;
  readonly signature: string;
}

export interface LoadOptions {
  readonly requests: number;
  readonly relayers: number;
  /** An empty folder. */
  readonly directory: string;
}

/** Doctors and records that the requests are spread over: few, as at a hospital. */
const DOCTORS = 4;
const RECORDS = 8;
const NO_LIMIT = 1_000_000;
const YEAR = 365n * 24n * 3_600n;
const DAY = 86_400n;
/** Requests that are being filed at once. */
const ABREAST = 50;

interface Doctor {
  readonly memberId: Hex32;
  readonly account: Wallet;
  readonly requester: Requester;
}

export async function prepareLoad({ requests: count, relayers, directory }: LoadOptions): Promise<Load> {
  await using stack = new AsyncDisposableStack();
  const accounts = Array.from({ length: relayers }, () => new Wallet(Wallet.createRandom().privateKey));
  const sealing = await generateSealingKeyPair();
  const [a, b] = await startChains({
    relayer: accounts[0]?.address ?? "",
    sealingKey: toHex32(sealing.publicKey),
    journal: join(directory, "ignition"),
  });
  for (const chain of [a, b]) stack.defer(() => chain.close());
  const ipfs = await startIpfsServer({ directory: join(directory, "ipfs") });
  stack.defer(() => ipfs.close());
  const tangle = await startTangleServer({ directory: join(directory, "tangle") });
  stack.defer(() => tangle.close());
  for (const { address } of accounts) {
    for (const { deployment } of [a, b]) await fund(deployment, address);
  }
  const cast = stack.use(
    await assembleCast({
      chainA: a.deployment,
      chainB: b.deployment,
      ipfsUrl: ipfs.url,
      tangleUrl: tangle.url,
      directory,
    }),
  );
  const { chainA, chainB, hospitalA, patient } = cast;
  for (const { address } of accounts.slice(1)) {
    for (const chain of [chainA, chainB]) {
      await transact(chain, () => chain.as(developmentAccount(0)).relayers.addRelayer(address));
    }
  }
  const operatorA = chainA.as(hospitalA.hospital.operator);
  await transact(chainA, () => operatorA.hospitals.setMaxAccessCount(hospitalA.hospital.id, NO_LIMIT));

  const records: Hex32[] = [];
  for (let record = 0; record < RECORDS; record += 1) {
    const document = new TextEncoder().encode(
      JSON.stringify({ resourceType: "Patient", id: `patient-${record}`, gender: "female", birthDate: "1980-01-01" }),
    );
    const privateSelectors = ["Patient.birthDate"];
    records.push((await patient.publish({ document, privateSelectors, maxAccessCount: NO_LIMIT })).recordId);
  }
  const doctors: Doctor[] = [];
  for (let doctor = 0; doctor < DOCTORS; doctor += 1) doctors.push(await enrolDoctor(cast, `bench-doctor-${doctor}`));

  const sealedRekeys = new Map<Hex32, Hex32>();
  const filing = new Set<Promise<unknown>>();
  const contract = { chainId: chainB.deployment.chainId, address: chainB.deployment.requests };
  const senders = doctors.map(({ account }) => chainB.as(new NonceManager(account.connect(chainB.provider))));
  const issuedAt = BigInt((await chainB.provider.getBlock("latest"))?.timestamp ?? 0);
  let made = 0;
  const makeRequest = async () => {
    const index = made++;
    const doctor = doctors[index % DOCTORS];
    const sender = senders[index % DOCTORS];
    const recordId = records[index % RECORDS];
    if (!doctor || !sender || recordId === undefined) throw new RangeError("a remainder is an index");
    const request = {
      recordId,
      requester: doctor.memberId,
      purpose: encodeBytes32String("TREAT") as Hex32, // bytes32; ethers types every hex string as `string`
      destinationChainId: chainA.deployment.chainId,
      destination: chainA.deployment.grants,
      issuedAt,
      expiry: issuedAt + DAY,
      nonce: BigInt(index),
    };
    return { doctor, sender, request, signature: await signRequest(doctor.account, contract, request) };
  };
  for (let index = 0; index < count; index += 1) {
    const { doctor, sender, request, signature } = await makeRequest();
    const { recordId } = request;
    const requestId = requestIdOf(contract, request);
    sealedRekeys.set(requestId, await sealRekey(cast, doctor.requester, recordId, requestId, sealing.publicKey));
    const sent = transact(chainB, () => sender.requests.request(request, signature, { gasLimit: 500_000 })).finally(
      () => filing.delete(sent),
    );
    filing.add(sent);
    if (filing.size >= ABREAST) await Promise.race(filing);
  }
  await Promise.all(filing);

  const owner = await (patient.chain.grants.runner as Wallet).getAddress(); // `as` was given the account
  await chainA.provider.send("hardhat_impersonateAccount", [owner]);
  const running = stack.move();
  return {
    cast,
    ipfsUrl: ipfs.url,
    owner,
    sealedRekeys,
    signRequests: async (further) => {
      const signed: SignedRequest[] = [];
      while (signed.length < further) signed.push(await makeRequest());
      return signed;
    },
    relayers: accounts.map(({ address, privateKey }) => ({
      address,
      secrets: { accountKey: privateKey, sealingKey: Buffer.from(sealing.privateKey).toString("hex") },
    })),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function enrolDoctor({ chainB, hospitalB, store }: Cast, pseudonym: string): Promise<Doctor> {
  const { hospital, firewall } = hospitalB;
  const account = new Wallet(Wallet.createRandom().privateKey);
  await fund(chainB.deployment, account.address);
  const memberId = hospital.memberId(pseudonym);
  const identity = hexToBytes(memberId.slice(2));
  const pre = keyGenDU(
    firewall.blindPartialKey(hospital.issuePartialKey(identity), identity),
    identity,
    firewall.publicKey,
  );
  const keyDigest = await publishUserKeys(store, await makeUserKeys(pre));
  const notAfter = BigInt(Math.floor(Date.now() / 1000)) + YEAR;
  const [certificate, signature] = await hospital.certify(chainB, {
    pseudonym,
    account: account.address,
    keyDigest,
    serial: 1n,
    notAfter,
  });
  await transact(chainB, () => chainB.as(hospital.operator).hospitals.enrolMember(certificate, signature));
  return { memberId, account, requester: { identity, publicKey: pre.publicKey, hospitalKey: firewall.publicKey } };
}

/** ReKeyGen and CRF-ReKeyGen, as an owner's device and firewall do when a request is approved. */
async function sealRekey(
  { patient, store }: Cast,
  requester: Requester,
  recordId: Hex32,
  requestId: Hex32,
  sealingKey: Uint8Array,
): Promise<Hex32> {
  const owner = patient.scopeOf(recordId);
  const ids = { recordId: hexToBytes(recordId.slice(2)), requestId: hexToBytes(requestId.slice(2)) };
  const { firewall } = patient;
  const x = await firewall.dealX(ids.recordId, ids.requestId);
  const proposal = reKeyGen(await patient.requestKey(owner), x, requester);
  const { digest } = await store.put(await firewall.signOff({ ...ids, owner, requester, proposal, sealingKey }));
  return toHex32(digest);
}

/** A block id that an owner would have from the Tangle; no relayer reads it. */
export const anyBlockId = (): Hex32 => toHex32(randomBytes(32));
