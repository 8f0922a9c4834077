import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import {
  anchorRecord,
  carryRequest,
  fileRequest,
  HOSPITAL_B,
  loadWorld,
  nextBlockAt,
  now,
  type SignedRequest,
  signRequest,
  type World,
} from "./support/world.ts";

const HOUR = 3_600n;

describe("the rate of requests", () => {
  let world: World;

  beforeEach(async () => {
    world = await loadWorld();
    await anchorRecord(world);
  });

  const sides = [
    { name: "AccessRequests", chain: "b", on: "requests", take: fileRequest },
    { name: "AccessGrants", chain: "a", on: "grants", take: carryRequest },
  ] as const;

  for (const { name, chain: side, on, take } of sides) {
    describe(`on ${name}`, () => {
      let chain: Chain;
      const startOfNextHour = async () => ((await now(chain)) / HOUR + 1n) * HOUR;
      const signed = async (signer: "doctor" | "colleague" = "doctor"): Promise<SignedRequest> =>
        signRequest(world, {}, signer);
      const exceeded = async (request: SignedRequest, limit: bigint) =>
        expectRefusal(take(world, request), chain[on], "RequestRateExceeded", HOSPITAL_B, limit);

      beforeEach(async () => {
        chain = world[side];
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 2n);
        await nextBlockAt(chain, await startOfNextHour());
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 2n);
      });

      it("is so many in an hour for all members of a hospital together", async () => {
        await take(world, await signed());
        await take(world, await signed("colleague"));
        expect(await chain[on].requestsThisHour(HOSPITAL_B)).to.equal(2n);
        await exceeded(await signed(), 2n);
        await exceeded(await signed("colleague"), 2n);
      });

      it("starts anew with the clock hour, at its first second", async () => {
        const requests = [await signed(), await signed(), await signed(), await signed()] as const;
        await take(world, requests[0]);
        await take(world, requests[1]);
        const next = await startOfNextHour();
        await nextBlockAt(chain, next - 1n);
        await exceeded(requests[2], 2n);
        await nextBlockAt(chain, next);
        await take(world, requests[2]);
        expect(await chain[on].requestsThisHour(HOSPITAL_B)).to.equal(1n);
      });

      it("is counted only for what is taken", async () => {
        const forged = { ...(await signed()), signature: (await signed()).signature };
        await expect(take(world, forged)).to.be.revertedWithCustomError(chain[on], `${name}InvalidSignature`);
        expect(await chain[on].requestsThisHour(HOSPITAL_B)).to.equal(0n);
      });

      it("is none under a limit of zero, and follows the limit as it is set", async () => {
        const request = await signed();
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 0n);
        await exceeded(request, 0n);
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 1n);
        await take(world, request);
        await exceeded(await signed(), 1n);
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 3n);
        await take(world, await signed());
      });
    });
  }
});
