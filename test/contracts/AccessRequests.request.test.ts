import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type AccessRequest, digest, digestOf, domainOf, sign, tuple } from "./support/messages.ts";
import {
  anotherRequest,
  DAY,
  DOCTOR,
  fileRequest,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
  signRequest,
  type World,
} from "./support/world.ts";

describe("AccessRequests: request (M1)", () => {
  const LONGEST = 30n * DAY;
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  it("files a request that a local doctor signed, whoever carries it", async () => {
    const signed = await signRequest(world);
    const { request, requestId, signature } = signed;
    expect(await b.requests.request.staticCall(request, signature)).to.equal(requestId);
    await expect(fileRequest(world, signed))
      .to.emit(b.requests, "AccessRequested")
      .withArgs(1n, requestId, DOCTOR, tuple(request), signature);
    expect(await b.requests.status(requestId)).to.deep.equal([
      b.actors.doctor.address,
      RequestState.Pending,
      Acknowledgement.None,
      request.expiry,
      0n,
      a.chainId,
      BigInt(await b.ethers.provider.getBlockNumber()),
      0n,
      request.issuedAt,
      0n,
      ZeroHash,
    ]);
  });

  it("names a request by the EIP-712 digest that its requester signs", async () => {
    const { request, requestId } = await signRequest(world);
    expect(await b.requests.requestIdOf(request)).to.equal(requestId);
  });

  it("numbers requests without gaps from 1, and a refused one takes no number", async () => {
    expect(await b.requests.sequence()).to.equal(0n);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const signed = await signRequest(world);
      await fileRequest(world, signed);
      await expect(fileRequest(world, signed)).to.be.revertedWithCustomError(
        b.requests,
        "AccessRequestsAlreadyRequested",
      );
      ids.push(signed.requestId);
    }
    expect(await b.requests.sequence()).to.equal(3n);
    for (const [i, id] of ids.entries()) expect(await b.requests.requestAt(i + 1)).to.equal(id);
    const events = await b.requests.queryFilter(b.requests.filters.AccessRequested());
    expect(events.map(({ args }) => args.sequence)).to.deep.equal([1n, 2n, 3n]);
  });

  it("refuses a request that was made, whatever became of it", async () => {
    const signed = await anotherRequest(world);
    await expectRefusal(fileRequest(world, signed), b.requests, "AccessRequestsAlreadyRequested", signed.requestId);
  });

  it("takes the same request again under another nonce", async () => {
    const first = await signRequest(world);
    await fileRequest(world, first);
    const second = await signRequest(world, { ...first.request, nonce: first.request.nonce + 1_000_000n });
    await expect(fileRequest(world, second)).to.emit(b.requests, "AccessRequested");
  });

  it("refuses another's signature", async () => {
    for (const signer of ["colleague", "stranger"] as const) {
      const signed = await signRequest(world, { requester: DOCTOR }, signer);
      await expectRefusal(fileRequest(world, signed), b.requests, "AccessRequestsInvalidSignature", signed.requestId);
    }
  });

  it("refuses a signature under another chain's domain, or another contract's", async () => {
    const signed = await signRequest(world);
    const foreign = [await domainOf(a, "requests"), await domainOf(a, "grants"), await domainOf(b, "grants")];
    for (const domain of foreign) {
      const signature = await sign(b.actors.doctor, domain, "AccessRequest", signed.request);
      const attempt = fileRequest(world, { ...signed, signature });
      await expectRefusal(attempt, b.requests, "AccessRequestsInvalidSignature", signed.requestId);
    }
  });

  it("refuses a request of which any field was changed", async () => {
    const { request, signature } = await signRequest(world);
    const changes: Partial<AccessRequest>[] = [
      { recordId: digest("other") },
      { purpose: digest("other") },
      { issuedAt: request.issuedAt - 1n },
      { expiry: request.expiry + 1n },
      { nonce: request.nonce + 1n },
    ];
    const domain = await domainOf(b, "requests");
    for (const change of changes) {
      const changed = { ...request, ...change };
      const requestId = digestOf(domain, "AccessRequest", changed);
      const attempt = fileRequest(world, { request: changed, requestId, signature });
      await expectRefusal(attempt, b.requests, "AccessRequestsInvalidSignature", requestId);
    }
  });

  it("refuses a requester that is unknown or inactive", async () => {
    const unknown = await signRequest(world, { requester: digest("nobody") });
    await expectRefusal(
      fileRequest(world, unknown),
      b.requests,
      "AccessRequestsUnknownRequester",
      unknown.request.requester,
    );
    const signed = await signRequest(world);
    await b.hospitals.suspendHospital(HOSPITAL_B);
    await expectRefusal(fileRequest(world, signed), b.requests, "AccessRequestsUnknownRequester", DOCTOR);
  });

  it("refuses a requester whose home is another chain", async () => {
    const domain = await domainOf(b, "requests");
    const { request } = await signRequest(world, { requester: PATIENT });
    const signature = await sign(b.actors.patient, domain, "AccessRequest", request);
    const attempt = b.requests.request(request, signature);
    await expectRefusal(attempt, b.requests, "AccessRequestsForeignRequester", PATIENT, a.chainId);
  });

  it("refuses a destination that is not its peer, and a chain to which no lane is open", async () => {
    const wrong = await signRequest(world, { destination: b.actors.stranger.address });
    await expectRefusal(
      fileRequest(world, wrong),
      b.requests,
      "AccessRequestsWrongDestination",
      a.chainId,
      b.actors.stranger.address,
    );
    const unknown = await signRequest(world, { destinationChainId: 999n });
    await expectRefusal(fileRequest(world, unknown), b.requests, "LanesUnknownChain", 999n);
    const signed = await signRequest(world);
    await b.requests.setPeer(a.chainId, ZeroAddress);
    await expectRefusal(fileRequest(world, signed), b.requests, "LanesUnknownChain", a.chainId);
  });

  it("does not take the zero address for the peer of a closed lane", async () => {
    const signed = await signRequest(world, { destinationChainId: 999n, destination: ZeroAddress });
    await expectRefusal(fileRequest(world, signed), b.requests, "LanesUnknownChain", 999n);
  });

  it("refuses a request at its expiry second, and takes it one second before", async () => {
    const dead = await signRequest(world);
    await nextBlockAt(b, dead.request.expiry - 1n);
    const last = await signRequest(world, { expiry: dead.request.expiry });
    await expect(fileRequest(world, last)).to.emit(b.requests, "AccessRequested");
    await nextBlockAt(b, dead.request.expiry);
    await expectRefusal(
      fileRequest(world, dead),
      b.requests,
      "AccessRequestsExpired",
      dead.requestId,
      dead.request.expiry,
    );
  });

  it("refuses an issue in the future", async () => {
    const at = (await now(b)) + 100n;
    for (const issuedAt of [at + 1n, at + 2n * DAY]) {
      const signed = await signRequest(world, { issuedAt, expiry: at + DAY });
      await nextBlockAt(b, at);
      await expectRefusal(
        fileRequest(world, signed),
        b.requests,
        "AccessRequestsInvalidTime",
        signed.requestId,
        issuedAt,
        at + DAY,
      );
    }
  });

  it("takes a lifetime of 30 days and refuses one second more", async () => {
    expect(await b.requests.MAX_LIFETIME()).to.equal(LONGEST);
    const issuedAt = await now(b);
    const longest = await signRequest(world, { issuedAt, expiry: issuedAt + LONGEST });
    await expect(fileRequest(world, longest)).to.emit(b.requests, "AccessRequested");
    const tooLong = await signRequest(world, { issuedAt, expiry: issuedAt + LONGEST + 1n });
    await expectRefusal(
      fileRequest(world, tooLong),
      b.requests,
      "AccessRequestsInvalidTime",
      tooLong.requestId,
      issuedAt,
      issuedAt + LONGEST + 1n,
    );
  });

  it("knows nothing of a request that was not made", async () => {
    expect((await b.requests.status(digest("none"))).state).to.equal(RequestState.None);
    expect((await a.requests.status((await anotherRequest(world)).requestId)).state).to.equal(RequestState.None);
  });
});
