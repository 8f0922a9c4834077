import type { FindingCode } from "@medexchain/audit";
import type { Lies } from "./tamper.ts";

/** What a node does to a history, and what an audit must call it. */
export interface Lie {
  readonly name: string;
  readonly on: "a" | "b";
  readonly lies: Lies;
  readonly code: FindingCode;
}
