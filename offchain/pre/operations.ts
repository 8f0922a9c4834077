/**
 * What a library computes for this folder: the operations that take its time, on mcl's handles. There are two: mcl-wasm, which is always there
 * (mcl-operations.ts), and blst compiled for the machine (native-operations.ts), which is used where it was built. They give the same handles,
 * bit for bit, but for a point's representative (X : Y : Z).
 */
import { MedexError } from "@medexchain/core";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import type { GtComb } from "./gt-comb.ts";
import type { MillerLines, Pair } from "./miller-lines.ts";
import type { Lookup } from "./table-lookup.ts";

/** An element of GT that is raised to many powers: a table of it where the library gains by one. */
export type PreparedGt = GtComb | { readonly base: GT };

/** For what kind of scalar a `lookup` is see curve.ts; a library that takes constant time for every scalar passes over it. */
export interface CurveOperations {
  /** `undefined` for bytes that are not the canonical encoding of a point of the subgroup. */
  decodeG1(bytes: Uint8Array): G1 | undefined;
  decodeG2(bytes: Uint8Array): G2 | undefined;
  encodeG1(point: G1): Uint8Array;
  encodeG2(point: G2): Uint8Array;
  hashToG1(message: Uint8Array, dst: Uint8Array): G1;
  mulG1(point: G1, scalar: Fr): G1;
  mulG2(point: G2, scalar: Fr): G2;
  /** For a public scalar. */
  mulG1Public(point: G1, scalar: Fr): G1;
  mulGeneratorG1(scalar: Fr, lookup: Lookup): G1;
  mulGeneratorG2(scalar: Fr, lookup: Lookup): G2;
  powGeneratorGt(scalar: Fr, lookup: Lookup): GT;
  /** Of a point that is not the identity; they are good for the same library only. */
  makeLines(point: G2): MillerLines;
  pairingProduct(pairs: readonly Pair[]): GT;
  /** Of any element of Fp12. */
  isInGt(value: GT): boolean;
  mulGt(x: GT, y: GT): GT;
  divideGt(x: GT, y: GT): GT;
  squareGt(x: GT): GT;
  /** x^k of an element of GT, for a public k. */
  powGtPublic(x: GT, scalar: Fr): GT;
  /** @param teeth of the comb, where it is one */
  prepareGt(base: GT, teeth: number): PreparedGt;
  powGt(base: PreparedGt, scalar: Fr, lookup: Lookup): GT;
  /** Drops what was made for the generators; it is made again when needed. */
  forgetGenerators(): void;
}

let chosen: CurveOperations | undefined;

/** Those of the library in use. @throws PRE_NOT_INITIALISED */
export function operations(): CurveOperations {
  if (chosen === undefined) {
    throw new MedexError("PRE_NOT_INITIALISED", "the curve is not loaded; await initCurve() before this call");
  }
  return chosen;
}

/** Chooses a library for this thread. What the other one has prepared must be forgotten, see `forgetTables`. */
export function useOperations(those: CurveOperations): void {
  chosen = those;
}
