import { expect } from "chai";
import { getBytes, Wallet } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { digest, digestOf, domainOf, errorData, type Terms } from "./support/messages.ts";
import {
  aloneIn,
  anchorOf,
  anchorRecord,
  anotherRequest,
  approve,
  attest,
  attestReEncryption,
  epochOf,
  loadWorld,
  now,
  RECORD,
  refusal,
  responseOf,
  SEALED_REKEY,
  type SignedRequest,
  signRequest,
  THRESHOLD,
  termsOf,
  type World,
} from "./support/world.ts";

describe("batches", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    await anchorRecord(world, { maxAccessCount: 5n });
  });

  const ids = (requests: SignedRequest[]) => requests.map(({ requestId }) => requestId);
  const statesOnA = async (requests: SignedRequest[]) =>
    Promise.all(ids(requests).map(async (id) => (await a.grants.grant(id)).state));

  it("deliver requests, and report and skip those that alone would be refused", async () => {
    const good = [await signRequest(world), await signRequest(world, {}, "colleague"), await signRequest(world)];
    const forged = { ...(await signRequest(world)), signature: good[0]!.signature };
    const batch = [good[0]!, forged, good[1]!, good[0]!, good[2]!];
    const transaction = await a.grants.connect(a.actors.stranger).deliverRequests(b.chainId, batch);
    await expect(transaction)
      .to.emit(a.grants, "BatchItemSkipped")
      .withArgs(1n, forged.requestId, errorData(a.grants, "AccessGrantsInvalidSignature", [forged.requestId]));
    const twice = good[0]!.requestId;
    await expect(transaction)
      .to.emit(a.grants, "BatchItemSkipped")
      .withArgs(3n, twice, errorData(a.grants, "AccessGrantsAlreadyDelivered", [twice]));
    const { Pending, None } = RequestState;
    expect(await statesOnA([...good, forged])).to.deep.equal([Pending, Pending, Pending, None]);
    expect(await a.grants.requestCount()).to.equal(3n);
    const [requestIds, page] = await a.grants.grants(0n, 10n);
    expect(requestIds).to.deep.equal(ids(good));
    expect(page.map(({ state }) => state)).to.deep.equal([Pending, Pending, Pending]);
  });

  it("submit re-encryptions as the relayer that calls, and skip those that lack attestations or the state", async () => {
    const [first, second, third] = [
      await anotherRequest(world),
      await anotherRequest(world),
      await anotherRequest(world),
    ];
    await approve(world, first.requestId);
    await approve(world, third.requestId);
    const item = async ({ requestId }: SignedRequest) => ({
      requestId,
      attestations: await attestReEncryption(world, requestId),
    });
    const alone = { ...(await item(third)), attestations: aloneIn(await epochOf(a)) };
    const batch = [await item(first), await item(second), alone];
    const transaction = await a.grants.connect(a.actors.relayer1).submitReEncryptions(batch);
    const wrongState = errorData(a.grants, "AccessGrantsWrongState", [second.requestId, RequestState.Pending]);
    await expect(transaction).to.emit(a.grants, "BatchItemSkipped").withArgs(1n, second.requestId, wrongState);
    const tooFew = errorData(a.relayers, "RelayerSetTooFewAttestations", [1n, THRESHOLD]);
    await expect(transaction).to.emit(a.grants, "BatchItemSkipped").withArgs(2n, third.requestId, tooFew);
    const { Granted, Pending, Authorized } = RequestState;
    expect(await statesOnA([first, second, third])).to.deep.equal([Granted, Pending, Authorized]);

    const forger = await a.grants.connect(a.actors.stranger).submitReEncryptions([await item(third)]);
    const unknown = errorData(a.relayers, "RelayerSetUnknownRelayer", [a.actors.stranger.address]);
    await expect(forger).to.emit(a.grants, "BatchItemSkipped").withArgs(0n, third.requestId, unknown);
  });

  it("carry as many attestations in an item as any threshold asks for", async () => {
    const most = Number(await a.relayers.MAX_THRESHOLD());
    const wallets = Array.from({ length: most }, (_, i) => new Wallet(digest(`relayer ${i}`)));
    wallets.sort((x, y) => (BigInt(x.address) < BigInt(y.address) ? -1 : 1));
    for (const chain of [a, b]) {
      for (const { address } of wallets) await chain.relayers.addRelayer(address);
      await chain.relayers.setThreshold(BigInt(most));
    }
    const attested = (terms: Terms, hash: string) => ({
      ...terms,
      by: wallets.map(({ address, signingKey }) => ({
        relayer: address,
        signature: signingKey.sign(hash).serialized,
      })),
    });
    const [{ requestId }, late] = [await anotherRequest(world), await anotherRequest(world)];
    const submitted = async (id: string) => {
      const message = { requestId: id, sealedRekey: SEALED_REKEY, ...(await termsOf(a)) };
      const reEncrypted = attested(message, digestOf(await domainOf(a, "grants"), "ReEncryption", message));
      const { epoch, expiry, by } = reEncrypted;
      const item = { requestId: id, attestations: { epoch, expiry, by } };
      const sent = await a.grants.connect(a.actors.relayer1).submitReEncryptions([item], { gasLimit: 2_000_000n });
      return { sent, state: (await a.grants.grant(id)).state };
    };
    for (const id of [requestId, late.requestId]) await approve(world, id);
    expect((await submitted(requestId)).state).to.equal(RequestState.Granted);
    // Of all that a re-encryption can lead to, a refusal costs most: it is logged.
    await a.records.connect(a.actors.patient).revoke(RECORD);
    const refused = await submitted(late.requestId);
    expect(refused.state).to.equal(RequestState.Refused);
    // A ledger of a million entries, and a range of a million messages, read twenty peaks each where these read few, and a predecessor's
    // counts are read: about 3,000 gas for each.
    const data = getBytes(refused.sent.data);
    const carried = data.reduce((gas, byte) => gas + (byte === 0 ? 4n : 16n), 21_000n);
    expect(((await refused.sent.wait())?.gasUsed ?? 0n) - carried).to.be.below((await a.grants.ITEM_GAS()) - 135_000n);
    const response = await responseOf(world, requestId);
    const terms = await termsOf(b);
    const told = { sourceChainId: a.chainId, source: await a.grants.getAddress(), ...response, ...terms };
    const hash = digestOf(await domainOf(b, "requests"), "AccessResponse", told);
    await b.requests.deliverResponses(a.chainId, [{ response, attestations: attested(terms, hash) }], {
      gasLimit: 2_000_000n,
    });
    expect((await b.requests.status(requestId)).state).to.equal(RequestState.Granted);
  });

  it("deliver responses, and report and skip those that are not attested or not awaited", async () => {
    const requests = [await anotherRequest(world), await anotherRequest(world), await anotherRequest(world)];
    const denials = await Promise.all(
      ids(requests).map(async (id) => {
        const response = refusal(id, Decision.DeniedByOwner, await now(a));
        return { response, attestations: await attest(world, response) };
      }),
    );
    const batch = [denials[0]!, { ...denials[1]!, attestations: denials[0]!.attestations }, denials[2]!, denials[0]!];
    const transaction = await b.requests.connect(b.actors.stranger).deliverResponses(a.chainId, batch);
    const { relayer } = denials[0]!.attestations.by[0]!;
    const [first, second] = ids(requests);
    await expect(transaction)
      .to.emit(b.requests, "BatchItemSkipped")
      .withArgs(1n, second, errorData(b.relayers, "RelayerSetInvalidAttestation", [relayer]));
    await expect(transaction)
      .to.emit(b.requests, "BatchItemSkipped")
      .withArgs(3n, first, errorData(b.requests, "AccessRequestsWrongState", [first, RequestState.Denied]));
    const [requestIds, page] = await b.requests.statuses(0n, 10n);
    expect(requestIds).to.deep.equal(ids(requests));
    const { Denied, Pending } = RequestState;
    expect(page.map(({ state }) => state)).to.deep.equal([Denied, Pending, Denied]);
  });

  it("are refused whole, rather than skip an item for want of gas", async () => {
    const batch = [await signRequest(world), await signRequest(world)];
    const { grants } = a;
    expect(await grants.ITEM_GAS()).to.equal(600_000n);
    const starved = grants.deliverRequests(b.chainId, batch, { gasLimit: 700_000n });
    await expect(starved).to.be.revertedWithCustomError(grants, "BatchesOutOfGas").withArgs(1n);
    expect(await grants.requestCount()).to.equal(0n);
    const gas = await grants.deliverRequests.estimateGas(b.chainId, batch);
    await grants.deliverRequests(b.chainId, batch, { gasLimit: gas });
    expect(await grants.requestCount()).to.equal(2n);
  });

  it("may be empty, and then do nothing", async () => {
    for (const empty of [
      a.grants.deliverRequests(b.chainId, []),
      a.grants.submitReEncryptions([]),
      b.requests.deliverResponses(a.chainId, []),
      a.records.anchorBatch([]),
    ]) {
      expect((await (await empty).wait())?.logs).to.have.length(0);
    }
  });

  it("hold no more records than gas allows, each as it would be alone", async () => {
    const anchors = Array.from({ length: 50 }, (_, i) => anchorOf({ salt: `0x${String(i).padStart(64, "0")}` }));
    const receipt = await (await a.records.connect(a.actors.patient).anchorBatch(anchors)).wait();
    expect(receipt?.logs).to.have.length(50);
  });
});

describe("pages", () => {
  it("end where the list ends, and are empty past it", async () => {
    const world = await loadWorld();
    const { a, b } = world;
    await anchorRecord(world);
    const requests = [await anotherRequest(world), await anotherRequest(world), await anotherRequest(world)];
    const expected = requests.map(({ requestId }) => requestId);
    const MAX = 2n ** 64n - 1n;
    for (const list of [a.grants.grants, b.requests.statuses]) {
      expect((await list(0n, 2n))[0]).to.deep.equal(expected.slice(0, 2));
      expect((await list(2n, 2n))[0]).to.deep.equal(expected.slice(2));
      expect((await list(1n, MAX))[0]).to.deep.equal(expected.slice(1));
      for (const [from, count] of [
        [3n, 1n],
        [MAX, MAX],
        [0n, 0n],
      ] as const) {
        expect((await list(from, count))[0]).to.deep.equal([]);
      }
    }
    expect(await a.hospitals.hospitalCount()).to.equal(2n);
    const [hospitalIds, hospitals] = await a.hospitals.hospitals(1n, 9n);
    expect(hospitalIds).to.have.length(1);
    expect(hospitals[0]!.homeChainId).to.equal(b.chainId);
    expect((await a.hospitals.hospitals(2n, 1n))[0]).to.deep.equal([]);
  });

  it("cost gas by their items alone, so that a page of a hundred fits into a call of any node", async () => {
    const world = await loadWorld();
    const { a, b } = world;
    await anchorRecord(world);
    const signed = [];
    for (let i = 0; i < 40; i++) signed.push(await signRequest(world));
    await a.grants.deliverRequests(b.chainId, signed);
    // Not by an estimate: what each takes depends on how many of the same block come before it.
    const enough = { gasLimit: 400_000 };
    await Promise.all(signed.map(({ request, signature }) => b.requests.request(request, signature, enough)));
    for (const list of [a.grants.grants, b.requests.statuses]) {
      const gas = (from: bigint, count: bigint) => list.estimateGas(from, count);
      const [ten, later, twenty] = [await gas(0n, 10n), await gas(30n, 10n), await gas(0n, 20n)];
      const perItem = (twenty - ten) / 10n;
      expect(perItem < 25_000n, `${perItem} for one`).to.equal(true);
      expect(later - ten < perItem && ten - later < perItem, `${later} against ${ten}`).to.equal(true);
    }
  });
});
