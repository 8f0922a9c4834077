import type { FindingCode } from "../finding.ts";

/** What errors of the two clients mean. Everything else means that the check was not done. */
export const MEANING: Readonly<Partial<Record<string, FindingCode>>> = {
  CONTENT_NOT_FOUND: "CONTENT_MISSING",
  CONTENT_MISMATCH: "CONTENT_ALTERED",
  CONTENT_INVALID: "CONTENT_INVALID",
  FRAGMENT_INVALID: "CONTENT_INVALID",
  TANGLE_BLOCK_NOT_FOUND: "TANGLE_BLOCK_MISSING",
  TANGLE_BLOCK_MISMATCH: "TANGLE_BLOCK_ALTERED",
  TANGLE_BLOCK_INVALID: "TANGLE_BLOCK_ALTERED",
};
