/** A numeric table's ciphertexts, one after the other, as SEAL computes with them. */

import type { Ciphertext, Plaintext } from "node-seal";
import type { CiphertextFile } from "./ciphertext-file.ts";
import { packSaved } from "./coefficients.ts";
import type { BfvContext } from "./context.ts";
import { loadCiphertext } from "./load-ciphertext.ts";

export function polynomialsOf(form: CiphertextFile["form"]): number {
  return form === "product" ? 3 : 2;
}

/** One ciphertext of a table's. */
export function loadPart(bfv: BfvContext, file: CiphertextFile, part: number): Ciphertext {
  const { numeric, form } = file;
  // `readTable` has checked that the part is there.
  const packed = numeric[part] ?? new Uint8Array(0);
  return loadCiphertext(bfv, packed, bfv.dataLevel, form === "seeded", polynomialsOf(form));
}

/** One ciphertext of a table's, packed; a seeded one with both polynomials. */
export function fullPart(bfv: BfvContext, file: CiphertextFile, part: number): Uint8Array {
  if (file.form !== "seeded") return file.numeric[part] ?? new Uint8Array(0); // `readTable` has checked that it is there
  using expanded = loadPart(bfv, file, part);
  return savePart(bfv, expanded);
}

/** A computed ciphertext as a table holds it. */
export function savePart(bfv: BfvContext, ciphertext: Ciphertext): Uint8Array {
  const { seal, dataLevel, degree } = bfv;
  const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  return packSaved(saved, dataLevel, degree, false, ciphertext.size());
}

/** Encodes slot values from `first` on, mod `t`. The caller frees the plaintext. */
export function encodeSlots(bfv: BfvContext, values: ReadonlyMap<number, bigint> | BigInt64Array): Plaintext {
  const { seal, context, degree } = bfv;
  const slots = values instanceof BigInt64Array ? values : new BigInt64Array(degree);
  if (!(values instanceof BigInt64Array)) for (const [slot, value] of values) slots[slot] = value;
  using encoder = new seal.BatchEncoder(context);
  const plaintext = new seal.Plaintext();
  try {
    encoder.encode(slots, plaintext);
    return plaintext;
  } catch (error) {
    plaintext.delete();
    throw error;
  }
}
