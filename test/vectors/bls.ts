/** Published vectors of BLS12-381 with signatures in G1; where they are from stands in the file. All bytes in hexadecimal. */
import { readFileSync } from "node:fs";

interface BlsVectors {
  readonly hashToCurve: {
    readonly tag: string;
    readonly vectors: readonly { readonly message: string; readonly x: string; readonly y: string }[];
  };
  /** `secretKey` is a decimal number. */
  readonly keyGeneration: { readonly seed: string; readonly secretKey: string };
  /** Points are compressed. */
  readonly drand: {
    readonly tag: string;
    readonly publicKey: string;
    readonly rounds: readonly { readonly round: number; readonly signature: string }[];
  };
}

/** The file beside this one, so of this shape. */
export const BLS_VECTORS: BlsVectors = JSON.parse(
  readFileSync(new URL("bls.json", import.meta.url), "utf8"),
) as BlsVectors;
