/** Whose shares there are, how many of them suffice, and what a partial is bound to. */
import { MedexError } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";
import { checkId } from "../identity.ts";

/** Relayers of one group, at most: what a request's commitments may take of a device's time. */
export const MAX_SHARES = 64;

/** The greatest index of a relayer. Exponents grow with indices, and small ones are what keeps the combining cheap. */
export const MAX_INDEX = 65_535;

/** What all partials of one answer are bound to. */
export interface PartialContext {
  /** 32 bytes. */
  readonly requestId: Uint8Array;
  /** The epoch of the relayer set that the shares were dealt to. */
  readonly epoch: bigint;
  /** How partials are published, which their digests depend on: the form of sealed keys of version 2, or that of now unless given. */
  readonly form?: "named";
}

/**
 * Checks the indices of a group: whole numbers from 1 to `MAX_INDEX`, ascending, at least as many as the threshold.
 *
 * @throws INPUT_INVALID
 */
export function checkGroup(indices: readonly number[], threshold: number): void {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > indices.length) {
    throw new MedexError(
      "INPUT_INVALID",
      `the threshold must be a whole number from 1 to the ${indices.length} relayers, not ${threshold}`,
    );
  }
  if (indices.length > MAX_SHARES) {
    throw new MedexError(
      "INPUT_INVALID",
      `there are ${indices.length} relayers; a record is shared among at most ${MAX_SHARES}`,
    );
  }
  checkIndices(indices);
}

/** @throws INPUT_INVALID unless the indices are ascending, each from 1 to `MAX_INDEX` */
export function checkIndices(indices: readonly number[]): void {
  let previous = 0;
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= previous || index > MAX_INDEX) {
      throw new MedexError(
        "INPUT_INVALID",
        `relayers' indices must be ascending whole numbers from 1 to ${MAX_INDEX}, not ${indices.join(", ")}`,
      );
    }
    previous = index;
  }
}

/** Request id, epoch and index, in 44 bytes. */
export function contextBytes({ requestId, epoch }: PartialContext, index: number): Uint8Array {
  checkIndices([index]);
  const indexBytes = new DataView(new ArrayBuffer(4));
  indexBytes.setUint32(0, index);
  return concatBytes(checkId(requestId, "requestId"), epochBytes(epoch), new Uint8Array(indexBytes.buffer));
}

/**
 * An epoch in 8 bytes, big-endian.
 *
 * @throws INPUT_INVALID when it is not a whole number from 0 to 2^53 − 1
 */
export function epochBytes(epoch: bigint): Uint8Array {
  if (typeof epoch !== "bigint" || epoch < 0n || epoch > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new MedexError("INPUT_INVALID", `an epoch must be a whole number from 0 to 2^53 − 1, not ${epoch}`);
  }
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, epoch);
  return new Uint8Array(bytes.buffer);
}
