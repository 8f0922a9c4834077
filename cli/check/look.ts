import { MedexError } from "@medexchain/core";
import { type Patience, patiently } from "./patience.ts";

/** One thing that was checked. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** It is well, and took long to answer. */
  readonly slow: boolean;
  /** What was found; with what to do, when it is wrong. */
  readonly detail: string;
}

/** Runs a check: what it returns is well, what it throws is wrong. */
export async function look(what: string, check: () => Promise<string>, patience?: Patience): Promise<Finding> {
  try {
    return { what, ok: true, ...(await patiently(check, patience)) };
  } catch (error) {
    const detail = MedexError.is(error)
      ? `${error.message} [${error.code}]`
      : "the check itself failed; please report it";
    return { what, ok: false, slow: false, detail };
  }
}
