import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Acknowledgement, Decision, RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest } from "./support/messages.ts";
import {
  answeredRequest,
  approve,
  carryResponse,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  refusal,
  type SignedRequest,
  type World,
} from "./support/world.ts";

describe("AccessRequests: the states of a request", () => {
  let world: World;
  let a: Chain;
  let b: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
  });

  const stateOf = async ({ requestId }: { requestId: string }) => (await b.requests.status(requestId)).state;

  describe("expire", () => {
    const expirableFrom = ({ request }: SignedRequest) => request.expiry + 3_600n;

    it("ends a request one hour after its expiry, by anyone", async () => {
      const signed = await pendingRequest(world);
      expect(await b.requests.RESPONSE_WINDOW()).to.equal(3_600n);
      await nextBlockAt(b, expirableFrom(signed));
      await expect(b.requests.connect(b.actors.stranger).expire(signed.requestId))
        .to.emit(b.requests, "RequestExpired")
        .withArgs(signed.requestId);
      expect(await stateOf(signed)).to.equal(RequestState.Expired);
    });

    it("refuses to, one second earlier", async () => {
      const signed = await pendingRequest(world);
      await nextBlockAt(b, expirableFrom(signed) - 1n);
      const attempt = b.requests.expire(signed.requestId);
      await expectRefusal(attempt, b.requests, "AccessRequestsNotExpired", signed.requestId, expirableFrom(signed));
    });
  });

  describe("the states of a request", () => {
    /** Brings a fresh request to a state by legal steps. */
    const reach: Record<string, () => Promise<SignedRequest>> = {
      Pending: () => pendingRequest(world),
      Granted: () => answeredRequest(world),
      Denied: async () => answeredBy(Decision.DeniedByOwner),
      Refused: async () => answeredBy(Decision.RecordRevoked),
      Expired: async () => {
        const signed = await pendingRequest(world);
        await nextBlockAt(b, signed.request.expiry);
        await carryResponse(world, refusal(signed.requestId, Decision.Expired, signed.request.expiry));
        return signed;
      },
    };
    const answeredBy = async (decision: bigint) => {
      const signed = await pendingRequest(world);
      await carryResponse(world, refusal(signed.requestId, decision, await now(a)));
      return signed;
    };
    const calls: Record<string, { from: string; call: (requestId: string) => Promise<unknown> }> = {
      deliverResponse: {
        from: "Pending",
        call: async (requestId) => carryResponse(world, refusal(requestId, Decision.DeniedByOwner, await now(a))),
      },
      acknowledge: {
        from: "Granted",
        call: (requestId) =>
          b.requests.connect(b.actors.doctor).acknowledge(requestId, ZeroHash, Acknowledgement.Opened),
      },
      acknowledgeFor: {
        from: "Granted",
        call: (requestId) => b.requests.acknowledgeFor(requestId, ZeroHash, Acknowledgement.Opened, "0x"),
      },
      expire: { from: "Pending", call: (requestId) => b.requests.expire(requestId) },
    };
    for (const [name, { from, call }] of Object.entries(calls)) {
      for (const [state, reached] of Object.entries(reach)) {
        if (state === from) continue;
        it(`refuse ${name} in state ${state}`, async () => {
          const { requestId } = await reached();
          const expected = RequestState[state as keyof typeof RequestState]; // the keys of `reach` are states
          await expectRefusal(call(requestId), b.requests, "AccessRequestsWrongState", requestId, expected);
        });
      }
      it(`refuse ${name} where there is no request`, async () => {
        await expectRefusal(call(digest("none")), b.requests, "AccessRequestsUnknownRequest", digest("none"));
      });
    }

    it("are Pending here while the owner's chain waits for a relayer", async () => {
      const signed = await pendingRequest(world);
      await approve(world, signed.requestId);
      expect(await stateOf(signed)).to.equal(RequestState.Pending);
    });
  });
});
