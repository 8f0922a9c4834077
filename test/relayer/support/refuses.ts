import { type ErrorCode, MedexError } from "@medexchain/core";

/** The code with which a promise is rejected. Anything but a MedexError is thrown on; success gives undefined. */
export async function refuses(promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (MedexError.is(error)) return error.code;
    throw error;
  }
}
