import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "@ipld/dag-cbor";
import {
  type AccessResponse,
  type Chain,
  findRecord,
  fromHex32,
  type Hex32,
  hex32,
  reEncryptionDigestOf,
  requestStateOf,
  responseDigestOf,
  toHex32,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { connectGateway, issueHere, startGateway } from "@medexchain/gateway";
import {
  checkCiphertext,
  checkG1,
  checkGt,
  deriveKey,
  drawX,
  encodePartial,
  encodeReEncryption,
  encodeRelayerKey,
  encodeSealedReKey,
  generateRelayerKeyPair,
  openCapsuleAsOwner,
  openShare,
  type Partial,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  type RelayerKeyPair,
  reEncrypt,
  type SealedReKey,
  systemRandom,
  xWingPublicKey,
} from "@medexchain/pre";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Result, type Signer, Wallet } from "ethers";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { developmentAccount, startChains } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { startIpfsServer } from "../../devnet/ipfs/server.ts";
import { startTangleServer } from "../../devnet/tangle/server.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { publishRecord } from "../../offchain/actors/publish-record.ts";
import { resealRequest } from "../../offchain/actors/reseal-request.ts";
import { g1, toG1 } from "../offchain/pre/support/noble.ts";
import { exampleDocument, exampleSelectors, failsWith, publishExample } from "./support.ts";

/** A relayer of which the test does every step by hand, or does not. */
interface ByHand {
  readonly index: number;
  readonly wallet: Wallet;
  readonly keys: RelayerKeyPair;
}

describe("re-encryption by two of three relayers", function () {
  this.timeout(240_000);
  const stack = new AsyncDisposableStack();
  let cast: Cast;
  let relayers: ByHand[];
  /** The patient's, to which hospital and firewall are a gateway. */
  let device: Cast["patient"];

  before(async () => {
    const directory = await mkdtemp(join(tmpdir(), "medexchain-threshold-"));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const wallets = [1, 2, 3].map(() => new Wallet(Wallet.createRandom().privateKey));
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
    cast = stack.use(await assembleCast({ chainA, chainB, ipfsUrl: ipfs.url, tangleUrl: tangle.url, directory }));
    for (const chain of [cast.chainA, cast.chainB]) {
      const { relayers: set } = chain.as(developmentAccount(0));
      for (const { address } of wallets) await fund(chain.deployment, address);
      for (const { address } of wallets.slice(1)) await transact(chain, () => set.addRelayer(address));
      await transact(chain, () => set.setThreshold(2));
    }
    const { hospital, chain } = cast.hospitalA;
    await transact(chain, () => chain.as(hospital.operator).hospitals.setMaxAccessCount(hospital.id, 1_000));
    relayers = [];
    for (const wallet of wallets) relayers.push(await withKey(wallet));
    await importDoctors();
    device = await throughGateway();
  });
  after(() => stack.disposeAsync());

  /** The patient's device, with a gateway in the place of the firewall at hand. */
  async function throughGateway(): Promise<Cast["patient"]> {
    const { hospitalA, store, patient } = cast;
    const { hospital, firewall, chain } = hospitalA;
    const gatewaySeed = randomBytes(32);
    const parameters = await hospital.publishParameters(store, firewall.publicKey, await xWingPublicKey(gatewaySeed));
    await transact(chain, () => chain.as(hospital.operator).hospitals.setParameters(hospital.id, parameters));
    const issuer = issueHere({ hospital, publicKey: firewall.publicKey, chain, store });
    const site = { hospital, firewall, issuer, chain, store };
    const gateway = await startGateway({ ...site, gatewaySeed, host: "127.0.0.1", port: 0 });
    stack.defer(() => gateway.close());
    const client = await connectGateway({
      url: gateway.url,
      chain,
      store,
      hospitalId: hospital.id,
      memberId: patient.memberId,
      account: patient.chain.hospitals.runner as Signer, // `as` was given it
    });
    return Object.create(patient, {
      channelAuthorOf: { value: patient.channelAuthorOf.bind(patient) },
      fragmentKeyOf: { value: patient.fragmentKeyOf.bind(patient) },
      recordSecretOf: { value: patient.recordSecretOf.bind(patient) },
      firewall: { value: client.firewall },
      requestKey: { value: client.requestKey },
    }) as typeof patient; // all that is not replaced is the patient's own
  }

  /** Draws a relayer's key, publishes it, and says so on the owner's chain. */
  async function withKey(wallet: Wallet): Promise<ByHand> {
    const { chainA, store } = cast;
    const keys = await generateRelayerKeyPair();
    const { digest } = await store.put(encodeRelayerKey(keys.publicKey));
    await transact(chainA, () => chainA.as(wallet).relayers.setSealingKey(digest));
    return { index: Number(await chainA.relayers.indexOf(wallet.address)), wallet, keys };
  }

  async function importDoctors(): Promise<void> {
    const { chainA, chainB } = cast;
    for (const { memberId } of cast.doctors) {
      const [log] = await chainB.hospitals.queryFilter(chainB.hospitals.filters.MemberEnrolled(memberId));
      const { certificate, signature } = log!.args;
      // ethers types a struct that it decodes as one that it encodes, and hands out a list that cannot be changed.
      const decoded = (certificate as unknown as Result).toObject() as typeof certificate;
      await transact(chainA, () => chainA.as(developmentAccount(0)).hospitals.importMember(decoded, signature));
    }
  }

  /** The doctor asks for a record, and the request is carried to the owner's chain. */
  async function askFor(recordId: Hex32): Promise<Hex32> {
    const { chainA, chainB, doctors } = cast;
    const { requestId, request, signature } = await doctors[0].request({ recordId });
    const carrier = chainA.as(relayers[0]!.wallet);
    await transact(chainA, () => carrier.grants.deliverRequest(chainB.deployment.chainId, request, signature));
    return requestId;
  }

  async function approved(): Promise<{ recordId: Hex32; requestId: Hex32 }> {
    const recordId = await publishExample(cast);
    const requestId = await askFor(recordId);
    expect((await approveRequest(device, requestId)).decision).to.equal("Granted");
    return { recordId, requestId };
  }

  async function sealedReKeyOf(requestId: Hex32): Promise<SealedReKey> {
    return parseSealedReKey(await cast.store.get(fromHex32((await cast.chainA.grants.grant(requestId)).key)));
  }

  /** A relayer's partial of a request, as its own share makes it. */
  async function partialOf({ index, keys }: ByHand, { recordId, requestId }: { recordId: Hex32; requestId: Hex32 }) {
    const { store, chainA } = cast;
    const sealed = await sealedReKeyOf(requestId);
    const shares = parseSealedShares(await store.get(sealed.shares));
    const { capsule } = await findRecord(chainA, recordId);
    const ciphertext = checkCiphertext(parseCapsule(await store.get(fromHex32(capsule))));
    const partial: Partial = partialReEncrypt(await openShare(shares, index, keys), ciphertext);
    return encodePartial({ requestId: sealed.requestId, epoch: sealed.epoch, ...partial });
  }

  async function publishPartial(by: ByHand, ids: { recordId: Hex32; requestId: Hex32 }): Promise<void> {
    const bytes = await partialOf(by, ids);
    const { indices, digests } = await sealedReKeyOf(ids.requestId);
    expect(sha256(bytes), "what is committed to").to.deep.equal(digests[indices.indexOf(by.index)]);
    await cast.store.put(bytes);
  }

  const contractOf = (chain: Chain, name: "grants" | "requests") => ({
    chainId: chain.deployment.chainId,
    address: chain.deployment[name],
  });

  async function expiryOn({ provider }: Chain): Promise<bigint> {
    return BigInt((await provider.getBlock("latest"))!.timestamp) + 86_400n;
  }

  /** Two relayers say that their partials are out, whether or not they are, and the answer is carried to the doctor's chain. */
  async function grantBy([first, second]: readonly [ByHand, ByHand], requestId: Hex32): Promise<void> {
    const { chainA, chainB } = cast;
    const { key, relayerEpoch } = await chainA.grants.grant(requestId);
    const terms = { epoch: BigInt(relayerEpoch), expiry: await expiryOn(chainA) };
    const digest = reEncryptionDigestOf(contractOf(chainA, "grants"), requestId, hex32(key), terms);
    const { serialized } = second.wallet.signingKey.sign(digest);
    const attestations = { ...terms, by: [{ relayer: second.wallet.address, signature: serialized }] };
    await transact(chainA, () => chainA.as(first.wallet).grants.submitReEncryption(requestId, attestations));

    const { decision, decidedAt, contents, reEncryption, privateFragment } = await chainA.grants.responseOf(requestId);
    expect(reEncryption, "the answer is the sealed key").to.equal(key);
    const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
    const answerTerms = { epoch: await chainB.relayers.epoch(), expiry: await expiryOn(chainB) };
    const [requests, grants] = [contractOf(chainB, "requests"), contractOf(chainA, "grants")];
    const answerDigest = responseDigestOf(requests, grants, response, answerTerms);
    const by = [relayers[0]!, relayers[1]!]
      .map(({ wallet }) => ({ relayer: wallet.address, signature: wallet.signingKey.sign(answerDigest).serialized }))
      .toSorted((one, other) => (BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1));
    const carrier = chainB.as(relayers[0]!.wallet);
    await transact(chainB, () =>
      carrier.requests.deliverResponse(chainA.deployment.chainId, response, { ...answerTerms, by }),
    );
  }

  it("opens by any two who have published, though a third signed and published nothing, or other bytes", async () => {
    const [one, two, three] = relayers as [ByHand, ByHand, ByHand];
    const ids = await approved();
    await publishPartial(two, ids);
    await publishPartial(three, ids);
    const own = await partialOf(one, ids);
    await cast.store.put(own.with(own.length - 1, (own.at(-1) ?? 0) ^ 1)); // under a digest that nobody asks for
    await grantBy([one, two], ids.requestId); // the first lies
    const { document } = await cast.doctors[0].open(ids.requestId);
    expect(document).to.deep.equal(exampleDocument);
  });

  it("opens when the missing partial comes, and says until then whose is missing", async () => {
    const [one, two, three] = relayers as [ByHand, ByHand, ByHand];
    const ids = await approved();
    await publishPartial(two, ids);
    await grantBy([one, two], ids.requestId);
    const error = await failsWith("PARTIALS_MISSING", () => cast.doctors[0].open(ids.requestId));
    expect(error.message).to.include("1 of the 2").and.to.include("relayers 1, 3");
    expect(error.retriable).to.equal(true);
    await publishPartial(three, ids);
    expect((await cast.doctors[0].open(ids.requestId)).document).to.deep.equal(exampleDocument);
  });

  it("opens for nobody but the doctor who asked", async () => {
    const [one, two] = relayers as [ByHand, ByHand, ByHand];
    const ids = await approved();
    for (const relayer of [one, two]) await publishPartial(relayer, ids);
    await grantBy([one, two], ids.requestId);
    await failsWith("CAPSULE_INVALID", () => cast.doctors[1].open(ids.requestId));
  });

  /** Approves with another sealed key than the device's own: as a subverted device, or its firewall, would. */
  async function approvedWith(
    change: (of: BrokenOff) => Promise<Uint8Array>,
    publish: () => Promise<Hex32> = () => publishExample(cast),
  ) {
    const { chainA, patient, store } = cast;
    const recordId = await publish();
    const requestId = await askFor(recordId);
    const off = await brokenOff(recordId, requestId);
    const { digest } = await store.put(await change(off));
    const epoch = await chainA.relayers.epoch();
    const { grants } = patient.chain;
    await transact(chainA, () => grants.authorize(requestId, digest, off.privateFragment, epoch));
    return { recordId, requestId };
  }

  /** An approval of which all is made and published, and nothing on chain. */
  interface BrokenOff {
    readonly recordId: Hex32;
    /** What the firewall signed off. */
    readonly sealed: SealedReKey;
    readonly privateFragment: Hex32;
  }

  async function brokenOff(recordId: Hex32, requestId: Hex32): Promise<BrokenOff> {
    const { patient } = cast;
    let tried: readonly Hex32[] = [];
    const authorize = Object.assign(
      async (...args: readonly Hex32[]) => {
        tried = args;
        throw new Error("broken off");
      },
      { staticCall: patient.chain.grants.authorize.staticCall },
    );
    const grants = new Proxy(patient.chain.grants, {
      get: (target, name) => (name === "authorize" ? authorize : Reflect.get(target, name, target)),
    });
    const device = Object.create(patient, {
      channelAuthorOf: { value: patient.channelAuthorOf.bind(patient) },
      fragmentKeyOf: { value: patient.fragmentKeyOf.bind(patient) },
      recordSecretOf: { value: patient.recordSecretOf.bind(patient) },
      scopeOf: { value: patient.scopeOf.bind(patient) },
      chain: { value: { ...patient.chain, grants } },
    }) as typeof patient; // all that is not replaced is the patient's own
    await approveRequest(device, requestId).catch((error: Error) => expect(error.message).to.equal("broken off"));
    const [, sealedRekey, privateFragment] = tried;
    const sealed = parseSealedReKey(await cast.store.get(fromHex32(sealedRekey!)));
    return { recordId, sealed, privateFragment: privateFragment! };
  }

  /** Publishes as devices did before a record had a secret of its own: with a capsule of version 1. */
  async function publishWithoutSecret(): Promise<Hex32> {
    const { patient } = cast;
    let recordId: Hex32 = "0x";
    const store = Object.create(cast.store, {
      put: {
        value: async (...[bytes, options]: Parameters<typeof cast.store.put>) =>
          cast.store.put(isCapsule(bytes) ? await asVersion1(bytes, recordId) : bytes, options),
      },
    });
    const device = Object.create(patient, {
      channelAuthorOf: { value: patient.channelAuthorOf.bind(patient) },
      fragmentKeyOf: { value: patient.fragmentKeyOf.bind(patient) },
      recordSecretOf: {
        value: (id: Hex32) => {
          recordId = id;
          return patient.recordSecretOf(id);
        },
      },
      store: { value: store },
    }) as typeof patient; // all that is not replaced is the patient's own
    await publishRecord(device, {
      document: exampleDocument,
      privateSelectors: exampleSelectors,
      maxAccessCount: 5,
    });
    return recordId;
  }

  const isCapsule = (bytes: Uint8Array): boolean => {
    try {
      return parseCapsule(bytes).v === 2;
    } catch (error) {
      if (MedexError.is(error, "CAPSULE_INVALID")) return false;
      throw error;
    }
  };

  /** The same capsule, with keys of `M` alone. */
  async function asVersion1(bytes: Uint8Array, record: Hex32): Promise<Uint8Array> {
    const owner = cast.patient.scopeOf(record);
    const recordId = fromHex32(record);
    const subject = { recordId, owner, q: cast.patient.recordSecretOf(record) };
    const { payload, m } = openCapsuleAsOwner(bytes, subject, await cast.patient.requestKey(owner));
    const alone = checkGt(m.slice(0, 576), "M");
    const { c1, c2, c3, nonce } = parseCapsule(bytes);
    const associated = encode(["medexchain/v1/capsule", recordId, owner.identity, owner.scope, c1, c2, c3]);
    const box = xchacha20poly1305(deriveKey(alone, "capsule/box", recordId), nonce, associated).encrypt(payload);
    return encode({ v: 1, c1, c2, c3, commitment: deriveKey(alone, "capsule/commitment", recordId), nonce, box });
  }

  it("still opens what one relayer re-encrypted alone, before there were partials and secrets of records", async () => {
    const [one, two] = relayers as [ByHand, ByHand, ByHand];
    const reEncrypted = async ({ recordId, sealed }: BrokenOff) => {
      const { store, chainA } = cast;
      const shares = parseSealedShares(await store.get(sealed.shares));
      const [first, second] = [await openShare(shares, 1, one.keys), await openShare(shares, 2, two.keys)];
      // The line through f(1) and f(2) at 0: what a relayer was given whole.
      const rk1 = checkG1(toG1(g1(first.share).multiply(2n).subtract(g1(second.share))), "rk1'");
      const { capsule } = await findRecord(chainA, recordId);
      const ciphertext = parseCapsule(await store.get(fromHex32(capsule)));
      const { C3: rk2, C4: rk3, requestId } = sealed;
      return encodeReEncryption({ requestId, ...reEncrypt(ciphertext, { rk1, rk2, rk3 }) });
    };
    const ids = await approvedWith(reEncrypted, publishWithoutSecret);
    await grantBy([one, two], ids.requestId);
    expect((await cast.doctors[0].open(ids.requestId)).document).to.deep.equal(exampleDocument);
  });

  it("blames who sealed the key, when right partials do not open the record", async () => {
    const [one, two] = relayers as [ByHand, ByHand, ByHand];
    const ids = await approvedWith(async ({ sealed }) => encodeSealedReKey({ ...sealed, C4: drawX() }));
    for (const relayer of [one, two]) await publishPartial(relayer, ids);
    await grantBy([one, two], ids.requestId);
    const error = await failsWith("PRE_DEALING_INVALID", () => cast.doctors[0].open(ids.requestId));
    expect(error.message).to.include("relayers 1, 2 gave what the owner's side committed to");
  });

  it("blames who sealed the key, when what it commits to is no partial of this request", async () => {
    const [one, two] = relayers as [ByHand, ByHand, ByHand];
    const { digest } = await cast.store.put(encode({ nothing: 1 }));
    const ids = await approvedWith(async ({ sealed }) =>
      encodeSealedReKey({ ...sealed, digests: [digest, ...sealed.digests.slice(1)] }),
    );
    await publishPartial(two, ids);
    await grantBy([one, two], ids.requestId);
    const error = await failsWith("PRE_DEALING_INVALID", () => cast.doctors[0].open(ids.requestId));
    expect(error.message).to.include("the partial of relayer 1");
  });

  it("refuses an answer that is another request's", async () => {
    const [one, two] = relayers as [ByHand, ByHand, ByHand];
    const other = await approved();
    const { store, chainA } = cast;
    const { key } = await chainA.grants.grant(other.requestId);
    const ids = await approvedWith(() => store.get(fromHex32(key)));
    await grantBy([one, two], ids.requestId);
    await failsWith("RESPONSE_INVALID", () => cast.doctors[0].open(ids.requestId));
  });

  it("lets an owner seal an approval to the relayers of now, and no approval twice to the same", async () => {
    const { chainA, doctors } = cast;
    const [one, two, three] = relayers as [ByHand, ByHand, ByHand];
    const ids = await approved();
    const { key: before } = await chainA.grants.grant(ids.requestId);
    const sameRelayers = await failsWith("INPUT_INVALID", () => resealRequest(device, ids.requestId));
    expect(sameRelayers.message).to.include("the relayers of now");

    // Two of the three go, and one comes, who has no key at first.
    const { relayers: set } = chainA.as(developmentAccount(0));
    const four = new Wallet(Wallet.createRandom().privateKey);
    await fund(chainA.deployment, four.address);
    await transact(chainA, () => set.addRelayer(four.address));
    await transact(chainA, () => set.removeRelayer(two.wallet.address));
    await transact(chainA, () => set.removeRelayer(three.wallet.address));
    const unready = await failsWith("RELAYERS_UNREADY", () => resealRequest(device, ids.requestId));
    expect(unready.message).to.include("relayer 4").and.to.include("no sealing key");
    const waiting = await askFor(await publishExample(cast));
    await failsWith("RELAYERS_UNREADY", () => approveRequest(device, waiting));
    await failsWith("REQUEST_PENDING", () => resealRequest(device, waiting));
    const fourth = await withKey(four);

    const resealing = await resealRequest(device, ids.requestId);
    expect(resealing).to.include({ decision: "Granted", epoch: await chainA.relayers.epoch() });
    const grant = await chainA.grants.grant(ids.requestId);
    expect(grant.key).to.equal(resealing.sealedRekey).and.not.to.equal(before);
    expect(requestStateOf(grant.state)).to.equal("Authorized");
    expect((await sealedReKeyOf(ids.requestId)).indices).to.deep.equal([1, 4]);
    await failsWith("INPUT_INVALID", () => resealRequest(device, ids.requestId));

    for (const relayer of [one, fourth]) await publishPartial(relayer, ids);
    await grantBy([one, fourth], ids.requestId);
    expect((await doctors[0].open(ids.requestId)).document).to.deep.equal(exampleDocument);
    await failsWith("REQUEST_ALREADY_GRANTED", () => resealRequest(device, ids.requestId));
    expect((await approveRequest(device, waiting)).decision, "what waited for the key").to.equal("Granted");
  });

  it("refuses what is resealed after the record was revoked, and sends nothing", async () => {
    const { chainA, patient, store } = cast;
    const ids = await approved();
    await transact(chainA, () => patient.chain.records.revoke(ids.recordId));
    const { relayers: set } = chainA.as(developmentAccount(0));
    await transact(chainA, () => set.addRelayer(relayers[2]!.wallet.address));
    relayers[2] = await withKey(relayers[2]!.wallet);
    const silent = Object.create(device, {
      store: { value: { get: store.get.bind(store), put: () => Promise.reject(new Error("something was sent")) } },
    }) as typeof patient; // as above
    const { decision, sealedRekey } = await resealRequest(silent, ids.requestId);
    expect([decision, sealedRekey]).to.deep.equal(["RecordRevoked", undefined]);
  });
});
