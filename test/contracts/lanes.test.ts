import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import {
  anchorRecord,
  approve,
  authorizedRequest,
  carryRequest,
  carryResponse,
  certify,
  DAY,
  fileRequest,
  grantedRequest,
  loadWorld,
  nextBlockAt,
  pendingRequest,
  responseOf,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

describe("a paused lane", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  it("is paused and resumed once per change, and keeps its peer", async () => {
    for (const contract of [a.hospitals, a.mailbox, a.grants, a.requests, a.checkpoints]) {
      const peer = await contract.peerOf(b.chainId);
      await expect(contract.pauseLane(b.chainId)).to.emit(contract, "LanePaused").withArgs(b.chainId);
      await expect(contract.pauseLane(b.chainId)).not.to.emit(contract, "LanePaused");
      expect(await contract.isPaused(b.chainId)).to.equal(true);
      expect(await contract.peerOf(b.chainId)).to.equal(peer);
      await expect(contract.resumeLane(b.chainId)).to.emit(contract, "LaneResumed").withArgs(b.chainId);
      await expect(contract.resumeLane(b.chainId)).not.to.emit(contract, "LaneResumed");
      expect(await contract.isPaused(b.chainId)).to.equal(false);
    }
  });

  it("may be one that is not open yet, and stays paused when its peer is set", async () => {
    await a.grants.pauseLane(7n);
    await a.grants.setPeer(7n, a.actors.stranger);
    const { request, signature } = await signRequest(world);
    await expectRefusal(a.grants.deliverRequest(7n, request, signature), a.grants, "LanesPaused", 7n);
  });

  it("takes no request on A, and approves and grants none that came over it", async () => {
    const authorized = await authorizedRequest(world);
    const pending = await signRequest(world);
    await carryRequest(world, pending);
    const undelivered = await signRequest(world);
    await a.grants.pauseLane(b.chainId);
    const attempts = [
      () => carryRequest(world, undelivered),
      () => approve(world, pending.requestId),
      () => submit(world, authorized.requestId),
      () => a.grants.deliverRequests(b.chainId, [undelivered]),
    ];
    for (const attempt of attempts) await expectRefusal(attempt(), a.grants, "LanesPaused", b.chainId);
    await a.grants.resumeLane(b.chainId);
    await carryRequest(world, undelivered);
    await approve(world, pending.requestId);
    await submit(world, authorized.requestId);
  });

  it("lets the owner deny, and anyone end what has expired", async () => {
    const denied = await pendingRequest(world);
    const expired = await signRequest(world);
    await carryRequest(world, expired);
    await a.grants.pauseLane(b.chainId);
    await a.grants.connect(a.actors.patient).deny(denied.requestId);
    await nextBlockAt(a, expired.request.expiry);
    await a.grants.expire(expired.requestId);
    expect((await a.grants.grant(denied.requestId)).state).to.equal(RequestState.Denied);
    expect((await a.grants.grant(expired.requestId)).state).to.equal(RequestState.Expired);
  });

  it("takes no request and no response on B", async () => {
    const granted = await grantedRequest(world);
    const response = await responseOf(world, granted.requestId);
    const unfiled = await signRequest(world);
    await b.requests.pauseLane(a.chainId);
    for (const attempt of [() => fileRequest(world, unfiled), () => carryResponse(world, response)]) {
      await expectRefusal(attempt(), b.requests, "LanesPaused", a.chainId);
    }
    await b.requests.resumeLane(a.chainId);
    await carryResponse(world, response);
  });

  it("is resumed, and counted, under another manager, which counts the stops anew", async () => {
    const { relayers, manager } = a;
    const factory = await a.ethers.getContractFactory("SuiteManager");
    const other = (await factory.deploy(a.actors.administrator)) as unknown as typeof manager; // of this artifact
    const stopped = 3n * DAY;
    // The other was stopped for longer than this lane is paused.
    await other.stop();
    await a.time.increase(stopped);
    await other.resume();
    await a.grants.pauseLane(b.chainId);
    await a.time.increase(60n);
    await manager.updateAuthority(a.grants, other);
    expect(await a.grants.pausedSeconds(b.chainId)).to.equal(await other.stoppedSeconds());
    await a.grants.resumeLane(b.chainId);
    expect(await a.grants.isPaused(b.chainId)).to.equal(false);
    await b.time.increase(stopped + 100n);
    await carryRequest(world, await signRequest(world));
    expect(await relayers.authority()).to.equal(await manager.getAddress());
  });

  it("takes no certificate from abroad, and still those of home", async () => {
    await anchorRecord(world);
    await a.hospitals.pauseLane(b.chainId);
    const renew = { ...world.doctor.certificate, serial: 2n };
    const doctor = await certify(b, b.actors.operatorB, renew);
    const attempt = a.hospitals.importMember(doctor.certificate, doctor.signature);
    await expectRefusal(attempt, a.hospitals, "LanesPaused", b.chainId);
    const patient = await certify(a, a.actors.operatorA, { ...world.patient.certificate, serial: 2n });
    await expect(a.hospitals.enrolMember(patient.certificate, patient.signature)).to.emit(
      a.hospitals,
      "MemberEnrolled",
    );
  });
});
