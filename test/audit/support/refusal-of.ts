import { MedexError } from "@medexchain/core";

/** The code with which a call is refused; whatever else it throws is passed on. */
export function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (MedexError.is(error)) return error.code;
    throw error;
  }
  throw new Error("nothing was refused");
}
