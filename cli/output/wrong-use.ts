import { type ErrorCode, MedexError } from "@medexchain/core";

/** The command was called in a way that can never work: an option is missing, or contradicts another. Exit code 2. */
export class WrongUse extends MedexError {
  /** @param message what is wrong, and how to call it */
  constructor(message: string, code: ErrorCode = "INPUT_INVALID") {
    super(code, message);
  }
}
