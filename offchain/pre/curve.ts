/**
 * BLS12-381: the operations of the scheme's formulas, on mcl's handles.
 *
 * Initialise once with `initCurve()`; afterwards everything is synchronous. mcl's handles (`Fr`, `G1`, `G2`, `GT`) stay inside
 * this folder; what crosses its border is bytes (elements.ts).
 *
 * Secrets and time. Which operation of mcl-wasm takes which kind of scalar:
 *
 * | operation                                                | how                                          | scalars            |
 * | -------------------------------------------------------- | -------------------------------------------- | ------------------ |
 * | k·P of any point: `mulG1`                                | mcl's `mulCT`, its constant-time variant     | all                |
 * | k·Q of any point: `mulG2`                                | the same steps and memory for every scalar   | all                |
 * | k·g1, k·g2, gt^k, E^k by tables, lookup `uniform`        | every lookup reads every entry               | s, y, a, b, r, β   |
 * | the same, lookup `direct`                                | the entry read depends on the scalar         | m, α, λ, γ, k of X |
 *
 * The scalars of `uniform` live long or return: an observer of memory access could add up what many
 * runs show. Those of `direct` are drawn, used in one call and forgotten, so that there is one run to observe. mcl's own
 * variable-time multiplication is used for public weights only. How well all this holds once WebAssembly is compiled has not been
 * measured. Values that were worked on stay in WebAssembly memory until overwritten: a handle's `clear()` wipes the JavaScript side.
 *
 * The native library takes constant time for every scalar, and overwrites what it copies (native/src/lib.rs).
 */

import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { loaded } from "./mcl.ts";
import type { MillerLines, Pair } from "./miller-lines.ts";
import { type CurveOperations, operations, type PreparedGt } from "./operations.ts";
import type { Lookup } from "./table-lookup.ts";

export type { PreparedGt } from "./operations.ts";

/** By the library that they are good for. */
const g2Lines = new WeakMap<CurveOperations, MillerLines>();

/** Drops what was made for the generators, about 3.1 MB of tables; it is made again when needed. */
export function forgetGeneratorTables(): void {
  g2Lines.delete(operations());
  operations().forgetGenerators();
}

/** g1, the standard generator of G1. */
export function generatorG1(): G1 {
  return loaded().g1;
}

/** g2, the standard generator of G2. */
export function generatorG2(): G2 {
  return loaded().g2;
}

/** The lines of g2, see miller-lines.ts. */
export function generatorLines(): MillerLines {
  const lines = g2Lines.get(operations()) ?? makeLines(generatorG2());
  g2Lines.set(operations(), lines);
  return lines;
}

/** k·g1. */
export function mulGeneratorG1(scalar: Fr, lookup: Lookup): G1 {
  return operations().mulGeneratorG1(scalar, lookup);
}

/** k·g2. */
export function mulGeneratorG2(scalar: Fr, lookup: Lookup): G2 {
  return operations().mulGeneratorG2(scalar, lookup);
}

/** gt^k, gt = e(g1, g2). */
export function powGeneratorGt(scalar: Fr, lookup: Lookup): GT {
  return operations().powGeneratorGt(scalar, lookup);
}

interface Elements {
  Fr: Fr;
  G1: G1;
  G2: G2;
  GT: GT;
}

/**
 * Decodes a value; of points encoding, curve and subgroup are checked here, of GT only that the coefficients are canonical.
 *
 * @returns undefined when the bytes are not an encoding of a value of that kind
 */
export function deserialise<Kind extends keyof Elements>(kind: Kind, bytes: Uint8Array): Elements[Kind] | undefined {
  const value =
    kind === "G1"
      ? operations().decodeG1(bytes)
      : kind === "G2"
        ? operations().decodeG2(bytes)
        : decodeNumber(kind === "Fr" ? new mcl.Fr() : new mcl.GT(), bytes);
  return value as Elements[Kind] | undefined; // made by the constructor of that kind
}

function decodeNumber(value: Fr | GT, bytes: Uint8Array): Fr | GT | undefined {
  try {
    value.deserialize(bytes);
    return value;
  } catch {
    return undefined; // mcl's only complaint: "not consumed"
  }
}

/** A point's encoding, as elements.ts says. */
export function serialiseG1(point: G1): Uint8Array {
  return operations().encodeG1(point);
}

/** A point's encoding, as elements.ts says. */
export function serialiseG2(point: G2): Uint8Array {
  return operations().encodeG2(point);
}

/** Whether an element of Fp12 is in GT. */
export function isInGt(value: GT): boolean {
  return operations().isInGt(value);
}

/** k·P, in constant time. */
export function mulG1(point: G1, scalar: Fr): G1 {
  return operations().mulG1(point, scalar);
}

/** k·Q, in constant time. */
export function mulG2(point: G2, scalar: Fr): G2 {
  return operations().mulG2(point, scalar);
}

/** k·P for a public k. */
export function mulG1Public(point: G1, scalar: Fr): G1 {
  return operations().mulG1Public(point, scalar);
}

/** x + y in G1 or G2. */
export function add<Point extends G1 | G2>(x: Point, y: Point): Point {
  return mcl.add(x, y);
}

/** x − y in G1 or G2. */
export function subtract<Point extends G1 | G2>(x: Point, y: Point): Point {
  return mcl.sub(x, y);
}

/** x·y in GT. */
export function mulGt(x: GT, y: GT): GT {
  return operations().mulGt(x, y);
}

/** x / y in GT. */
export function divideGt(x: GT, y: GT): GT {
  return operations().divideGt(x, y);
}

/** x² in GT. */
export function squareGt(x: GT): GT {
  return operations().squareGt(x);
}

/** x^k in GT, for a public k. */
export function powGtPublic(x: GT, scalar: Fr): GT {
  return operations().powGtPublic(x, scalar);
}

/** Prepares an element of GT for many powers. `teeth`: of its comb, where the library uses one. */
export function prepareGt(base: GT, teeth: number): PreparedGt {
  return operations().prepareGt(base, teeth);
}

/** E^k of a prepared element. */
export function powGt(base: PreparedGt, scalar: Fr, lookup: Lookup): GT {
  return operations().powGt(base, scalar, lookup);
}

/** The lines of a point of G2, not the identity, see miller-lines.ts. */
export function makeLines(point: G2): MillerLines {
  return operations().makeLines(point);
}

/** e(P, Q). */
export function pairing(p: G1, q: G2 | MillerLines): GT {
  return pairingProduct([p, q]);
}

/** Π e(P, Q), with one final exponentiation for all. */
export function pairingProduct(...pairs: readonly Pair[]): GT {
  return operations().pairingProduct(pairs);
}

/** Whether e(P1, Q1) = e(P2, Q2), with one final exponentiation for both. */
export function pairingsEqual(p1: G1, q1: G2 | MillerLines, p2: G1, q2: G2 | MillerLines): boolean {
  return pairingProduct([p1, q1], [mcl.neg(p2), q2]).isOne();
}

/** −P. */
export function negate(point: G1): G1 {
  return mcl.neg(point);
}

/** The scalar that big-endian bytes (at most 64) are congruent to modulo r. */
export function reduceToScalar(bytes: Uint8Array): Fr {
  loaded();
  const scalar = new mcl.Fr();
  scalar.setBigEndianMod(bytes);
  return scalar;
}

/**
 * RFC 9380 hash_to_curve, suite BLS12381G1_XMD:SHA-256_SSWU_RO_.
 *
 * @param message any bytes
 * @param dst the domain separation tag, 1 to 255 bytes
 */
export function hashToG1(message: Uint8Array, dst: Uint8Array): G1 {
  return operations().hashToG1(message, dst);
}
