/** The JSON of every command, by its name, for docs/schemas. A command writes through the same schema. */
import type { z } from "zod";
import * as access from "./access/results.ts";
import * as audit from "./audit/results.ts";
import { checkResult } from "./check/results.ts";
import { deployResult } from "./deploy/results.ts";
import * as devnet from "./devnet/results.ts";
import * as hospital from "./hospital/results.ts";
import * as keys from "./keys/results.ts";
import * as member from "./member/results.ts";
import * as record from "./record/results.ts";
import * as relayer from "./relayer/results.ts";

export const RESULTS: Readonly<Record<string, z.ZodType>> = {
  "access ack": access.ackResult,
  "access approve": access.approveResult,
  "access deny": access.denyResult,
  "access list": access.listResult,
  "access open": access.openResult,
  "access request": access.requestResult,
  "audit export": audit.exportResult,
  "audit mine": audit.mineResult,
  "audit replay": audit.replayLine,
  "audit verify": audit.verifyResult,
  check: checkResult,
  deploy: deployResult,
  "devnet down": devnet.downResult,
  "devnet fund": devnet.fundResult,
  "devnet status": devnet.statusResult,
  "devnet up": devnet.upResult,
  "hospital add": hospital.addResult,
  "hospital init": hospital.initResult,
  "hospital limit": hospital.limitResult,
  "hospital register": hospital.registerResult,
  "hospital reinstate": hospital.reinstateResult,
  "hospital serve": hospital.serveResult,
  "hospital suspend": hospital.suspendResult,
  "keys backup": keys.backupResult,
  "keys create": keys.createResult,
  "keys list": keys.listResult,
  "keys passwd": keys.passwdResult,
  "keys restore": keys.restoreResult,
  "member enrol": member.enrolResult,
  "member import": member.importResult,
  "member join": member.joinResult,
  "member reinstate": member.standingResult,
  "member show": member.showResult,
  "member suspend": member.standingResult,
  "record limit": record.changeResult,
  "record list": record.listResult,
  "record publish": record.publishResult,
  "record revoke": record.changeResult,
  "record show": record.showResult,
  "relayer jobs": relayer.jobsResult,
  "relayer park": relayer.outcomesResult,
  "relayer pause": relayer.laneResult,
  "relayer resume": relayer.laneResult,
  "relayer retry": relayer.outcomesResult,
  "relayer status": relayer.statusResult,
};

/** Commands that print no JSON: a story for people, and a process whose output is its log. */
export const WITHOUT_RESULT = ["demo", "relayer start"];
