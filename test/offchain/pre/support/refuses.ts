/** Assertions on error codes. */

import { type ErrorCode, MedexError } from "@medexchain/core";
import { expect } from "chai";

/** The call throws a MedexError of this code; its message, when `mentions` is given, names the field. `what` tells one case of many. */
export function refuses(call: () => unknown, code: ErrorCode, mentions?: string, what = ""): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    check(error, code, mentions);
    return;
  }
  expect.fail(`expected ${code}, returned ${typeof result}${what && `: ${what}`}`);
}

/** The same for a promise. */
export async function refusesAsync(promise: Promise<unknown>, code: ErrorCode, mentions?: string): Promise<void> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    check(error, code, mentions);
    return;
  }
  expect.fail(`expected ${code}, resolved to ${typeof result}`);
}

function check(error: unknown, code: ErrorCode, mentions: string | undefined): void {
  if (!(error instanceof MedexError)) throw error;
  expect(error.code).to.equal(code);
  if (mentions !== undefined) expect(error.message).to.include(mentions);
}
