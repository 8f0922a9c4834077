import { bytesToHex, hexToBytes } from "@noble/curves/utils.js";

/** 32 bytes as `0x` and 64 lower-case hexadecimal digits: how ids and digests appear in contract calls and logs. */
export type Hex32 = `0x${string}`;

export const ZERO_32: Hex32 = `0x${"00".repeat(32)}`;

const FORM = /^0x[0-9a-fA-F]{64}$/;

/**
 * A string that is known to be 32 bytes in hexadecimal, as that type: ethers types every hex string as `string`. Letters become
 * lower-case.
 *
 * @throws RangeError for any other string; its text is not in the message
 */
export function hex32(value: string): Hex32 {
  if (!FORM.test(value)) throw new RangeError("expected 0x and 64 hexadecimal digits");
  return value.toLowerCase() as Hex32; // as tested above
}

/** 32 bytes to their contract form. Throws a RangeError on any other length. */
export function toHex32(bytes: Uint8Array): Hex32 {
  if (bytes.length !== 32) throw new RangeError(`expected 32 bytes, got ${bytes.length}`);
  return `0x${bytesToHex(bytes)}`;
}

/** The bytes of a `Hex32`. Throws a RangeError where it is none. */
export function fromHex32(value: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hexToBytes(hex32(value).slice(2)));
}
