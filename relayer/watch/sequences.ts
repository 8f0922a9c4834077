import { MedexError } from "@medexchain/core";

/**
 * Checks that an outbox was read without a gap: its new sequence numbers are exactly those after `from` up to `to`.
 *
 * @param from the last number that is stored
 * @param to what the contract's `sequence()` said at the end of the range
 * @throws OUTBOX_GAP naming the first number that is missing or too many
 */
export function checkGapFree(outbox: string, from: number, to: number, sequences: readonly number[]): void {
  const sorted = [...sequences].sort((a, b) => a - b);
  for (const [index, sequence] of sorted.entries()) {
    if (sequence !== from + index + 1) throw gap(outbox, from + index + 1, `the node sent ${sequence} instead`);
  }
  if (from + sorted.length < to) throw gap(outbox, from + sorted.length + 1, `the contract has counted ${to}`);
  if (from + sorted.length > to) throw gap(outbox, to + 1, `the contract has counted only ${to}`);
}

function gap(outbox: string, sequence: number, why: string): MedexError {
  return new MedexError("OUTBOX_GAP", `${outbox}: event ${sequence} is not as expected, ${why}; is the node in sync?`);
}
