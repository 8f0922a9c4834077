import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement, Decision, RequestState } from "./support/enums.ts";
import { digestOf, domainOf, idOf, sign } from "./support/messages.ts";
import {
  anchorOf,
  anchorRecord,
  anotherRequest,
  approve,
  carryRequest,
  carryResponse,
  DOCTOR,
  epochOf,
  fileRequest,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  PATIENT,
  PRIVATE_FRAGMENT,
  RECORD,
  responseOf,
  SEALED_REKEY,
  type SignedRequest,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

describe("a request across both chains", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    await anchorRecord(world);
  });

  const states = async ({ requestId }: SignedRequest) => [
    (await a.grants.grant(requestId)).state,
    (await b.requests.status(requestId)).state,
  ];
  const { None, Pending, Authorized, Granted, Denied, Refused, Expired } = RequestState;

  it("goes from M1 to M8, and each chain knows at each step as much as it was told", async () => {
    const signed = await signRequest(world);
    const { requestId } = signed;
    await fileRequest(world, signed);
    expect(await states(signed)).to.deep.equal([None, Pending]);
    await carryRequest(world, signed);
    expect(await states(signed)).to.deep.equal([Pending, Pending]);
    await approve(world, requestId);
    expect(await states(signed)).to.deep.equal([Authorized, Pending]);
    await submit(world, requestId);
    expect(await states(signed)).to.deep.equal([Granted, Pending]);
    await carryResponse(world, await responseOf(world, requestId));
    expect(await states(signed)).to.deep.equal([Granted, Granted]);
    await b.requests
      .connect(b.actors.doctor)
      .acknowledge(requestId, await b.requests.status(requestId).then(({ answer }) => answer), Acknowledgement.Opened);
    expect((await b.requests.status(requestId)).acknowledgement).to.equal(Acknowledgement.Opened);
  });

  it("ends alike on both chains when it is denied, refused or expired", async () => {
    const denied = await anotherRequest(world);
    await a.grants.connect(a.actors.patient).deny(denied.requestId);
    const expired = await anotherRequest(world);
    const refused = await anotherRequest(world, { expiry: expired.request.expiry + 1_000n });
    // What A decides is not in B's future.
    await nextBlockAt(b, expired.request.expiry);
    await nextBlockAt(a, expired.request.expiry);
    await a.grants.expire(expired.requestId);
    await a.records.connect(a.actors.patient).revoke(RECORD);
    await approve(world, refused.requestId);
    const outcomes = [
      [denied, Denied, Decision.DeniedByOwner],
      [expired, Expired, Decision.Expired],
      [refused, Refused, Decision.RecordRevoked],
    ] as const;
    for (const [signed, state, decision] of outcomes) {
      const response = await responseOf(world, signed.requestId);
      expect(response.decision).to.equal(decision);
      await carryResponse(world, response);
      expect(await states(signed)).to.deep.equal([state, state]);
    }
  });

  it("is numbered without gaps among everything that A has relayed", async () => {
    const first = await anotherRequest(world);
    const second = await anotherRequest(world, {}, "colleague");
    await approve(world, second.requestId);
    await a.grants.connect(a.actors.patient).deny(first.requestId);
    await submit(world, second.requestId);
    const { ReEncryptionRequested, ResponseReady } = a.grants.filters;
    const events = [
      ...(await a.grants.queryFilter(ReEncryptionRequested())),
      ...(await a.grants.queryFilter(ResponseReady())),
    ];
    const sequences = events.map(({ args }) => args.sequence).sort((x, y) => Number(x - y));
    expect(sequences).to.deep.equal([1n, 2n, 3n]);
    expect(await a.grants.sequence()).to.equal(3n);
  });

  it("goes the other way over the same two deployments, from A's requester to B's owner", async () => {
    const anchor = anchorOf({ owner: DOCTOR });
    const recordId = idOf(DOCTOR, anchor.salt);
    await b.records.connect(b.actors.doctor).anchor(anchor);
    await b.hospitals.connect(b.actors.operatorB).setMaxAccessCount(HOSPITAL_B, 1n);
    // The same world seen in a mirror: requests are made on A and decided on B.
    const mirrored: World = { ...world, a: b, b: a };
    const { request } = await signRequest(mirrored, { recordId, requester: PATIENT });
    const domain = await domainOf(a, "requests");
    const requestId = digestOf(domain, "AccessRequest", request);
    const signature = await sign(a.actors.patient, domain, "AccessRequest", request);
    const signed = { request, requestId, signature };
    await fileRequest(mirrored, signed);
    await carryRequest(mirrored, signed);
    await b.grants.connect(b.actors.doctor).authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, await epochOf(b));
    await submit(mirrored, requestId);
    await carryResponse(mirrored, await responseOf(mirrored, requestId));
    expect((await b.grants.grant(requestId)).state).to.equal(Granted);
    expect((await a.requests.status(requestId)).state).to.equal(Granted);
    expect(await b.ledger.accessCountOf(HOSPITAL_B, PATIENT)).to.equal(1n);
    expect(await a.ledger.length()).to.equal(0n);
  });
});
