/** What users of the packages rely on, as types: a change here is a breaking change, and a line in the changelog. */
import type {
  Approval,
  DataOwner,
  DataUser,
  FiledRequest,
  Hospital,
  OpenedRecord,
  PublishedRecord,
} from "@medexchain/actors";
import type { StudyStanding } from "@medexchain/actors/studies";
import type { Audit, Finding, Verdict } from "@medexchain/audit";
import type { BfvKeyPair, NumericTable, ProfileName, sumTables } from "@medexchain/bfv";
import type { BfvContext } from "@medexchain/bfv/ring";
import type { Chain, connectChain, Deployment, decisionOf, Hex32, memberIdOf } from "@medexchain/chain";
import type { Chains, readChains } from "@medexchain/config";
import type { AccessLedger, accessLedgerAbi } from "@medexchain/contracts";
import type { ARTIFACTS } from "@medexchain/contracts/artifacts";
import type { ErrorCode, MedexError } from "@medexchain/core";
import type { readJsoncFile } from "@medexchain/core/jsonc-file";
import type { DeploymentConfig, deployChains } from "@medexchain/deploy";
import type { keccak256 } from "@medexchain/evm";
import type { FhirServer, GrantedIndex, readPatient, search } from "@medexchain/fhir";
import type {
  Gateway,
  GatewayClient,
  Issuer,
  issueHere,
  linkHospital,
  startGateway,
  startHospitalService,
} from "@medexchain/gateway";
import type { ContentStore } from "@medexchain/ipfs";
import type { openCapsuleAsUser, ReverseFirewall, reEncrypt } from "@medexchain/pre";
import type { RelayerConfig, startRelayer } from "@medexchain/relayer";
import type { parseFhir, splitDocument } from "@medexchain/sfe";
import type { Question, StudyPlan, sumInputs } from "@medexchain/studies";
import type { publishMessage, TangleClient } from "@medexchain/tangle";
import type { openVault, VaultContents, VaultRole } from "@medexchain/vault";
import type { BaseWallet } from "ethers";

/** Compiles where both are the same type, neither wider than the other; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<_T extends true>(): void;

is<Same<Hex32, `0x${string}`>>();
is<Same<ReturnType<typeof memberIdOf>, Hex32>>();
is<Same<Parameters<typeof connectChain>[0], Deployment>>();
is<Same<Awaited<ReturnType<typeof connectChain>>, Chain>>();
is<Same<Chain["ledger"], AccessLedger>>();
is<Same<Deployment["chainId"], bigint>>();
is<"Granted" extends ReturnType<typeof decisionOf> ? true : false>();
is<Same<(typeof accessLedgerAbi)[number]["type"] extends string ? true : false, true>>();
is<"AccessLedger" extends keyof typeof ARTIFACTS ? true : false>();

is<Same<ReturnType<DataOwner["publish"]>, Promise<PublishedRecord>>>();
is<Same<ReturnType<DataOwner["approve"]>, Promise<Approval>>>();
is<Same<ReturnType<DataUser["request"]>, Promise<FiledRequest>>>();
is<Same<ReturnType<DataUser["open"]>, Promise<OpenedRecord>>>();
is<Same<OpenedRecord["document"], Uint8Array>>();
is<Same<ReturnType<Hospital["memberId"]>, Hex32>>();
is<Same<StudyStanding["plan"], StudyPlan>>();
is<Same<StudyPlan["study"]["question"], Question>>();
is<Same<Awaited<ReturnType<typeof sumInputs>>, Uint8Array>>();
is<Same<BfvContext["degree"], number>>();

is<Same<Parameters<typeof readPatient>[0], FhirServer>>();
is<Same<Parameters<typeof search>[0], GrantedIndex>>();

is<Same<ReturnType<Audit["verify"]>, Promise<Verdict>>>();
is<Same<Verdict["passed"], boolean>>();
is<Same<Verdict["findings"], readonly Finding[]>>();

is<Same<BfvKeyPair["secretKey"], Uint8Array>>();
is<Same<ProfileName, "compact" | "standard" | "compute">>();
is<Same<ReturnType<typeof sumTables>, Promise<NumericTable>>>();
is<Same<ReturnType<typeof readChains>, Promise<Chains>>>();
is<MedexError extends Error ? true : false>();
is<Same<MedexError["code"], ErrorCode>>();
is<Same<Parameters<typeof readJsoncFile>[1], string>>();
is<Same<Parameters<typeof deployChains>[0], DeploymentConfig>>();
is<Same<Parameters<typeof deployChains>[1], BaseWallet>>();
is<Same<ReturnType<typeof deployChains>, Promise<Chains>>>();
is<Same<ReturnType<typeof keccak256>, Uint8Array>>();
is<Same<Awaited<ReturnType<typeof startGateway>>, Gateway>>();
is<Same<Awaited<ReturnType<typeof startHospitalService>>, Gateway>>();
is<Same<ReturnType<typeof linkHospital>, Issuer>>();
is<Same<ReturnType<typeof issueHere>, Issuer>>();
is<Same<ReturnType<GatewayClient["certify"]>, Promise<string>>>();
is<Same<ReturnType<ContentStore["get"]>, Promise<Uint8Array>>>();
is<Disposable extends Pick<ReverseFirewall, typeof Symbol.dispose> ? true : false>();
is<Same<Parameters<typeof openCapsuleAsUser>[0], Uint8Array>>();
is<"c3" extends keyof Parameters<typeof reEncrypt>[0] ? true : false>();
is<Same<Parameters<typeof startRelayer>[0], RelayerConfig>>();
is<Same<Parameters<typeof splitDocument>[0], ReturnType<typeof parseFhir>>>();
is<Same<Parameters<typeof publishMessage>[0]["client"], TangleClient>>();
is<Same<VaultRole, "owner" | "doctor" | "hospital" | "firewall">>();
is<Same<ReturnType<typeof openVault>, Promise<VaultContents>>>();
