/** The people and services of both hospitals without a relayer that runs: a test does every step of theirs, or does not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccessResponse,
  type Chain,
  findRecord,
  fromHex32,
  type Hex32,
  hex32,
  reEncryptionDigestOf,
  responseDigestOf,
  toHex32,
  transact,
} from "@medexchain/chain";
import { issueHere, startGateway } from "@medexchain/gateway";
import {
  checkCiphertext,
  encodePartial,
  encodeRelayerKey,
  generateRelayerKeyPair,
  openShare,
  type Partial,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  type RelayerKeyPair,
  type SealedReKey,
  systemRandom,
  xWingPublicKey,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Result, Wallet } from "ethers";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { developmentAccount, startChains } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { startIpfsServer } from "../../devnet/ipfs/server.ts";
import { startTangleServer } from "../../devnet/tangle/server.ts";

/** A relayer of which the test does every step by hand, or does not. */
export interface ByHand {
  readonly index: number;
  readonly wallet: Wallet;
  readonly keys: RelayerKeyPair;
}

export interface RequestAndRecord {
  readonly recordId: Hex32;
  readonly requestId: Hex32;
}

export interface ByHandNetwork extends AsyncDisposable {
  readonly cast: Cast;
  readonly ipfsUrl: string;
  readonly tangleUrl: string;
  /** In the order of their indices, from 1. */
  readonly relayers: ByHand[];
  /** Draws a relayer's key, publishes it, and says so on the owner's chain. */
  withKey(wallet: Wallet): Promise<ByHand>;
  /** The doctor asks for a record, and the request is carried to the owner's chain. */
  askFor(recordId: Hex32): Promise<Hex32>;
  sealedReKeyOf(requestId: Hex32): Promise<SealedReKey>;
  /** A relayer's partial of a request as it publishes it, as its own share makes it. */
  partialOf(by: ByHand, ids: RequestAndRecord): Promise<Uint8Array>;
  publishPartial(by: ByHand, ids: RequestAndRecord): Promise<void>;
  /** As many relayers as must say that their partials are out, whether or not they are, and the answer is carried to the doctor's chain. */
  grantBy(by: readonly ByHand[], requestId: Hex32): Promise<void>;
}

const contractOf = (chain: Chain, name: "grants" | "requests") => ({
  chainId: chain.deployment.chainId,
  address: chain.deployment[name],
});

async function expiryOn({ provider }: Chain): Promise<bigint> {
  return BigInt((await provider.getBlock("latest"))!.timestamp) + 86_400n;
}

export async function startByHandNetwork({ relayers: count = 1, threshold = 1 } = {}): Promise<ByHandNetwork> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medexchain-by-hand-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const wallets = Array.from({ length: count }, () => new Wallet(Wallet.createRandom().privateKey));
  const served = await startChains({
    relayer: wallets[0]!.address,
    sealingKey: toHex32(systemRandom(32)),
    journal: join(directory, "ignition"),
  });
  for (const chain of served) stack.defer(() => chain.close());
  const ipfs = await startIpfsServer({ directory: join(directory, "ipfs"), port: 0 });
  stack.defer(() => ipfs.close());
  const tangle = await startTangleServer({ directory: join(directory, "tangle"), port: 0 });
  stack.defer(() => tangle.close());
  const [chainA, chainB] = [served[0].deployment, served[1].deployment];
  const cast = stack.use(await assembleCast({ chainA, chainB, ipfsUrl: ipfs.url, tangleUrl: tangle.url, directory }));
  for (const chain of [cast.chainA, cast.chainB]) {
    const { relayers: set } = chain.as(developmentAccount(0));
    for (const { address } of wallets) await fund(chain.deployment, address);
    for (const { address } of wallets.slice(1)) await transact(chain, () => set.addRelayer(address));
    await transact(chain, () => set.setThreshold(threshold));
  }
  const { hospital, chain } = cast.hospitalA;
  await transact(chain, () => chain.as(hospital.operator).hospitals.setMaxAccessCount(hospital.id, 1_000));
  const relayers: ByHand[] = [];
  for (const wallet of wallets) relayers.push(await withKey(cast, wallet));
  await importDoctors(cast);
  const running = stack.move();
  return {
    cast,
    ipfsUrl: ipfs.url,
    tangleUrl: tangle.url,
    relayers,
    withKey: (wallet) => withKey(cast, wallet),
    async askFor(recordId) {
      const { requestId, request, signature } = await cast.doctors[0].request({ recordId });
      const carrier = cast.chainA.as(wallets[0]!);
      await transact(cast.chainA, () =>
        carrier.grants.deliverRequest(cast.chainB.deployment.chainId, request, signature),
      );
      return requestId;
    },
    sealedReKeyOf: (requestId) => sealedReKeyOf(cast, requestId),
    partialOf: (by, ids) => partialOf(cast, by, ids),
    async publishPartial(by, ids) {
      const bytes = await partialOf(cast, by, ids);
      const { indices, digests } = await sealedReKeyOf(cast, ids.requestId);
      expect(sha256(bytes), "what is committed to").to.deep.equal(digests[indices.indexOf(by.index)]);
      await cast.store.put(bytes);
    },
    async grantBy(by, requestId) {
      await submitBy(cast, by, requestId);
      await answerBy(cast, wallets.slice(0, threshold), requestId);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Serves Hospital A's members, in a process with its firewall. */
export async function startGatewayOf({ hospitalA, store }: Cast): Promise<AsyncDisposable & { readonly url: string }> {
  const { hospital, firewall, chain } = hospitalA;
  const gatewaySeed = randomBytes(32);
  const parameters = await hospital.publishParameters(store, firewall.publicKey, await xWingPublicKey(gatewaySeed));
  await transact(chain, () => chain.as(hospital.operator).hospitals.setParameters(hospital.id, parameters));
  const issuer = issueHere({ hospital, publicKey: firewall.publicKey, chain, store });
  const site = { hospital, firewall, issuer, chain, store };
  const gateway = await startGateway({ ...site, gatewaySeed, host: "127.0.0.1", port: 0 });
  return { url: gateway.url, [Symbol.asyncDispose]: () => gateway.close() };
}

async function withKey({ chainA, store }: Cast, wallet: Wallet): Promise<ByHand> {
  const keys = await generateRelayerKeyPair();
  const { digest } = await store.put(encodeRelayerKey(keys.publicKey));
  await transact(chainA, () => chainA.as(wallet).relayers.setSealingKey(digest));
  return { index: Number(await chainA.relayers.indexOf(wallet.address)), wallet, keys };
}

async function importDoctors({ chainA, chainB, doctors }: Cast): Promise<void> {
  for (const { memberId } of doctors) {
    const [log] = await chainB.hospitals.queryFilter(chainB.hospitals.filters.MemberEnrolled(memberId));
    const { certificate, signature } = log!.args;
    // ethers types a struct that it decodes as one that it encodes, and hands out a list that cannot be changed.
    const decoded = (certificate as unknown as Result).toObject() as typeof certificate;
    await transact(chainA, () => chainA.as(developmentAccount(0)).hospitals.importMember(decoded, signature));
  }
}

async function sealedReKeyOf({ chainA, store }: Cast, requestId: Hex32): Promise<SealedReKey> {
  return parseSealedReKey(await store.get(fromHex32((await chainA.grants.grant(requestId)).key)));
}

async function partialOf(cast: Cast, { index, keys }: ByHand, { recordId, requestId }: RequestAndRecord) {
  const { store, chainA } = cast;
  const sealed = await sealedReKeyOf(cast, requestId);
  const shares = parseSealedShares(await store.get(sealed.shares));
  const { capsule } = await findRecord(chainA, recordId);
  const ciphertext = checkCiphertext(parseCapsule(await store.get(fromHex32(capsule))));
  const partial: Partial = partialReEncrypt(await openShare(shares, index, keys), ciphertext);
  return encodePartial({ requestId: sealed.requestId, epoch: sealed.epoch, ...partial });
}

const ascending = (one: { readonly relayer: string }, other: { readonly relayer: string }): number =>
  BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1;

async function submitBy({ chainA }: Cast, [first, ...others]: readonly ByHand[], requestId: Hex32): Promise<void> {
  const { key, relayerEpoch } = await chainA.grants.grant(requestId);
  const terms = { epoch: BigInt(relayerEpoch), expiry: await expiryOn(chainA) };
  const digest = reEncryptionDigestOf(contractOf(chainA, "grants"), requestId, hex32(key), terms);
  const by = others.map(({ wallet }) => ({
    relayer: wallet.address,
    signature: wallet.signingKey.sign(digest).serialized,
  }));
  const attestations = { ...terms, by: by.toSorted(ascending) };
  await transact(chainA, () => chainA.as(first!.wallet).grants.submitReEncryption(requestId, attestations));
}

async function answerBy({ chainA, chainB }: Cast, wallets: readonly Wallet[], requestId: Hex32): Promise<void> {
  const { key } = await chainA.grants.grant(requestId);
  const { decision, decidedAt, contents, reEncryption, privateFragment } = await chainA.grants.responseOf(requestId);
  expect(reEncryption, "the answer is the sealed key").to.equal(key);
  const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
  const terms = { epoch: await chainB.relayers.epoch(), expiry: await expiryOn(chainB) };
  const [requests, grants] = [contractOf(chainB, "requests"), contractOf(chainA, "grants")];
  const digest = responseDigestOf(requests, grants, response, terms);
  const by = wallets
    .map((wallet) => ({ relayer: wallet.address, signature: wallet.signingKey.sign(digest).serialized }))
    .toSorted(ascending);
  const carrier = chainB.as(wallets[0]!);
  await transact(chainB, () => carrier.requests.deliverResponse(chainA.deployment.chainId, response, { ...terms, by }));
}
