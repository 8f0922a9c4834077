import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest } from "./support/messages.ts";
import {
  anchorRecord,
  carryRequest,
  DOCTOR,
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
      const limit = async (perHour: bigint, perMember: bigint) => {
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, perHour);
        await chain.hospitals.connect(chain.actors.operatorB).setMaxRequestsPerMember(HOSPITAL_B, perMember);
      };
      const exceeded = async (request: SignedRequest, perHour: bigint) =>
        expectRefusal(take(world, request), chain[on], "RequestRateExceeded", HOSPITAL_B, perHour);
      const memberExceeded = async (request: SignedRequest, perMember: bigint) =>
        expectRefusal(take(world, request), chain[on], "RequestRateMemberExceeded", DOCTOR, perMember);

      beforeEach(async () => {
        chain = world[side];
        await limit(2n, 2n);
        await nextBlockAt(chain, await startOfNextHour());
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 3n);
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 2n);
      });

      it("is so many in an hour for all members of a hospital together", async () => {
        await take(world, await signed());
        await take(world, await signed("colleague"));
        expect(await chain[on].recentRequests(HOSPITAL_B)).to.equal(2n);
        await exceeded(await signed(), 2n);
        await exceeded(await signed("colleague"), 2n);
      });

      it("leaves half of the hospital's to others, where the operator has set no limit for one member", async () => {
        await limit(5n, 0n);
        for (let taken = 0; taken < 3; taken++) await take(world, await signed());
        await memberExceeded(await signed(), 3n);
        for (let taken = 0; taken < 2; taken++) await take(world, await signed("colleague"));
        await exceeded(await signed("colleague"), 5n);
        expect(await chain[on].recentRequestsOf(DOCTOR)).to.equal(3n);
      });

      it("is so many for one member as the operator has set", async () => {
        await limit(5n, 1n);
        await take(world, await signed());
        await memberExceeded(await signed(), 1n);
        await take(world, await signed("colleague"));
      });

      it("takes no second burst just after the full hour, and makes room as the last hour slides on", async () => {
        await limit(4n, 4n);
        const requests = await Promise.all([1, 2, 3, 4, 5, 6].map(() => signed()));
        const [first, second, third, fourth, fifth, sixth] = requests as [SignedRequest, ...SignedRequest[]];
        const next = await startOfNextHour();
        await nextBlockAt(chain, next - 4n);
        for (const request of [first, second!, third!, fourth!]) await take(world, request);
        await nextBlockAt(chain, next);
        await exceeded(fifth!, 4n);
        // A quarter of the last hour's four has slid out.
        await nextBlockAt(chain, next + 899n);
        await exceeded(fifth!, 4n);
        await nextBlockAt(chain, next + 900n);
        await take(world, fifth!);
        await exceeded(sixth!, 4n);
        await nextBlockAt(chain, next + 1_800n);
        await take(world, sixth!);
        await nextBlockAt(chain, next + HOUR);
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 5n);
        expect(await chain[on].recentRequests(HOSPITAL_B)).to.equal(2n);
        await nextBlockAt(chain, next + 2n * HOUR);
        await chain.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 4n);
        expect(await chain[on].recentRequests(HOSPITAL_B)).to.equal(0n);
      });

      it("is counted only for what is taken", async () => {
        const forged = { ...(await signed()), signature: (await signed()).signature };
        await expect(take(world, forged)).to.be.revertedWithCustomError(chain[on], `${name}InvalidSignature`);
        expect(await chain[on].recentRequests(HOSPITAL_B)).to.equal(0n);
        expect(await chain[on].recentRequestsOf(DOCTOR)).to.equal(0n);
      });

      it("is none under a limit of zero, and follows the limit as it is set", async () => {
        const request = await signed();
        await limit(0n, 9n);
        await exceeded(request, 0n);
        await limit(1n, 9n);
        await take(world, request);
        await exceeded(await signed(), 1n);
        await limit(3n, 9n);
        await take(world, await signed());
      });
    });
  }

  it("lets no doctor use up a hospital's hour on A with requests that B never saw", async () => {
    const { a } = world;
    await a.hospitals.setMaxRequestsPerHour(HOSPITAL_B, 5n);
    const unknown = () => signRequest(world, { recordId: digest("unknown") });
    for (let taken = 0; taken < 3; taken++) await carryRequest(world, await unknown());
    await expectRefusal(carryRequest(world, await unknown()), a.grants, "RequestRateMemberExceeded", DOCTOR, 3n);
    await carryRequest(world, await signRequest(world, {}, "colleague"));
    expect(await a.ledger.length()).to.equal(0n);
  });
});
