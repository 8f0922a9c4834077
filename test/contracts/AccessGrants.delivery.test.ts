import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type AccessRequest, digest, digestOf, domainOf, idOf, sign, tuple } from "./support/messages.ts";
import {
  anchorRecord,
  approve,
  COLLEAGUE,
  carryRequest,
  certify,
  DAY,
  DOCTOR,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  PATIENT,
  pendingRequest,
  RECORD,
  refusal,
  signRequest,
  type World,
} from "./support/world.ts";

describe("AccessGrants: deliverRequest (M1)", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    await anchorRecord(world);
  });

  it("takes a request that a doctor of B signed, whoever carries it", async () => {
    const signed = await signRequest(world);
    const { request, requestId, signature } = signed;
    expect(await a.grants.deliverRequest.staticCall(b.chainId, request, signature)).to.equal(requestId);
    await expect(carryRequest(world, signed))
      .to.emit(a.grants, "RequestDelivered")
      .withArgs(0n, requestId, PATIENT, b.chainId, tuple(request));
    expect(await a.grants.grant(requestId)).to.deep.equal([
      RECORD,
      DOCTOR,
      b.chainId,
      request.expiry,
      0n,
      BigInt(await a.ethers.provider.getBlockNumber()),
      0n,
      RequestState.Pending,
      Decision.None,
      1n,
      0n,
      ZeroHash,
      ZeroHash,
    ]);
  });

  it("counts deliveries without gaps from zero, and says which was the n-th", async () => {
    const first = await signRequest(world);
    const second = await signRequest(world, {}, "colleague");
    await carryRequest(world, first);
    await expect(carryRequest(world, first)).to.be.revertedWithCustomError(a.grants, "AccessGrantsAlreadyDelivered");
    await expect(carryRequest(world, second))
      .to.emit(a.grants, "RequestDelivered")
      .withArgs(1n, second.requestId, PATIENT, b.chainId, tuple(second.request));
    expect(await a.grants.requestCount()).to.equal(2n);
    expect(await a.grants.requestAt(0n)).to.equal(first.requestId);
    expect(await a.grants.requestAt(1n)).to.equal(second.requestId);
  });

  it("refuses a request that was delivered, whatever became of it", async () => {
    const signed = await signRequest(world);
    await carryRequest(world, signed);
    await expectRefusal(carryRequest(world, signed), a.grants, "AccessGrantsAlreadyDelivered", signed.requestId);
    await a.grants.connect(a.actors.patient).deny(signed.requestId);
    await expectRefusal(carryRequest(world, signed), a.grants, "AccessGrantsAlreadyDelivered", signed.requestId);
  });

  it("refuses another's signature, a colleague's and the hospital's own among them", async () => {
    const { request, requestId } = await signRequest(world);
    const domain = await domainOf(b, "requests");
    for (const signer of [b.actors.colleague, b.actors.operatorB, b.actors.relayer1, b.actors.patient]) {
      const signature = await sign(signer, domain, "AccessRequest", request);
      const attempt = carryRequest(world, { request, requestId, signature });
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", requestId);
    }
  });

  it("refuses a signature under another chain's domain, or another contract's", async () => {
    const { request, requestId } = await signRequest(world);
    const foreign = [await domainOf(a, "requests"), await domainOf(a, "grants"), await domainOf(b, "grants")];
    for (const domain of foreign) {
      const signature = await sign(b.actors.doctor, domain, "AccessRequest", request);
      const attempt = carryRequest(world, { request, requestId, signature });
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", requestId);
    }
  });

  it("refuses a request of which any field was changed", async () => {
    const { request, signature } = await signRequest(world);
    const changes: Partial<AccessRequest>[] = [
      { recordId: digest("other") },
      { requester: COLLEAGUE },
      { purpose: digest("other") },
      { issuedAt: request.issuedAt - 1n },
      { expiry: request.expiry + 1n },
      { nonce: request.nonce + 1n },
    ];
    const domain = await domainOf(b, "requests");
    for (const change of changes) {
      const changed = { ...request, ...change };
      const requestId = digestOf(domain, "AccessRequest", changed);
      const attempt = carryRequest(world, { request: changed, requestId, signature });
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidSignature", requestId);
    }
  });

  it("refuses a request that is meant for another chain or contract", async () => {
    const elsewhere = await signRequest(world, { destinationChainId: b.chainId });
    const destination = elsewhere.request.destination;
    await expectRefusal(
      carryRequest(world, elsewhere),
      a.grants,
      "AccessGrantsWrongDestination",
      b.chainId,
      destination,
    );
    const other = b.actors.stranger.address;
    const wrong = await signRequest(world, { destination: other });
    await expectRefusal(carryRequest(world, wrong), a.grants, "AccessGrantsWrongDestination", a.chainId, other);
  });

  it("refuses a request from a chain to which no lane is open", async () => {
    const signed = await signRequest(world);
    const { request, signature } = signed;
    await expectRefusal(a.grants.deliverRequest(999n, request, signature), a.grants, "LanesUnknownChain", 999n);
    await a.grants.setPeer(b.chainId, ZeroAddress);
    await expectRefusal(carryRequest(world, signed), a.grants, "LanesUnknownChain", b.chainId);
  });

  it("refuses a source chain that is not the requester's home", async () => {
    const other = 4242n;
    await a.grants.setPeer(other, await b.requests.getAddress());
    const { request } = await signRequest(world);
    const domain = { ...(await domainOf(b, "requests")), chainId: other };
    const signature = await sign(b.actors.doctor, domain, "AccessRequest", request);
    const attempt = a.grants.deliverRequest(other, request, signature);
    await expectRefusal(attempt, a.grants, "AccessGrantsForeignRequester", DOCTOR, b.chainId);
  });

  it("refuses a requester that is unknown, suspended, of a suspended hospital, or expired", async () => {
    const signed = await signRequest(world);
    const refused = (requester: string) =>
      expectRefusal(carryRequest(world, signed), a.grants, "AccessGrantsUnknownRequester", requester);
    const nobody = await signRequest(world, { requester: digest("nobody") });
    await expectRefusal(
      carryRequest(world, nobody),
      a.grants,
      "AccessGrantsUnknownRequester",
      nobody.request.requester,
    );
    await a.hospitals.connect(a.actors.operatorB).suspendMember(DOCTOR);
    await refused(DOCTOR);
    await a.hospitals.connect(a.actors.operatorB).reinstateMember(DOCTOR);
    await a.hospitals.suspendHospital(HOSPITAL_B);
    await refused(DOCTOR);
    await a.hospitals.reinstateHospital(HOSPITAL_B);
    const notAfter = (await now(a)) + 1_000n;
    const renewal = await certify(b, b.actors.operatorB, { ...world.doctor.certificate, serial: 2n, notAfter });
    await a.hospitals.importMember(renewal.certificate, renewal.signature);
    await nextBlockAt(a, notAfter);
    await refused(DOCTOR);
  });

  it("believes the account of the latest certificate that it was shown", async () => {
    const signed = await signRequest(world);
    const account = b.actors.stranger.address;
    const renewal = await certify(b, b.actors.operatorB, { ...world.doctor.certificate, serial: 2n, account });
    await a.hospitals.importMember(renewal.certificate, renewal.signature);
    await expectRefusal(carryRequest(world, signed), a.grants, "AccessGrantsInvalidSignature", signed.requestId);
    const renewed = await signRequest(world, {}, "stranger");
    await expect(carryRequest(world, renewed)).to.emit(a.grants, "RequestDelivered");
  });

  it("refuses a request at its expiry second, and takes it one second before", async () => {
    const expiry = (await now(a)) + 1_000n;
    const dead = await signRequest(world, { expiry });
    const last = await signRequest(world, { expiry });
    await nextBlockAt(a, expiry - 1n);
    await expect(carryRequest(world, last)).to.emit(a.grants, "RequestDelivered");
    await nextBlockAt(a, expiry);
    await expectRefusal(carryRequest(world, dead), a.grants, "AccessGrantsExpired", dead.requestId, expiry);
  });

  it("refuses a request that lives for longer than 30 days, whatever B would have said", async () => {
    const issuedAt = await now(b);
    const longest = await signRequest(world, { issuedAt, expiry: issuedAt + 30n * DAY });
    await expect(carryRequest(world, longest)).to.emit(a.grants, "RequestDelivered");
    const expiry = issuedAt + 30n * DAY + 1n;
    const { requestId, ...tooLong } = await signRequest(world, { issuedAt, expiry });
    const attempt = carryRequest(world, { requestId, ...tooLong });
    await expectRefusal(attempt, a.grants, "AccessGrantsInvalidTime", requestId, issuedAt, expiry);
  });

  it("refuses a request that is issued later than B's clock can be ahead, and one that expires before its issue", async () => {
    const at = (await now(a)) + 1_000n;
    const cases = [
      [at + 301n, at + DAY],
      [at + 2n * DAY, at + DAY],
    ] as const;
    for (const [issuedAt, expiry] of cases) {
      const signed = await signRequest(world, { issuedAt, expiry });
      await nextBlockAt(a, at);
      const attempt = carryRequest(world, signed);
      await expectRefusal(attempt, a.grants, "AccessGrantsInvalidTime", signed.requestId, issuedAt, expiry);
    }
    const ahead = await signRequest(world, { issuedAt: at + 300n, expiry: at + DAY });
    await nextBlockAt(a, at);
    await expect(carryRequest(world, ahead)).to.emit(a.grants, "RequestDelivered");
  });

  it("keeps a request for a record that is not anchored yet waiting, until its owner decides", async () => {
    const salt = digest("later");
    const signed = await signRequest(world, { recordId: idOf(PATIENT, salt) });
    const transaction = await carryRequest(world, signed);
    await expect(transaction)
      .to.emit(a.grants, "RequestDelivered")
      .withArgs(0n, signed.requestId, ZeroHash, b.chainId, tuple(signed.request));
    await expect(transaction).not.to.emit(a.ledger, "AccessLogged");
    const early = approve(world, signed.requestId);
    const patient = a.actors.patient.address;
    await expectRefusal(early, a.grants, "AccessGrantsUnauthorizedOwner", signed.requestId, patient);
    await anchorRecord(world, { salt });
    await approve(world, signed.requestId);
    expect((await a.grants.grant(signed.requestId)).state).to.equal(RequestState.Authorized);
  });

  it("ends a request for a record that is never anchored at its expiry, under no hospital", async () => {
    const signed = await signRequest(world, { recordId: digest("no such record") });
    await carryRequest(world, signed);
    await nextBlockAt(a, signed.request.expiry);
    await a.grants.expire(signed.requestId);
    expect((await a.grants.grant(signed.requestId)).decision).to.equal(Decision.Expired);
    const [logged] = await a.ledger.queryFilter(a.ledger.filters.AccessLogged());
    expect(logged?.args.entry.hospitalId).to.equal(ZeroHash);
  });

  it("refuses, logs and answers a request for a revoked record", async () => {
    await a.records.connect(a.actors.patient).revoke(RECORD);
    const signed = await signRequest(world);
    const transaction = await carryRequest(world, signed);
    const response = refusal(signed.requestId, Decision.RecordRevoked, await now(a));
    await expect(transaction)
      .to.emit(a.grants, "ResponseReady")
      .withArgs(1n, signed.requestId, b.chainId, tuple(response));
    await expect(transaction).to.emit(a.ledger, "AccessLogged");
    expect((await a.grants.grant(signed.requestId)).state).to.equal(RequestState.Refused);
  });

  it("has no response to a request that is not decided, or not known", async () => {
    const signed = await signRequest(world);
    await carryRequest(world, signed);
    await expectRefusal(
      a.grants.responseOf(signed.requestId),
      a.grants,
      "AccessGrantsWrongState",
      signed.requestId,
      RequestState.Pending,
    );
    const none = digest("none");
    await expectRefusal(a.grants.responseOf(none), a.grants, "AccessGrantsUnknownRequest", none);
  });

  it("needs nobody on B to have filed the request: the signature alone makes it authentic", async () => {
    const signed = await signRequest(world);
    await carryRequest(world, signed);
    expect((await b.requests.status(signed.requestId)).state).to.equal(RequestState.None);
    expect((await a.grants.grant(signed.requestId)).state).to.equal(RequestState.Pending);
  });

  it("gives the request the id that it has on B", async () => {
    const world2 = await loadWorld();
    const { request, requestId } = await pendingRequest(world2);
    expect(await b.requests.requestIdOf(request)).to.equal(requestId);
    expect((await b.requests.status(requestId)).state).to.equal(RequestState.Pending);
    expect((await a.grants.grant(requestId)).state).to.equal(RequestState.Pending);
  });
});
