/**
 * What a relayer re-encrypts with, checked once and kept decoded: bytes cannot say that they were checked, these types do. A value
 * of them comes from the functions here alone, and stays in its thread.
 */
import type { G1, GT } from "mcl-wasm";
import type { FirewalledCiphertext, ReEncryptedCiphertext, ReKey } from "./ciphertexts.ts";
import { add, makeLines, mulGt, pairing } from "./curve.ts";
import { type G2Bytes, type GtBytes, readG1, readG2, readGt, writeGt } from "./elements.ts";
import type { MillerLines } from "./miller-lines.ts";

declare const checked: unique symbol;

/** `(c1', c2', c3')`, decoded, with the lines of `c1'`; public, and good for every request for its record. */
export interface CheckedCiphertext {
  readonly [checked]: "ciphertext";
  readonly c1: G2Bytes;
  readonly lines: MillerLines;
  readonly c2: GT;
  readonly c3: G1;
}

/** `RK'`, with `rk1'` decoded, which is wiped on disposal; the others are published as `C3` and `C4`. */
export interface CheckedReKey extends Disposable {
  readonly [checked]: "re-encryption key";
  readonly rk1: G1;
  readonly rk2: G2Bytes;
  readonly rk3: GtBytes;
}

/**
 * Decodes a ciphertext and checks every element.
 *
 * @throws PRE_ELEMENT_INVALID
 */
export function checkCiphertext({
  c1,
  c2,
  c3,
}: Readonly<Record<keyof FirewalledCiphertext, Uint8Array>>): CheckedCiphertext {
  const lines = makeLines(readG2(c1, "c1'"));
  const decoded = { c1: c1.slice(), lines, c2: readGt(c2, "c2'"), c3: readG1(c3, "c3'") };
  return decoded as unknown as CheckedCiphertext; // checked on the lines above
}

/**
 * Decodes a re-encryption key and checks every element.
 *
 * @throws PRE_ELEMENT_INVALID
 */
export function checkReKey({ rk1, rk2, rk3 }: Readonly<Record<keyof ReKey, Uint8Array>>): CheckedReKey {
  readG2(rk2, "rk2'");
  readGt(rk3, "rk3'");
  const point = readG1(rk1, "rk1'");
  const decoded = { rk1: point, rk2: rk2.slice(), rk3: rk3.slice(), [Symbol.dispose]: () => point.clear() };
  return decoded as unknown as CheckedReKey; // checked on the lines above
}

/** ReEnc of what was checked: `C1 = c1'`, `C2 = c2'·e(rk1' + c3', c1')`, `C3 = rk2'`, `C4 = rk3'`. */
export function reEncryptChecked(ciphertext: CheckedCiphertext, reKey: CheckedReKey): ReEncryptedCiphertext {
  const unblinded = add(reKey.rk1, ciphertext.c3);
  try {
    return {
      C1: ciphertext.c1,
      C2: writeGt(mulGt(ciphertext.c2, pairing(unblinded, ciphertext.lines)), "C2"),
      C3: reKey.rk2,
      C4: reKey.rk3,
    };
  } finally {
    unblinded.clear();
  }
}
