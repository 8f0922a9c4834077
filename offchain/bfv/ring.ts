/** The ring below the encryption, for protocols that need polynomials rather than values: contexts, residues, and what carries them into SEAL and back. */

export { addPacked, packedLength, packPair, packWords, unpackPair } from "./coefficients.ts";
export { type BfvContext, type Level, openContext } from "./context.ts";
export { expectHidingKey } from "./hiding-keys.ts";
export { expandSecretKey, SECRET_KEY_LENGTH } from "./keys.ts";
export { openPublicCipher } from "./plaintext-cipher.ts";
export type { BfvParameters } from "./profiles.ts";
export { callSeal } from "./seal.ts";
export { readRlwePair, writePlaintext, writeRlwePair } from "./seal-format.ts";
