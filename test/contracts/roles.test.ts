import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest } from "./support/messages.ts";
import { HOSPITAL_A, loadWorld } from "./support/world.ts";

/** The roles of deploy/MedExChain.ts. */
const ROLES = {
  registrar: 1n,
  relayerManager: 2n,
  laneManager: 3n,
  guardian: 4n,
  policy: 5n,
  equivocations: 6n,
} as const;
type Caller = Chain["actors"]["stranger"];

const RESTRICTED: {
  name: string;
  role: bigint;
  on: "hospitals" | "relayers" | "mailbox" | "grants" | "requests" | "checkpoints";
  call: Call;
}[] = [
  {
    name: "HospitalRegistry.registerHospital",
    role: ROLES.registrar,
    on: "hospitals",
    call: ({ hospitals, chainId }, as) =>
      hospitals.connect(as).registerHospital(digest("Hospital C"), chainId, as.address, ZeroHash, 1n),
  },
  {
    name: "HospitalRegistry.suspendHospital",
    role: ROLES.registrar,
    on: "hospitals",
    call: ({ hospitals }, as) => hospitals.connect(as).suspendHospital(HOSPITAL_A),
  },
  {
    name: "HospitalRegistry.reinstateHospital",
    role: ROLES.registrar,
    on: "hospitals",
    call: ({ hospitals }, as) => hospitals.connect(as).reinstateHospital(HOSPITAL_A),
  },
  {
    name: "HospitalRegistry.setPeer",
    role: ROLES.laneManager,
    on: "hospitals",
    call: ({ hospitals }, as) => hospitals.connect(as).setPeer(7n, as.address),
  },
  {
    name: "AccessGrants.setPeer",
    role: ROLES.laneManager,
    on: "grants",
    call: ({ grants }, as) => grants.connect(as).setPeer(7n, as.address),
  },
  {
    name: "AccessRequests.setPeer",
    role: ROLES.laneManager,
    on: "requests",
    call: ({ requests }, as) => requests.connect(as).setPeer(7n, as.address),
  },
  {
    name: "LedgerCheckpoints.setPeer",
    role: ROLES.laneManager,
    on: "checkpoints",
    call: ({ checkpoints }, as) => checkpoints.connect(as).setPeer(7n, as.address),
  },
  {
    name: "Mailbox.setPeer",
    role: ROLES.laneManager,
    on: "mailbox",
    call: ({ mailbox }, as) => mailbox.connect(as).setPeer(7n, as.address),
  },
  {
    name: "Mailbox.setPolicy",
    role: ROLES.laneManager,
    on: "mailbox",
    call: ({ mailbox }, as) => mailbox.connect(as).setPolicy(7n, 0n),
  },
  {
    name: "Mailbox.setClient",
    role: ROLES.laneManager,
    on: "mailbox",
    call: ({ mailbox }, as) => mailbox.connect(as).setClient(7n, ZeroAddress),
  },
  {
    name: "HospitalRegistry.setMaxRequestsPerHour",
    role: ROLES.registrar,
    on: "hospitals",
    call: ({ hospitals }, as) => hospitals.connect(as).setMaxRequestsPerHour(HOSPITAL_A, 9n),
  },
  {
    name: "HospitalRegistry.replaceOperator",
    role: ROLES.registrar,
    on: "hospitals",
    call: ({ hospitals }, as) => hospitals.connect(as).replaceOperator(HOSPITAL_A, as.address),
  },
  ...(["hospitals", "mailbox", "grants", "requests", "checkpoints"] as const).flatMap((on) => [
    {
      name: `pauseLane of ${on}`,
      role: ROLES.laneManager,
      on,
      call: (chain: Chain, as: Caller) => chain[on].connect(as).pauseLane(7n),
    },
    {
      name: `resumeLane of ${on}`,
      role: ROLES.laneManager,
      on,
      call: (chain: Chain, as: Caller) => chain[on].connect(as).resumeLane(7n),
    },
  ]),
  {
    name: "RelayerSet.addRelayer",
    role: ROLES.relayerManager,
    on: "relayers",
    call: ({ relayers }, as) => relayers.connect(as).addRelayer(as.address),
  },
  {
    name: "RelayerSet.removeRelayer",
    role: ROLES.relayerManager,
    on: "relayers",
    call: ({ relayers, actors }, as) => relayers.connect(as).removeRelayer(actors.relayer1),
  },
  {
    name: "RelayerSet.setThreshold",
    role: ROLES.relayerManager,
    on: "relayers",
    call: ({ relayers }, as) => relayers.connect(as).setThreshold(1n),
  },
  {
    name: "RelayerSet.setMinThreshold",
    role: 0n, // the administrator's
    on: "relayers",
    call: ({ relayers }, as) => relayers.connect(as).setMinThreshold(2n),
  },
  {
    name: "RelayerSet.suspendRelayer",
    role: ROLES.equivocations,
    on: "relayers",
    call: ({ relayers, actors }, as) => relayers.connect(as).suspendRelayer(actors.relayer1, digest("evidence")),
  },
  {
    name: "RelayerSet.rotateSealingKey",
    role: ROLES.relayerManager,
    on: "relayers",
    call: ({ relayers }, as) => relayers.connect(as).rotateSealingKey(digest("key")),
  },
];
type Call = (chain: Chain, as: Caller) => Promise<unknown>;

describe("roles", () => {
  let a: Chain;

  beforeEach(async () => {
    ({ a } = await loadWorld());
  });

  for (const { name, role, on, call } of RESTRICTED) {
    it(`${name} is refused to whoever lacks its role, and to holders of every other role`, async () => {
      const { operatorA, patient, relayer1, stranger } = a.actors;
      for (const other of Object.values(ROLES)) {
        if (other !== role) await a.manager.grantRole(other, stranger, 0n);
      }
      for (const caller of [operatorA, patient, relayer1, stranger]) {
        await expectRefusal(call(a, caller), a[on], "AccessManagedUnauthorized", caller.address);
      }
    });

    it(`${name} is open to whoever is given its role, until it is taken`, async () => {
      const { stranger } = a.actors;
      await a.manager.grantRole(role, stranger, 0n);
      await call(a, stranger);
      await a.manager.revokeRole(role, stranger);
      await expectRefusal(call(a, stranger), a[on], "AccessManagedUnauthorized", stranger.address);
    });
  }

  const ofTheSuite = [
    { name: "stop", role: ROLES.guardian, call: ({ manager }: Chain, as: Caller) => manager.connect(as).stop() },
    {
      name: "confirmStop",
      role: ROLES.laneManager,
      call: ({ manager }: Chain, as: Caller) => manager.connect(as).confirmStop(),
    },
    { name: "resume", role: ROLES.laneManager, call: ({ manager }: Chain, as: Caller) => manager.connect(as).resume() },
  ] as const;
  for (const { name, role, call } of ofTheSuite) {
    it(`SuiteManager.${name} is its role's alone`, async () => {
      const { operatorA, patient, relayer1, stranger } = a.actors;
      for (const other of Object.values(ROLES)) {
        if (other !== role) await a.manager.grantRole(other, stranger, 0n);
      }
      for (const caller of [operatorA, patient, relayer1, stranger]) {
        await expectRefusal(call(a, caller), a.manager, "AccessManagerUnauthorizedAccount", caller.address, role);
      }
      await a.manager.grantRole(role, stranger, 0n);
      await call(a, stranger);
      await a.manager.revokeRole(role, stranger);
      await expectRefusal(call(a, stranger), a.manager, "AccessManagerUnauthorizedAccount", stranger.address, role);
    });
  }

  it("are given by the administrator alone", async () => {
    const { operatorA, stranger } = a.actors;
    const attempt = a.manager.connect(operatorA).grantRole(ROLES.registrar, stranger, 0n);
    await expectRefusal(attempt, a.manager, "AccessManagerUnauthorizedAccount", operatorA.address, 0n);
  });

  it("are all the administrator's after the deployment, but none of them opens the ledger", async () => {
    const { administrator } = a.actors;
    for (const [name, role] of Object.entries(ROLES)) {
      // Those that no person holds.
      const holder = { equivocations: a.equivocations, policy: a.consents }[name] ?? administrator;
      expect((await a.manager.hasRole(role, holder)).isMember).to.equal(true);
    }
    expect((await a.manager.hasRole(ROLES.equivocations, administrator)).isMember).to.equal(false);
    expect(await a.ledger.WRITER()).to.equal(await a.grants.getAddress());
    expect(await a.grants.LEDGER()).to.equal(await a.ledger.getAddress());
  });
});

describe("lanes", () => {
  it("are set, changed and closed, once per change, and closed where they were never set", async () => {
    const { a } = await loadWorld();
    const peer = a.actors.stranger.address;
    for (const contract of [a.hospitals, a.grants, a.requests, a.checkpoints]) {
      expect(await contract.peerOf(7n)).to.equal(ZeroAddress);
      await expect(contract.setPeer(7n, peer)).to.emit(contract, "PeerSet").withArgs(7n, peer);
      expect(await contract.peerOf(7n)).to.equal(peer);
      await expect(contract.setPeer(7n, peer)).not.to.emit(contract, "PeerSet");
      await expect(contract.setPeer(7n, ZeroAddress)).to.emit(contract, "PeerSet").withArgs(7n, ZeroAddress);
      expect(await contract.peerOf(7n)).to.equal(ZeroAddress);
    }
  });

  it("join each contract to the one that it speaks with on the other chain", async () => {
    const { a, b } = await loadWorld();
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(await here.hospitals.peerOf(there.chainId)).to.equal(await there.hospitals.getAddress());
      expect(await here.grants.peerOf(there.chainId)).to.equal(await there.requests.getAddress());
      expect(await here.requests.peerOf(there.chainId)).to.equal(await there.grants.getAddress());
      expect(await here.checkpoints.peerOf(there.chainId)).to.equal(await there.ledger.getAddress());
    }
  });
});
