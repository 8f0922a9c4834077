import { expect } from "chai";
import type { Chain } from "./support/chain.ts";
import { digest } from "./support/messages.ts";
import {
  anotherRequest,
  approve,
  attestReEncryption,
  authorizedRequest,
  HOSPITAL_A,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  reseal,
  type World,
} from "./support/world.ts";

// Whoever looks up a request's events reads them from the blocks that its state names.
describe("AccessGrants: the blocks and seconds of a request", () => {
  let world: World;
  let a: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a } = world);
  });

  const block = async () => BigInt(await a.ethers.provider.getBlockNumber());
  const marks = async (requestId: string) => {
    const { deliveredAt, updatedAt, decidedAt } = await a.grants.grant(requestId);
    return { deliveredAt, updatedAt, decidedAt };
  };

  it("are those of the delivery alone while it waits for its owner", async () => {
    const { requestId } = await pendingRequest(world);
    expect(await marks(requestId)).to.deep.equal({ deliveredAt: await block(), updatedAt: 0n, decidedAt: 0n });
  });

  it("tell of the approval, or of its latest sealing, while it waits for a relayer, and of its end once it has one", async () => {
    const { requestId } = await pendingRequest(world);
    const deliveredAt = await block();
    await a.ethers.provider.send("hardhat_mine", ["0x3"]);
    await approve(world, requestId);
    expect(await marks(requestId)).to.deep.equal({ deliveredAt, updatedAt: await block(), decidedAt: 0n });
    await a.relayers.addRelayer(a.actors.stranger);
    await reseal(world, requestId);
    expect(await marks(requestId)).to.deep.equal({ deliveredAt, updatedAt: await block(), decidedAt: 0n });
    await a.ethers.provider.send("hardhat_mine", ["0x2"]);
    const attestations = await attestReEncryption(world, requestId, ["relayer2"], digest("sealed anew"));
    await a.grants.connect(a.actors.relayer1).submitReEncryption(requestId, attestations);
    expect(await marks(requestId)).to.deep.equal({ deliveredAt, updatedAt: await block(), decidedAt: await now(a) });
  });

  it("tell of its end when it is denied, refused or expired", async () => {
    const approved = await authorizedRequest(world);
    const [denied, refused] = [await anotherRequest(world), await anotherRequest(world)];
    const ends: [string, () => Promise<unknown>][] = [
      [denied.requestId, () => a.grants.connect(a.actors.patient).deny(denied.requestId)],
      [
        refused.requestId,
        async () => {
          await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, 0n);
          await approve(world, refused.requestId);
        },
      ],
      [
        approved.requestId,
        async () => {
          await nextBlockAt(a, approved.request.expiry);
          await a.grants.expire(approved.requestId);
        },
      ],
    ];
    for (const [requestId, end] of ends) {
      const { deliveredAt } = await marks(requestId);
      await end();
      expect(await marks(requestId)).to.deep.equal({ deliveredAt, updatedAt: await block(), decidedAt: await now(a) });
    }
  });
});
