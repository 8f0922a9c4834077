/** The schema of each command's JSON, by its name: docs/schemas/ is written from it (`npm run schemas`). */
import type { z } from "zod";
import {
  accessAckOutput,
  accessApproveOutput,
  accessDenyOutput,
  accessListOutput,
  accessOpenOutput,
  accessRequestOutput,
  accessResealOutput,
  accessWithdrawOutput,
} from "./access/outputs.ts";
import { appOutput } from "./app/outputs.ts";
import {
  auditExportOutput,
  auditMineOutput,
  auditReceiptVerifyOutput,
  auditReceiptWriteOutput,
  auditReplayLine,
  auditVerifyOutput,
  auditWitnessCreateOutput,
  auditWitnessSignOutput,
  auditWitnessVerifyOutput,
} from "./audit/outputs.ts";
import { checkOutput } from "./check/outputs.ts";
import { contactsAddOutput, contactsListOutput, contactsRemoveOutput } from "./contacts/outputs.ts";
import { deployOutput } from "./deploy/outputs.ts";
import { devnetDownOutput, devnetFundOutput, devnetStatusOutput, devnetUpOutput } from "./devnet/outputs.ts";
import { firewallInitOutput, firewallServeOutput, firewallSplitOutput } from "./firewall/outputs.ts";
import {
  hospitalAddOutput,
  hospitalInitOutput,
  hospitalLimitOutput,
  hospitalMemberLimitOutput,
  hospitalPairOutput,
  hospitalParametersOutput,
  hospitalRegisterOutput,
  hospitalServeOutput,
  hospitalStandingOutput,
} from "./hospital/outputs.ts";
import {
  keysBackupOutput,
  keysCreateOutput,
  keysListOutput,
  keysPasswdOutput,
  keysRestoreOutput,
} from "./keys/outputs.ts";
import {
  memberEnrolOutput,
  memberImportOutput,
  memberJoinOutput,
  memberShowOutput,
  memberStandingOutput,
} from "./member/outputs.ts";
import {
  recordChangeOutput,
  recordListOutput,
  recordNameOutput,
  recordPreviewOutput,
  recordPublishOutput,
  recordRekeyOutput,
  recordShowOutput,
} from "./record/outputs.ts";
import { relayerJobsOutput, relayerLaneOutput, relayerOutcomesOutput, relayerStatusOutput } from "./relayer/outputs.ts";

export const JSON_OUTPUTS: Readonly<Record<string, z.ZodType>> = {
  "access ack": accessAckOutput,
  "access approve": accessApproveOutput,
  "access deny": accessDenyOutput,
  "access withdraw": accessWithdrawOutput,
  "access list": accessListOutput,
  "access open": accessOpenOutput,
  "access request": accessRequestOutput,
  "access reseal": accessResealOutput,
  app: appOutput,
  "audit export": auditExportOutput,
  "audit mine": auditMineOutput,
  "audit receipt verify": auditReceiptVerifyOutput,
  "audit receipt write": auditReceiptWriteOutput,
  "audit replay": auditReplayLine,
  "audit verify": auditVerifyOutput,
  "audit witness create": auditWitnessCreateOutput,
  "audit witness sign": auditWitnessSignOutput,
  "audit witness verify": auditWitnessVerifyOutput,
  check: checkOutput,
  "contacts add": contactsAddOutput,
  "contacts list": contactsListOutput,
  "contacts remove": contactsRemoveOutput,
  deploy: deployOutput,
  "devnet down": devnetDownOutput,
  "devnet fund": devnetFundOutput,
  "devnet status": devnetStatusOutput,
  "devnet up": devnetUpOutput,
  "firewall init": firewallInitOutput,
  "firewall serve": firewallServeOutput,
  "firewall split": firewallSplitOutput,
  "hospital add": hospitalAddOutput,
  "hospital init": hospitalInitOutput,
  "hospital limit": hospitalLimitOutput,
  "hospital member-limit": hospitalMemberLimitOutput,
  "hospital pair": hospitalPairOutput,
  "hospital register": hospitalRegisterOutput,
  "hospital reinstate": hospitalStandingOutput,
  "hospital parameters": hospitalParametersOutput,
  "hospital serve": hospitalServeOutput,
  "hospital suspend": hospitalStandingOutput,
  "keys backup": keysBackupOutput,
  "keys create": keysCreateOutput,
  "keys list": keysListOutput,
  "keys passwd": keysPasswdOutput,
  "keys restore": keysRestoreOutput,
  "member enrol": memberEnrolOutput,
  "member import": memberImportOutput,
  "member join": memberJoinOutput,
  "member reinstate": memberStandingOutput,
  "member show": memberShowOutput,
  "member suspend": memberStandingOutput,
  "record limit": recordChangeOutput,
  "record list": recordListOutput,
  "record name": recordNameOutput,
  "record preview": recordPreviewOutput,
  "record publish": recordPublishOutput,
  "record revoke": recordChangeOutput,
  "record rekey": recordRekeyOutput,
  "record show": recordShowOutput,
  "relayer jobs": relayerJobsOutput,
  "relayer park": relayerOutcomesOutput,
  "relayer pause": relayerLaneOutput,
  "relayer resume": relayerLaneOutput,
  "relayer retry": relayerOutcomesOutput,
  "relayer status": relayerStatusOutput,
};

/** What prints no JSON of its own: a story for people, and a service whose log is JSON lines whatever is asked. */
export const WITHOUT_JSON: ReadonlySet<string> = new Set(["demo", "relayer start"]);
