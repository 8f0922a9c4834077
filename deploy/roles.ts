/**
 * The roles of a chain's SuiteManager, and the calls that need them. `MedExChain.ts` binds each call to its role, and
 * `verify.ts` reads every binding back: a restricted function that is missing here stays with the administrator, and a test
 * says so.
 */

/** Ids in the SuiteManager. Zero is its ADMIN_ROLE. */
export const ROLES = {
  administrator: 0n,
  registrar: 1n,
  relayerManager: 2n,
  laneManager: 3n,
  guardian: 4n,
  policy: 5n,
  /** The contract of that name, and nobody else. */
  equivocations: 6n,
} as const;
export type RoleName = keyof typeof ROLES;

/**
 * Roles that people or multi-signature accounts hold. The deployer holds them until it hands over. The policy role is not among them: only
 * `StandingConsents` and the policy contracts of the parameters hold it.
 */
export const ACCOUNT_ROLES = ["administrator", "registrar", "relayerManager", "laneManager", "guardian"] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** How a lane is managed, on each contract that has lanes. */
const LANE_CALLS = ["setPeer(uint64,address)", "pauseLane(uint64)", "resumeLane(uint64)"] as const;

/** How a lane's proofs are managed. */
const PROOF_CALLS = ["setPolicy(uint64,uint8)", "setClient(uint64,address)"] as const;

/** Which role each restricted function of each contract needs. */
export const RESTRICTED = [
  {
    contract: "hospitals",
    role: "registrar",
    functions: [
      "registerHospital(bytes32,uint64,address,bytes32,uint32)",
      "setMaxRequestsPerHour(bytes32,uint32)",
      "replaceOperator(bytes32,address)",
      "suspendHospital(bytes32)",
      "reinstateHospital(bytes32)",
    ],
  },
  {
    contract: "relayers",
    role: "relayerManager",
    functions: [
      "addRelayer(address)",
      "removeRelayer(address)",
      "setThreshold(uint256)",
      "rotateSealingKey(bytes32)",
      "setAggregates(bool)",
    ],
  },
  { contract: "relayers", role: "administrator", functions: ["setMinThreshold(uint256)"] },
  { contract: "relayers", role: "equivocations", functions: ["suspendRelayer(address,bytes32)"] },
  { contract: "hospitals", role: "laneManager", functions: LANE_CALLS },
  { contract: "grants", role: "laneManager", functions: LANE_CALLS },
  { contract: "requests", role: "laneManager", functions: LANE_CALLS },
  { contract: "checkpoints", role: "laneManager", functions: LANE_CALLS },
  { contract: "mailbox", role: "laneManager", functions: [...LANE_CALLS, ...PROOF_CALLS] },
  { contract: "grants", role: "policy", functions: ["authorizeByPolicy(bytes32,bytes32,bytes32,uint64)"] },
  { contract: "manager", role: "administrator", functions: ["seal()"] },
  { contract: "manager", role: "laneManager", functions: ["confirmStop()", "resume()"] },
  { contract: "manager", role: "guardian", functions: ["stop()"] },
] as const satisfies readonly { contract: string; role: RoleName; functions: readonly string[] }[];

/** Each contract that has a lane, with the contract on the other chain that it believes. */
export const LANES = {
  hospitals: "hospitals",
  mailbox: "mailbox",
  grants: "requests",
  requests: "grants",
  checkpoints: "ledger",
} as const;
