import type { Ciphertext } from "node-seal";
import { unpackForSeal } from "./coefficients.ts";
import type { BfvContext, Level } from "./context.ts";
import { callSeal } from "./seal.ts";

/**
 * Loads a packed ciphertext from anyone. The caller frees the handle, with `using`.
 * @param polynomials 2, or 3 for a product
 * @throws BFV_BYTES_INVALID
 */
export function loadCiphertext(
  bfv: BfvContext,
  packed: Uint8Array,
  level: Level,
  isSeeded: boolean,
  polynomials = 2,
): Ciphertext {
  const { seal, context, degree } = bfv;
  const bytes = unpackForSeal(packed, { level, degree, isSeeded, polynomials, what: "ciphertext" });
  const ciphertext = new seal.Ciphertext();
  try {
    callSeal("BFV_BYTES_INVALID", "SEAL does not take a BFV ciphertext: fetch it again", () =>
      ciphertext.loadFromArray(context, bytes),
    );
    return ciphertext;
  } catch (error) {
    ciphertext.delete();
    throw error;
  }
}
