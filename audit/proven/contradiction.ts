import type { FindingCode } from "../finding.ts";

/** What a node tells that is not what validators sealed, at a block. */
export interface Contradiction {
  readonly code: FindingCode;
  readonly block: number;
  readonly message: string;
  readonly expected: string;
  readonly found: string;
}
