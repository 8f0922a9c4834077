import { findRecord, fromHex32, type Hex32, requestStateOf, toHex32, transact } from "@medexchain/chain";
import { type ErrorCode, encodeObject, sha256 } from "@medexchain/core";
import { CONTENT_LIMITS, cidFromDigest } from "@medexchain/ipfs";
import {
  checkCiphertext,
  encodeSealedReKey,
  parseCapsule,
  parseDispute,
  parseSealedReKey,
  parseSealedShares,
  partialDigest,
  partialReEncrypt,
  relayerKeyPairOf,
  type SignedOff,
  sealShares,
  verifyPartial,
} from "@medexchain/pre";
import type { RelayerEvent } from "@medexchain/relayer";
import { expect } from "chai";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import type { AttestationsAnswer } from "../../relayer/http/attestations.ts";
import { until } from "../until.ts";
import { PAYLOAD } from "../world/crypto.ts";
import { type TestDatabase, testDatabase } from "./support/databases.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { type HttpProxy, startHttpProxy } from "./support/http-proxy.ts";
import { openGranted, partialsOut } from "./support/open-granted.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";
import { type Intercept, type RpcProxy, startRpcProxy } from "./support/rpc-proxy.ts";

const THRESHOLD = 2;
/** Three relayers in one process, with a database each, are slow on a busy machine. */
const PATIENCE = 180_000;

describe("relayer: three with keys and databases of their own, two of whom re-encrypt", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  const databases: TestDatabase[] = [];
  const doors: HttpProxy[] = [];
  const running: (TestRelayer | undefined)[] = [];
  /** What the third publishes goes there while it lies: to a place where nobody else looks. */
  let island: string;
  let itsStore: HttpProxy;
  /** The third's way to chain A: while it lies it must not have its own way, as its sending counts for it. */
  let itsNode: RpcProxy;
  /** The first one's way to IPFS, which may lie to it. */
  let firstStore: HttpProxy;
  before(async function () {
    this.timeout(240_000);
    hospitals = stack.use(await startHospitals({ relayers: 3, threshold: THRESHOLD }));
    const { path: directory } = stack.use(await temporaryDirectory());
    const elsewhere = await startIpfsServer({ directory });
    stack.defer(() => elsewhere.close());
    island = elsewhere.url;
    itsStore = stack.use(await startHttpProxy(hospitals.ipfsUrl));
    firstStore = stack.use(await startHttpProxy(hospitals.ipfsUrl));
    itsNode = stack.use(await startRpcProxy(hospitals.a.rpcUrl));
    for (const _ of hospitals.relayers) {
      doors.push(stack.use(await startHttpProxy()));
      databases.push(stack.use(await testDatabase()));
    }
    for (const number of [0, 1, 2]) await start(number);
  });
  after(async () => {
    for (const number of [0, 1, 2]) await stop(number);
    await stack.disposeAsync();
  });

  const start = async (number: number): Promise<TestRelayer> => {
    const peers = doors.filter((_, at) => at !== number).map(({ url }) => url);
    const relayer = await startTestRelayer(hospitals, databases[number]!.config, {
      accountKey: hospitals.relayers[number]!.privateKey,
      ...(number === 2 && { rpcUrlA: itsNode.url }),
      change: (parsed) => ({
        ...parsed,
        peers,
        reconcileIntervalMs: 500,
        ipfs: { ...parsed.ipfs, url: [firstStore.url, hospitals.ipfsUrl, itsStore.url][number] ?? parsed.ipfs.url },
      }),
    });
    running[number] = relayer;
    doors[number]!.target = relayer.url;
    return relayer;
  };
  const stop = async (number: number): Promise<void> => {
    doors[number]!.target = undefined;
    await running[number]?.[Symbol.asyncDispose]();
    running[number] = undefined;
  };
  const stateOf = async (requestId: Hex32) => requestStateOf((await hospitals.chainA.grants.grant(requestId)).state);
  const file = async (): Promise<Hex32> => {
    const { requestId } = await hospitals.file();
    await until("the request arrives", async () => (await stateOf(requestId)) === "Pending", PATIENCE);
    return requestId;
  };
  const failuresOf = (requestId: Hex32) =>
    running
      .flatMap((relayer, at) =>
        (relayer?.events ?? []).flatMap((event) =>
          "message" in event || ("requestId" in event && event.requestId === requestId)
            ? [
                JSON.stringify({ relayer: at + 1, ...event }, (_key, value) =>
                  typeof value === "bigint" ? String(value) : value,
                ),
              ]
            : [],
        ),
      )
      .join("\n");
  const isAnswered = (requestId: Hex32) =>
    until(
      () => `no answer; ${failuresOf(requestId)}`,
      async () => (await hospitals.chainB.requests.status(requestId)).respondedAt !== 0n,
      PATIENCE,
    );
  const areOut = async (requestId: Hex32, indices: readonly number[]) => {
    const out = async () => (await partialsOut(hospitals, requestId)).map(({ index }) => index).join();
    await until(`the partials ${indices} are out`, async () => (await out()) === indices.join(), PATIENCE);
  };

  it("grant a request, publish all three partials, and any two of them open it", async () => {
    const requestId = await file();
    await hospitals.authorize(requestId);
    await isAnswered(requestId);
    await areOut(requestId, [1, 2, 3]);
    const [one, two, three] = await partialsOut(hospitals, requestId);
    for (const pair of [
      [one, two],
      [one, three],
      [two, three],
    ]) {
      expect(
        await openGranted(
          hospitals,
          requestId,
          pair.map((partial) => partial!),
        ),
      ).to.deep.equal(PAYLOAD);
    }
    const { reEncryption } = await hospitals.chainA.grants.responseOf(requestId);
    expect(reEncryption).to.equal((await hospitals.chainA.grants.grant(requestId)).key);
  });

  for (const dead of [0, 1, 2]) {
    it(`grant a request while relayer ${dead + 1} does not run`, async () => {
      await stop(dead);
      try {
        const requestId = await file();
        await hospitals.authorize(requestId);
        await isAnswered(requestId);
        await areOut(
          requestId,
          [1, 2, 3].filter((index) => index !== dead + 1),
        );
        expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
      } finally {
        await start(dead);
      }
    });
  }

  const sendsNothing: Intercept = async (method) => (method === "eth_sendRawTransaction" ? "drop" : undefined);

  /** The third's signature is not counted: the first goes on waiting, and nothing is granted. */
  const waitsForAnother = async (requestId: Hex32) => {
    await running[0]!.until(
      "job-deferred",
      (job) => job.requestId === requestId && job.kind === "re-encrypt" && job.code === "ATTESTATIONS_MISSING",
    );
    expect(await stateOf(requestId)).to.equal("Authorized");
  };

  it("name one that signs and publishes nothing, and the other two are enough to open", async () => {
    await stop(1);
    const liar = hospitals.relayers[2]!.address;
    itsStore.route = (path) => (/put|add|import/.test(path) ? island : undefined);
    itsNode.intercept = sendsNothing;
    try {
      const requestId = await file();
      await hospitals.authorize(requestId);
      const honest = running[0]!;
      const named = await honest.until(
        "failed",
        ({ where, message }) => where === "partials" && message.includes(requestId),
      );
      expect(named.code).to.equal("PARTIAL_UNPUBLISHED");
      expect(named.message).to.contain(liar);
      await waitsForAnother(requestId);
      // The one that was away publishes its part, whether or not the request was granted meanwhile.
      await start(1);
      await isAnswered(requestId);
      await areOut(requestId, [1, 2]);
      expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
    } finally {
      itsStore.route = undefined;
      itsNode.intercept = undefined;
      if (!running[1]) await start(1);
    }
  });

  it("count no signature for which a node gives other bytes than were committed to, nor bytes without end", async () => {
    await stop(1);
    const liar = hospitals.relayers[2]!.address;
    itsNode.intercept = sendsNothing;
    try {
      for (const bytes of [new Uint8Array(649).fill(7), new Uint8Array(3 * 1_048_576)]) {
        const requestId = await file();
        const sealed = await hospitals.seal(requestId);
        const { digests } = parseSealedReKey(await hospitals.store.get(fromHex32(sealed)));
        const cid = String(cidFromDigest(digests[2]!));
        firstStore.intercept = async (path) =>
          path.includes(`block/get?arg=${cid}`)
            ? { status: 200, type: "application/octet-stream", body: bytes }
            : undefined;
        await hospitals.authorize(requestId, sealed);
        const named = await running[0]!.until(
          "failed",
          ({ where, message }) => where === "partials" && message.includes(requestId) && message.includes(liar),
        );
        expect(named.code).to.equal("PARTIAL_UNPUBLISHED");
        expect(named.message).to.contain("CONTENT_MISMATCH");
        await waitsForAnother(requestId);
        firstStore.intercept = undefined;
        await isAnswered(requestId);
        expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
      }
    } finally {
      firstStore.intercept = undefined;
      itsNode.intercept = undefined;
      await start(1);
    }
  });

  it("dispute what commits to a wrong partial with a proof that holds, once, and sign nothing, while the others go on", async () => {
    const requestId = await file();
    let shares: Uint8Array | undefined;
    const commitWrongly = (signedOff: SignedOff) => {
      const sealed = parseSealedReKey(signedOff.sealedReKey);
      shares = signedOff.shares;
      const digests = sealed.digests.map((digest, at) => (at === 0 ? new Uint8Array(32).fill(1) : digest));
      return { sealedReKey: encodeSealedReKey({ ...sealed, digests }), shares };
    };
    for (const number of [1, 2]) await stop(number); // else they may grant it before the first has looked
    await hospitals.authorize(requestId, await hospitals.seal(requestId, commitWrongly));
    const deferred = () =>
      running[0]!.events.filter((event) => event.type === "job-deferred" && event.requestId === requestId);
    await until("it has tried twice", () => deferred().length > 1, PATIENCE);
    const [first] = deferred();
    expect(first).to.include({ code: "SHARE_INVALID" }).and.property("message").to.contain("firewall");

    const { chainA, store, record } = hospitals;
    const disputed = chainA.relayers.filters.PartialDisputed(hospitals.relayers[0]!.address, 1n, requestId);
    const [event, ...more] = await chainA.relayers.queryFilter(disputed);
    expect(more).to.deep.equal([]);
    const dispute = parseDispute(await store.get(fromHex32(event!.args.evidence as Hex32)));
    expect(dispute.index).to.equal(1);
    const { capsule } = await findRecord(chainA, toHex32(record.recordId));
    const { commitments, sealed, epoch } = parseSealedShares(shares!);
    const indices = sealed.map(({ index }) => index);
    const subject = {
      requestId: fromHex32(requestId),
      epoch,
      ciphertext: checkCiphertext(
        parseCapsule(await store.get(fromHex32(capsule), { maxBytes: CONTENT_LIMITS.capsule })),
      ),
      commitments: { commitments, indices, digests: [] },
    };
    expect(verifyPartial(dispute, dispute.proof, subject)).to.equal(true);
    const answer = await fetch(`${running[0]!.url}/v1/attestations/${hospitals.a.chainId}/${requestId}`);
    const { attestations } = (await answer.json()) as AttestationsAnswer; // its form is checked where peers are asked
    expect(attestations).to.deep.equal([]);
    // Two whose partials are committed to rightly go on without it.
    for (const number of [1, 2]) await start(number);
    await isAnswered(requestId);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });

  it("re-encrypt what was sealed and committed to in the form of before", async () => {
    const requestId = await file();
    const inOldForm = ({ sealedReKey, shares, dealt }: SignedOff) => {
      const { requestId: id, epoch, ...sealed } = parseSealedReKey(sealedReKey);
      const context = { requestId: id, epoch, form: "named" } as const;
      const ciphertext = checkCiphertext(hospitals.record.ciphertext);
      const digests = dealt
        .map((share) => partialReEncrypt(share, ciphertext))
        .map(({ index, partial }) => partialDigest(context, index, partial));
      return { sealedReKey: encodeSealedReKey({ ...sealed, ...context, digests }), shares };
    };
    await hospitals.authorize(requestId, await hospitals.seal(requestId, inOldForm));
    await isAnswered(requestId);
    await areOut(requestId, [1, 2, 3]);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });

  /** To be waited for: from now on the first tells of this, in its own turn, or when it would attest what another is to send. */
  function firstMisses(code: ErrorCode, requestId: Hex32): () => Promise<void> {
    const before = running[0]!.events.length;
    const tells = (event: RelayerEvent) =>
      "code" in event &&
      event.code === code &&
      (event.type === "failed" ? event.where === "attest" : "requestId" in event && event.requestId === requestId);
    return () => until(`the first tells of ${code}`, () => running[0]!.events.slice(before).some(tells), PATIENCE);
  }

  it("leave to others what is sealed to one of them and is not its share, of which nothing can be proven", async () => {
    const { chainA, store } = hospitals;
    const requestId = await file();
    let signedOff: SignedOff | undefined;
    await hospitals.seal(requestId, (made) => {
      signedOff = made;
      return made;
    });
    const { sealedReKey, shares, dealt } = signedOff!;
    const key = parseSealedReKey(sealedReKey);
    const recipients = hospitals.relayers.map(async ({ address }, at) => {
      const { publicKey } = await relayerKeyPairOf(hospitals.sealingKeys.get(address)!.slice());
      return { index: at + 1, sealingKey: publicKey };
    });
    const { commitments } = parseSealedShares(shares);
    const swapped = dealt.map((share) => (share.index === 1 ? { index: 1, share: dealt[1]!.share } : share));
    const resealed = await sealShares({ ...key, commitments, shares: swapped }, key, await Promise.all(recipients));
    await store.put(resealed);
    const { digest } = await store.put(encodeSealedReKey({ ...key, shares: sha256(resealed) }));
    const missed = firstMisses("SHARE_INVALID", requestId);
    await hospitals.authorize(requestId, toHex32(digest));
    await missed();
    await isAnswered(requestId);
    await areOut(requestId, [2, 3]);
    const disputes = await chainA.relayers.queryFilter(
      chainA.relayers.filters.PartialDisputed(undefined, undefined, requestId),
    );
    expect(disputes).to.deep.equal([]);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });

  it("leave to others what is sealed to one of them in a way that does not open", async () => {
    const requestId = await file();
    const spoil = ({ sealedReKey, shares }: SignedOff) => {
      const { epoch, sealed, ...others } = parseSealedShares(shares);
      const spoilt = sealed.map((share) =>
        share.index === 1 ? { ...share, ct: share.ct.map((byte) => byte ^ 1) } : share,
      );
      const encoded = encodeObject({ v: 1, ...others, epoch: Number(epoch), sealed: spoilt });
      return {
        sealedReKey: encodeSealedReKey({ ...parseSealedReKey(sealedReKey), shares: sha256(encoded) }),
        shares: encoded,
      };
    };
    const missed = firstMisses("SHARE_MISSING", requestId);
    await hospitals.authorize(requestId, await hospitals.seal(requestId, spoil));
    await missed();
    await isAnswered(requestId);
    await areOut(requestId, [2, 3]);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });

  it("hold a request when too few of those to whom it is sealed are left, and go on when its owner seals anew", async () => {
    const { chainA, people } = { ...hospitals, people: hospitals.world.people };
    const set = hospitals.as(chainA, "administrator").relayers;
    const requestId = await file();
    for (const number of [1, 2]) await stop(number);
    await hospitals.authorize(requestId);
    const honest = running[0]!;
    await honest.until("job-deferred", (job) => job.requestId === requestId && job.code === "ATTESTATIONS_MISSING");
    // The second and the third go, and the second comes back: a relayer of a later epoch.
    const [, second, third] = hospitals.relayers;
    await transact(chainA, () => set.removeRelayer(third!.address));
    await transact(chainA, () => set.addRelayer(people.stranger.address));
    await transact(chainA, () => set.removeRelayer(second!.address));
    await honest.until("job-deferred", (job) => job.requestId === requestId && job.code === "RELAYERS_CHANGED");
    await transact(chainA, () => set.addRelayer(second!.address));
    await transact(chainA, () => set.removeRelayer(people.stranger.address));
    await start(1);
    const index = await chainA.relayers.indexOf(second!.address);
    await until(
      "the second has set its key",
      async () => BigInt((await chainA.relayers.tenure(index)).sealingKeyDigest) !== 0n,
    );
    await hospitals.reseal(requestId);
    await until("it is granted", async () => (await stateOf(requestId)) === "Granted", PATIENCE);
    await areOut(requestId, [1, Number(index)]);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });

  it("take up what they had parked, when its owner seals it anew", async () => {
    const { chainA, world } = hospitals;
    const set = hospitals.as(chainA, "administrator").relayers;
    const requestId = await file();
    const ofAnother = await hospitals.seal(toHex32(sha256(new Uint8Array(1))));
    await hospitals.authorize(requestId, ofAnother);
    const parked = await running[0]!.until("job-parked", (job) => job.requestId === requestId);
    expect(parked.code).to.equal("DEALING_INVALID");
    const { address } = world.people.stranger;
    await transact(chainA, () => set.addRelayer(address));
    await transact(chainA, () => set.removeRelayer(address));
    await hospitals.reseal(requestId);
    await until("it is granted", async () => (await stateOf(requestId)) === "Granted", PATIENCE);
    expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
  });
});
