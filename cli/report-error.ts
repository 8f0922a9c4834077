import { MedexError } from "../offchain/errors.ts";

/**
 * Tells a person on standard error what went wrong, in one line for everything that is foreseen.
 *
 * @returns the exit code: 1 for what was foreseen, 70 (EX_SOFTWARE) for a fault of ours, whose stack is shown
 */
export function reportError(error: unknown): number {
  if (error instanceof MedexError) {
    console.error(`medex: ${error.message} [${error.code}]`);
    return 1;
  }
  console.error(error);
  return 70;
}
