/** The contracts for TypeScript: ABIs as constants, types for ethers' contracts and their structs (TypeChain), and the Solidity enums. */
export * from "./generated/abis.ts";
export * from "./generated/enums.ts";
export type {
  AccessResponseStructOutput,
  GrantStructOutput,
} from "./generated/types/contracts/AccessGrants.ts";
export type { RequestStatusStructOutput } from "./generated/types/contracts/AccessRequests.ts";
export type { MemberCertificateStruct, MemberStructOutput } from "./generated/types/contracts/HospitalRegistry.ts";
export type { RecordStructOutput } from "./generated/types/contracts/RecordRegistry.ts";
export type {
  AccessGrants,
  AccessLedger,
  AccessManager,
  AccessRequests,
  HospitalRegistry,
  LedgerCheckpoints,
  RecordRegistry,
  RelayerSet,
} from "./generated/types/index.ts";
