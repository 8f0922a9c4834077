import { encode } from "@ipld/dag-cbor";
import { findRecord, fromHex32, type Hex32, requestStateOf, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { connectGateway } from "@medexchain/gateway";
import { cidFromDigest, createContentStore } from "@medexchain/ipfs";
import {
  checkG1,
  checkGt,
  deriveKey,
  drawX,
  encodeReEncryption,
  encodeRelayerKey,
  encodeSealedReKey,
  openCapsuleAsOwner,
  openShare,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  reEncrypt,
  type SealedReKey,
} from "@medexchain/pre";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Signer, Wallet } from "ethers";
import type { Cast } from "../../devnet/cast.ts";
import { developmentAccount } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { fetchPartials } from "../../offchain/actors/fetch-partials.ts";
import { publishRecord } from "../../offchain/actors/publish-record.ts";
import { resealRequest } from "../../offchain/actors/reseal-request.ts";
import { g1, toG1 } from "../offchain/pre/support/noble.ts";
import { startHttpProxy } from "../relayer/support/http-proxy.ts";
import { type ByHand, type ByHandNetwork, startByHandNetwork, startGatewayOf } from "./by-hand.ts";
import { exampleDocument, exampleSelectors, failsWith, publishExample } from "./support.ts";

describe("re-encryption by two of three relayers", function () {
  this.timeout(240_000);
  const stack = new AsyncDisposableStack();
  let cast: Cast;
  let network: ByHandNetwork;
  let relayers: ByHand[];
  /** The patient's, to which hospital and firewall are a gateway. */
  let device: Cast["patient"];

  before(async () => {
    network = stack.use(await startByHandNetwork({ relayers: 3, threshold: 2 }));
    ({ cast, relayers } = network);
    device = await throughGateway();
  });
  after(() => stack.disposeAsync());

  const askFor = (recordId: Hex32) => network.askFor(recordId);
  const sealedReKeyOf = (requestId: Hex32) => network.sealedReKeyOf(requestId);
  const partialOf: ByHandNetwork["partialOf"] = (by, ids) => network.partialOf(by, ids);
  const publishPartial: ByHandNetwork["publishPartial"] = (by, ids) => network.publishPartial(by, ids);
  const grantBy: ByHandNetwork["grantBy"] = (by, requestId) => network.grantBy(by, requestId);
  const withKey = (wallet: Wallet) => network.withKey(wallet);

  /** The patient's device, with a gateway in the place of the firewall at hand. */
  async function throughGateway(): Promise<Cast["patient"]> {
    const { hospitalA, store, patient } = cast;
    const { hospital, chain } = hospitalA;
    const gateway = stack.use(await startGatewayOf(cast));
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

  async function approved(): Promise<{ recordId: Hex32; requestId: Hex32 }> {
    const recordId = await publishExample(cast);
    const requestId = await askFor(recordId);
    expect((await approveRequest(device, requestId)).decision).to.equal("Granted");
    return { recordId, requestId };
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

  it("takes others' partials in the place of one for which a node gives other bytes, or bytes without end", async () => {
    const ids = await approved();
    for (const relayer of relayers) await publishPartial(relayer, ids);
    const sealed = await sealedReKeyOf(ids.requestId);
    await using node = await startHttpProxy(network.ipfsUrl);
    const store = createContentStore({ url: node.url });
    const signers = new Set([1, 2]);
    const indicesOf = async () => (await fetchPartials(store, sealed, { signers })).map(({ index }) => index);
    expect(await indicesOf()).to.deep.equal([1, 2]);
    const cid = String(cidFromDigest(sealed.digests[0]!));
    for (const body of [await cast.store.get(sealed.digests[1]!), new Uint8Array(3 * 1_048_576)]) {
      node.intercept = async (path) =>
        path.includes(cid) ? { status: 200, type: "application/octet-stream", body } : undefined;
      expect(await indicesOf()).to.deep.equal([2, 3]);
    }
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

  it("leaves out a relayer to whom nothing can be sealed, says which, and blocks no approval for it", async () => {
    const { chainA, store, doctors } = cast;
    const set = (by: ByHand, digest: Uint8Array) =>
      transact(chainA, () => chainA.as(by.wallet).relayers.setSealingKey(digest));
    const { relayers: all } = chainA.as(developmentAccount(0));
    const [one] = relayers as [ByHand, ByHand, ByHand];
    const members = async () => (await chainA.relayers.relayers()).length;
    const present: ByHand[] = [one];
    while ((await members()) < 4) {
      const wallet = new Wallet(Wallet.createRandom().privateKey);
      await fund(chainA.deployment, wallet.address);
      await transact(chainA, () => all.addRelayer(wallet.address));
      present.push(await withKey(wallet));
    }
    const last = present.at(-1)!;
    const noKeys: [string, Uint8Array][] = [
      ["what nobody has", randomBytes(32)],
      ["no key", (await store.put(encode({ nothing: 1 }))).digest],
      ["bytes that are none", (await store.put(encodeRelayerKey(new Uint8Array(1216).fill(0xff)))).digest],
    ];
    for (const [what, digest] of noKeys) {
      await set(last, digest);
      const requestId = await askFor(await publishExample(cast));
      const { sent } = await approveRequest(device, requestId);
      expect(sent?.leftOutRelayers, what).to.deep.equal([last.index]);
      expect((await sealedReKeyOf(requestId)).indices, what).to.not.include(last.index);
    }
    const recordId = await publishExample(cast);
    const ids = { recordId, requestId: await askFor(recordId) };
    await approveRequest(device, ids.requestId);
    const { indices } = await sealedReKeyOf(ids.requestId);
    const two = present.filter(({ index }) => indices.includes(index)).slice(0, 2);
    for (const relayer of two) await publishPartial(relayer, ids);
    await grantBy(two, ids.requestId);
    expect((await doctors[0].open(ids.requestId)).document).to.deep.equal(exampleDocument);
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
