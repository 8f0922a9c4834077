/** The contracts for TypeScript: ABIs as constants, types for ethers' contracts and their structs (TypeChain), and the Solidity enums. */
export * from "./generated/abis.ts";
export * from "./generated/enums.ts";
export * from "./generated/storage.ts";
export type {
  AccessGrants,
  AccessResponseStructOutput,
  GrantStructOutput,
} from "./generated/types/contracts/AccessGrants.ts";
export type { AccessLedger } from "./generated/types/contracts/AccessLedger.ts";
export type { AccessRequests, RequestStatusStructOutput } from "./generated/types/contracts/AccessRequests.ts";
export type { Equivocations } from "./generated/types/contracts/Equivocations.ts";
export type {
  HospitalRegistry,
  MemberCertificateStruct,
  MemberStructOutput,
} from "./generated/types/contracts/HospitalRegistry.ts";
export type { LedgerCheckpoints } from "./generated/types/contracts/LedgerCheckpoints.ts";
export type { LedgerProofStruct, Mailbox } from "./generated/types/contracts/Mailbox.ts";
export type { QbftClient } from "./generated/types/contracts/QbftClient.ts";
export type { RecordRegistry, RecordStructOutput } from "./generated/types/contracts/RecordRegistry.ts";
export type { RelayerSet } from "./generated/types/contracts/RelayerSet.ts";
export type { StandingConsents } from "./generated/types/contracts/StandingConsents.ts";
export type { StudyRegistry, StudyTermsStruct } from "./generated/types/contracts/StudyRegistry.ts";
export type { SuiteManager } from "./generated/types/contracts/SuiteManager.ts";
