/**
 * The roles of a chain's AccessManager, and the calls that need them. `MedExChain.ts` binds each call to its role, and
 * `verify.ts` reads every binding back: a restricted function that is missing here stays with the administrator, and a test
 * says so.
 */

/** Ids in the AccessManager. Zero is its ADMIN_ROLE. */
export const ROLES = {
  administrator: 0n,
  registrar: 1n,
  relayerManager: 2n,
  laneManager: 3n,
  ledgerWriter: 4n,
} as const;
export type RoleName = keyof typeof ROLES;

/** Roles that people or multi-signature accounts hold. The deployer holds them until it hands over. */
export const ACCOUNT_ROLES = ["administrator", "registrar", "relayerManager", "laneManager"] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** Roles that a contract of the suite holds, for good. */
export const CONTRACT_ROLES = { ledgerWriter: "grants" } as const satisfies Partial<Record<RoleName, string>>;

const SET_PEER = "setPeer(uint64,address)";

/** Which role each restricted function of each contract needs. */
export const RESTRICTED = [
  {
    contract: "hospitals",
    role: "registrar",
    functions: [
      "registerHospital(bytes32,uint64,address,bytes32)",
      "suspendHospital(bytes32)",
      "reinstateHospital(bytes32)",
    ],
  },
  {
    contract: "relayers",
    role: "relayerManager",
    functions: ["addRelayer(address)", "removeRelayer(address)", "setThreshold(uint256)", "rotateSealingKey(bytes32)"],
  },
  { contract: "hospitals", role: "laneManager", functions: [SET_PEER] },
  { contract: "grants", role: "laneManager", functions: [SET_PEER] },
  { contract: "requests", role: "laneManager", functions: [SET_PEER] },
  {
    contract: "ledger",
    role: "ledgerWriter",
    functions: ["recordAccess((bytes32,bytes32,bytes32,bytes32,uint32,uint32,uint8))"],
  },
] as const satisfies readonly { contract: string; role: RoleName; functions: readonly string[] }[];

/** Each contract that has a lane, with the contract on the other chain that it believes. */
export const LANES = { hospitals: "hospitals", grants: "requests", requests: "grants" } as const;
