import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import {
  anotherRequest,
  approve,
  authorizedRequest,
  carryRequest,
  carryResponse,
  DAY,
  fileRequest,
  grantedRequest,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  responseOf,
  type SignedRequest,
  signRequest,
  submit,
  type World,
} from "./support/world.ts";

const WINDOW = 3_600n;
const FOR_EVER = 2n ** 64n - 1n;

describe("pauses", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const onB = async ({ requestId }: SignedRequest) => (await b.requests.status(requestId)).state;
  const onA = async ({ requestId }: SignedRequest) => (await a.grants.grant(requestId)).state;
  const expirableFrom = ({ requestId }: SignedRequest) => b.requests.expirableFrom(requestId);

  describe("the response window", () => {
    it("stands still while the lane is paused, and nobody ends a request then", async () => {
      const granted = await grantedRequest(world);
      const { requestId, request } = granted;
      expect(await expirableFrom(granted)).to.equal(request.expiry + WINDOW);
      await nextBlockAt(b, request.expiry + 100n);
      await b.requests.pauseLane(a.chainId);
      const response = await responseOf(world, requestId);
      await expectRefusal(carryResponse(world, response), b.requests, "LanesPaused", a.chainId);
      await nextBlockAt(b, request.expiry + 3n * DAY);
      await expectRefusal(b.requests.expire(requestId), b.requests, "LanesPaused", a.chainId);
      await nextBlockAt(b, request.expiry + 100n + 4n * DAY);
      await b.requests.resumeLane(a.chainId);
      const until = request.expiry + WINDOW + 4n * DAY;
      expect(await expirableFrom(granted)).to.equal(until);
      await nextBlockAt(b, until - 1n);
      await expectRefusal(b.requests.expire(requestId), b.requests, "AccessRequestsNotExpired", requestId, until);
      await nextBlockAt(b, until);
      await carryResponse(world, response);
      expect([await onA(granted), await onB(granted)]).to.deep.equal([RequestState.Granted, RequestState.Granted]);
    });

    it("counts what the lane, or the suite, was paused since the request was made, and no second twice", async () => {
      await b.requests.pauseLane(a.chainId);
      await b.time.increase(1_000n);
      await b.requests.resumeLane(a.chainId);
      await nextBlockAt(a, await now(b));
      const signed = await pendingRequest(world);
      const due = signed.request.expiry + WINDOW;
      expect(await expirableFrom(signed)).to.equal(due);
      const start = (await now(b)) + 100n;
      const at = async (second: bigint, act: () => Promise<unknown>) => {
        await nextBlockAt(b, start + second);
        await act();
      };
      await at(0n, () => b.requests.pauseLane(a.chainId)); // 0 to 500, and 700 to 800
      await at(300n, () => b.manager.stop()); // 300 to 600, and 750 to 900
      await at(400n, async () => expect(await expirableFrom(signed)).to.equal(due + 300n));
      await at(500n, () => b.requests.resumeLane(a.chainId));
      await at(600n, () => b.manager.resume());
      expect(await expirableFrom(signed)).to.equal(due + 600n);
      await at(700n, () => b.requests.pauseLane(a.chainId));
      await at(750n, () => b.manager.confirmStop());
      await at(800n, () => b.requests.resumeLane(a.chainId));
      await at(900n, () => b.manager.resume());
      expect(await expirableFrom(signed)).to.equal(due + 800n);
      await nextBlockAt(a, await now(b));
      const later = await anotherRequest(world);
      expect(await expirableFrom(later)).to.equal(later.request.expiry + WINDOW);
    });

    it("ends nothing for good: an answer that was given in time ends both chains alike, however the pauses lay", async () => {
      const { Granted, Denied } = RequestState;
      for (const [pausedOn, end, state] of [
        ["a", async ({ requestId }: SignedRequest) => submit(world, requestId), Granted],
        ["b", async ({ requestId }: SignedRequest) => submit(world, requestId), Granted],
        ["b", async ({ requestId }: SignedRequest) => a.grants.connect(a.actors.patient).withdraw(requestId), Denied],
      ] as const) {
        world = await loadWorld();
        const signed = await authorizedRequest(world);
        const { request, requestId } = signed;
        await end(signed);
        const response = await responseOf(world, requestId);
        const [chain, peer] = pausedOn === "a" ? [a.grants, b.chainId] : [b.requests, a.chainId];
        await chain.pauseLane(peer);
        await nextBlockAt(a, request.expiry + 2n * WINDOW);
        await nextBlockAt(b, request.expiry + 2n * WINDOW);
        await chain.resumeLane(peer);
        await nextBlockAt(b, await expirableFrom(signed));
        await b.requests.expire(requestId);
        expect(await onB(signed)).to.equal(RequestState.Expired);
        await carryResponse(world, response);
        expect([await onA(signed), await onB(signed)]).to.deep.equal([state, state]);
      }
    });

    it("lets both chains expire alike what a pause on A kept from being granted", async () => {
      const signed = await authorizedRequest(world);
      const { request, requestId } = signed;
      await a.grants.pauseLane(b.chainId);
      await nextBlockAt(a, request.expiry);
      await a.grants.expire(requestId);
      await a.grants.resumeLane(b.chainId);
      await nextBlockAt(b, request.expiry + WINDOW);
      await b.requests.expire(requestId);
      expect([await onA(signed), await onB(signed)]).to.deep.equal([RequestState.Expired, RequestState.Expired]);
    });
  });

  describe("a stop of the suite", () => {
    it("pauses every lane of every contract in one call, also those that are opened later", async () => {
      const authorized = await authorizedRequest(world);
      const pending = await signRequest(world);
      await carryRequest(world, pending);
      const fresh = await signRequest(world);
      await a.manager.stop();
      await b.manager.stop();
      const { certificate, signature } = world.doctor;
      const attempts = [
        [a.grants, b, () => carryRequest(world, fresh)],
        [a.grants, b, () => approve(world, pending.requestId)],
        [a.grants, b, () => submit(world, authorized.requestId)],
        [b.requests, a, () => fileRequest(world, fresh)],
        [a.hospitals, b, () => a.hospitals.importMember({ ...certificate, serial: 2n }, signature)],
      ] as const;
      for (const [contract, peer, attempt] of attempts) {
        await expectRefusal(attempt(), contract, "LanesPaused", peer.chainId);
      }
      await a.grants.setPeer(7n, a.actors.stranger);
      for (const contract of [a.hospitals, a.grants, a.requests, a.checkpoints]) {
        expect(await contract.isPaused(7n)).to.equal(true);
      }
      await a.grants.connect(a.actors.patient).withdraw(authorized.requestId);
      await a.manager.resume();
      await approve(world, pending.requestId);
    });

    it("is over after seven days, and the guardian cannot stop again for seven more", async () => {
      const guardian = a.actors.stranger;
      await a.manager.grantRole(4n, guardian, 0n);
      const stop = () => a.manager.connect(guardian).stop();
      const start = (await now(a)) + 100n;
      const end = start + 7n * DAY;
      await nextBlockAt(a, start);
      await expect(stop()).to.emit(a.manager, "SuiteStopped").withArgs(end);
      await nextBlockAt(a, start + 6n * DAY);
      await expect(stop()).not.to.emit(a.manager, "SuiteStopped");
      await nextBlockAt(a, end - 1n);
      await expectRefusal(pendingRequest(world), a.grants, "LanesPaused", b.chainId);
      await nextBlockAt(b, end);
      await b.manager.resume();
      await nextBlockAt(a, end);
      await carryRequest(world, await signRequest(world));
      expect(await a.manager.stoppedSeconds()).to.equal(7n * DAY);
      await nextBlockAt(a, end + 7n * DAY - 1n);
      await expectRefusal(stop(), a.manager, "SuiteManagerResting", end + 7n * DAY);
      await nextBlockAt(a, end + 7n * DAY);
      await expect(stop()).to.emit(a.manager, "SuiteStopped");
    });

    it("cannot be repeated at once when the lane manager has ended it, and goes on as long as the lane manager confirms", async () => {
      await a.manager.stop();
      await expect(a.manager.resume()).to.emit(a.manager, "SuiteResumed");
      const resumed = await now(a);
      await expectRefusal(a.manager.stop(), a.manager, "SuiteManagerResting", resumed + 7n * DAY);
      expect(await a.manager.isStopped()).to.equal(false);
      await expect(a.manager.confirmStop()).to.emit(a.manager, "SuiteStopped").withArgs(FOR_EVER);
      await expect(a.manager.confirmStop()).not.to.emit(a.manager, "SuiteStopped");
      await a.time.increase(100n * DAY);
      expect(await a.manager.isStopped()).to.equal(true);
      await a.manager.resume();
      await expect(a.manager.resume()).not.to.emit(a.manager, "SuiteResumed");
      expect(await a.manager.isStopped()).to.equal(false);
    });

    it("that is confirmed while it lasts is counted from its start", async () => {
      const start = (await now(a)) + 100n;
      await nextBlockAt(a, start);
      await a.manager.stop();
      await nextBlockAt(a, start + 3n * DAY);
      await a.manager.confirmStop();
      await nextBlockAt(a, start + 30n * DAY);
      await a.manager.resume();
      expect(await a.manager.stoppedSeconds()).to.equal(30n * DAY);
      expect(await a.grants.pausedSeconds(b.chainId)).to.equal(30n * DAY);
    });
  });
});
