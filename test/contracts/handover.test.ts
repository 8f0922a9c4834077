import { expect } from "chai";
import Handover from "../../deploy/Handover.ts";
import { ROLES } from "../../deploy/MedExChain.ts";
import { deployChain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { HOSPITAL_A } from "./support/world.ts";

describe("the handover", () => {
  const ADMIN = 0n;
  const DELAY = 86_400n;

  it("leaves no role with the deployer, and gives each to its account with the delay that was asked for", async () => {
    const chain = await deployChain("chainA");
    const { manager, actors, ignition } = chain;
    const { administrator: deployer, stranger: owner, operatorA: guardian } = actors;
    await ignition.deploy(Handover, {
      parameters: {
        Handover: {
          manager: await manager.getAddress(),
          owner: owner.address,
          guardian: guardian.address,
          delay: Number(DELAY),
        },
      },
    });
    for (const role of [ADMIN, ...Object.values(ROLES)]) {
      expect((await manager.hasRole(role, deployer)).isMember).to.equal(false);
    }
    expect(await manager.hasRole(ADMIN, owner)).to.deep.equal([true, DELAY]);
    expect(await manager.hasRole(ROLES.registrar, owner)).to.deep.equal([true, DELAY]);
    expect(await manager.hasRole(ROLES.guardian, guardian)).to.deep.equal([true, 0n]);

    const { hospitals } = chain;
    const attempt = hospitals.suspendHospital(HOSPITAL_A);
    await expectRefusal(attempt, hospitals, "AccessManagedUnauthorized", deployer.address);
    await hospitals.connect(guardian).pauseLane(7n);
    expect(await hospitals.isPaused(7n)).to.equal(true);
  });

  it("makes an act of the owner wait: announced, and carried out when the delay is over", async () => {
    const chain = await deployChain("chainA");
    const { manager, hospitals, actors, ignition, time } = chain;
    const { stranger: owner } = actors;
    await ignition.deploy(Handover, {
      parameters: {
        Handover: {
          manager: await manager.getAddress(),
          owner: owner.address,
          guardian: owner.address,
          delay: Number(DELAY),
        },
      },
    });
    const target = await hospitals.getAddress();
    const act = hospitals.interface.encodeFunctionData("setPeer", [7n, owner.address]);
    const asOwner = manager.connect(owner);
    await expect(hospitals.connect(owner).setPeer(7n, owner.address)).to.be.revertedWithCustomError(
      manager,
      "AccessManagerNotScheduled",
    );
    await asOwner.schedule(target, act, 0n);
    await expect(asOwner.execute(target, act)).to.be.revertedWithCustomError(manager, "AccessManagerNotReady");
    await time.increase(DELAY);
    await asOwner.execute(target, act);
    expect(await hospitals.peerOf(7n)).to.equal(owner.address);
  });
});
