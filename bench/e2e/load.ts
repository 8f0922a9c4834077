/** Requests that are ready to go: filed on chain B, and for each one what its owner will authorise it with. */
import { join } from "node:path";
import { firewallSources, makeUserKeys, publishUserKeys } from "@medexchain/actors";
import { fromHex32, type Hex32, toHex32, transact } from "@medexchain/chain";
import { encodeRelayerKey, generateRelayerKeyPair, keyGenDU, type RelayerGroup } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { developmentAccount, startChains } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { startTangleServer } from "../../devnet/tangle/index.ts";
import {
  type Doctor,
  fileRequests,
  holdRequests,
  rekeySealer,
  requestSigner,
  type SignedRequest,
} from "./file-requests.ts";

/** A relayer's account on both chains, and the seed of its own sealing key. */
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
  signRequests(count: number): SignedRequest[];
  /** Prepares further requests and files them. */
  file(count: number): Promise<void>;
  /** Has chain B take the first requests, where they were held back. */
  release(): Promise<void>;
  /** By request id: digest of the sealed re-encryption key. */
  readonly sealedRekeys: ReadonlyMap<Hex32, Hex32>;
  /** To whom they are sealed. */
  readonly group: RelayerGroup;
}

export interface LoadOptions {
  readonly requests: number;
  readonly relayers: number;
  /** An empty folder. */
  readonly directory: string;
  /** Whether the requests are filed, but in no block until they are released; chain B makes none until then. */
  readonly held?: boolean;
}

/** Doctors and records that the requests are spread over: few, as at a hospital. */
const DOCTORS = 4;
const RECORDS = 8;
const NO_LIMIT = 1_000_000;
const YEAR = 365n * 24n * 3_600n;
/** Requests that are prepared at once. */
const ABREAST = 200;

export async function prepareLoad({ requests: count, relayers, directory, held = false }: LoadOptions): Promise<Load> {
  await using stack = new AsyncDisposableStack();
  const accounts = Array.from({ length: relayers }, () => new Wallet(Wallet.createRandom().privateKey));
  const keyPairs = await Promise.all(accounts.map(() => generateRelayerKeyPair()));
  const [a, b] = await startChains({
    relayer: accounts[0]?.address ?? "",
    sealingKey: toHex32(randomBytes(32)), // nothing is sealed to it
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
  // A relayer sets its key when it starts; here it is sealed to before that.
  for (const [at, account] of accounts.entries()) {
    const { digest } = await cast.store.put(encodeRelayerKey(keyPairs[at]?.publicKey ?? new Uint8Array()));
    for (const chain of [chainA, chainB]) {
      await transact(chain, () => chain.as(account).relayers.setSealingKey(digest));
    }
  }
  const group = await firewallSources(chainA, cast.store).relayers();
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

  const sign = await requestSigner(cast, doctors, records);
  const seal = rekeySealer(cast, group);
  const sealedRekeys = new Map<Hex32, Hex32>();
  const prepare = async (all: number): Promise<SignedRequest[]> => {
    const prepared: SignedRequest[] = [];
    for (let left = all; left > 0; left -= ABREAST) {
      const signed = Array.from({ length: Math.min(ABREAST, left) }, sign);
      const sealed = await Promise.all(signed.map(seal));
      for (const [index, { requestId }] of signed.entries()) {
        const digest = sealed[index];
        if (digest !== undefined) sealedRekeys.set(requestId, digest);
      }
      prepared.push(...signed);
    }
    return prepared;
  };
  const prepared = await prepare(count);
  let release = async (): Promise<void> => undefined;
  if (held) release = await holdRequests(chainB, prepared);
  else await fileRequests(chainB, prepared);

  const owner = await (patient.chain.grants.runner as Wallet).getAddress(); // `as` was given the account
  await chainA.provider.send("hardhat_impersonateAccount", [owner]);
  const running = stack.move();
  return {
    cast,
    ipfsUrl: ipfs.url,
    owner,
    sealedRekeys,
    group,
    file: async (further) => fileRequests(chainB, await prepare(further)),
    release: () => release(),
    signRequests: (further) => Array.from({ length: further }, sign),
    relayers: accounts.map(({ address, privateKey }, at) => ({
      address,
      secrets: { accountKey: privateKey, sealingKey: Buffer.from(keyPairs[at]?.seed ?? []).toString("hex") },
    })),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function enrolDoctor({ chainB, hospitalB, store }: Cast, pseudonym: string): Promise<Doctor> {
  const { hospital, firewall } = hospitalB;
  const account = new Wallet(Wallet.createRandom().privateKey);
  await fund(chainB.deployment, account.address);
  const memberId = hospital.memberId(pseudonym);
  const identity = fromHex32(memberId);
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

/** A block id that an owner would have from the Tangle; no relayer reads it. */
export const anyBlockId = (): Hex32 => toHex32(randomBytes(32));
