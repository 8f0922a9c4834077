import type { PlainFeature } from "@medexchain/bfv";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { assert } from "chai";

/** Asserts that a call is refused with one of the codes, and returns its message. */
export async function refusal(codes: ErrorCode | ErrorCode[], call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (!MedexError.is(error) || ![codes].flat().includes(error.code)) throw error;
    return error.message;
  }
  return assert.fail("it was accepted");
}

/** A fragment with every shape of feature. */
export const FEATURES: readonly PlainFeature[] = [
  { index: 3, name: "Patient.name", value: '"Zoë \\u00e9 😀"', salt: new Uint8Array(16).fill(3) },
  { index: 7, name: "Observation.temperature", value: "36.50", salt: new Uint8Array(16).fill(7), numeric: {} },
  { index: 8, name: "Observation.weight", value: "-1.2e3", numeric: { scale: 1 } },
  { index: 9, name: "Attachment.size", value: "123456789012345678901234567890" },
  { index: 12, name: "Patient.active", value: "true" },
  { index: 13, name: "Observation.ca", value: "0", numeric: {} },
];

/** What decryption gives for `FEATURES`. */
export const DECODED = FEATURES.map(({ name: _, numeric, ...feature }) => {
  const slots = new Map([
    [7, { slot: 0, count: 1, scale: 2 }],
    [8, { slot: 1, count: 1, scale: 1 }],
    [13, { slot: 2, count: 1, scale: 0 }],
  ]);
  return numeric === undefined ? feature : { ...feature, numeric: slots.get(feature.index) };
});
