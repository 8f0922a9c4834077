import { MedexError } from "@medexchain/core";

/** One thing that was checked. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found; with what to do, when it is wrong. */
  readonly detail: string;
}

/** Runs a check: what it returns is well, what it throws is wrong. */
export async function look(what: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, detail: await check() };
  } catch (error) {
    const detail = MedexError.is(error)
      ? `${error.message} [${error.code}]`
      : "the check itself failed; please report it";
    return { what, ok: false, detail };
  }
}
