/**
 * BLS12-381 by mcl-wasm: the operations of the scheme's formulas, on mcl's handles.
 *
 * Initialise once with `initCurve()`; afterwards everything is synchronous. mcl's handles (`Fr`, `G1`, `G2`, `GT`) stay inside
 * this folder; what crosses its border is bytes (elements.ts).
 *
 * Secrets and time. Which operation takes which kind of scalar:
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
 */

import { MedexError } from "@medexchain/core";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { type FixedBase, type Lookup, makeFixedBase, multiplyFixedBase } from "./fixed-base.ts";
import { type GtComb, makeGtComb, powGtComb } from "./gt-comb.ts";
import { loaded, words } from "./mcl.ts";
import { type MillerLines, makeLines, millerProduct, type Pair } from "./miller-lines.ts";
import { multiplyG2 } from "./multiply-g2.ts";

export { isInGt } from "./gt-membership.ts";

/** gt is raised often and is the same for all, so its table is larger than those of keys: 2.4 MB, built in about 30 ms. */
const GENERATOR_TEETH = 11;

/** Made when first needed; the same for every key. */
interface GeneratorTables {
  g1?: FixedBase<"G1">;
  g2?: FixedBase<"G2">;
  gt?: GtComb;
  g2Lines?: MillerLines;
}

let tables: GeneratorTables = {};

/** Drops the tables of the generators, about 3.1 MB; they are made again when needed. */
export function forgetGeneratorTables(): void {
  tables = {};
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
  tables.g2Lines ??= makeLines(generatorG2());
  return tables.g2Lines;
}

/** k·g1 by a table. */
export function mulGeneratorG1(scalar: Fr, lookup: Lookup): G1 {
  tables.g1 ??= makeFixedBase("G1", generatorG1());
  return multiplyFixedBase(tables.g1, scalar, lookup);
}

/** k·g2 by a table. */
export function mulGeneratorG2(scalar: Fr, lookup: Lookup): G2 {
  tables.g2 ??= makeFixedBase("G2", generatorG2());
  return multiplyFixedBase(tables.g2, scalar, lookup);
}

/** gt^k by a table, gt = e(g1, g2). */
export function powGeneratorGt(scalar: Fr, lookup: Lookup): GT {
  tables.gt ??= makeGtComb(pairing(generatorG1(), generatorG2()), GENERATOR_TEETH);
  return powGtComb(tables.gt, scalar, lookup);
}

interface Elements {
  Fr: Fr;
  G1: G1;
  G2: G2;
  GT: GT;
}

/**
 * Decodes a value; for points mcl checks encoding, curve and subgroup here, for GT only that the coefficients are canonical.
 *
 * @returns undefined when the bytes are not an encoding of a value of that kind
 */
export function deserialise<Kind extends keyof Elements>(kind: Kind, bytes: Uint8Array): Elements[Kind] | undefined {
  loaded();
  const value: Fr | G1 | G2 | GT = new mcl[kind]();
  try {
    value.deserialize(bytes);
  } catch {
    return undefined; // mcl's only complaint: "not consumed"
  }
  return value as Elements[Kind]; // made by the constructor of that kind
}

/** k·P, by mcl's constant-time routine. */
export function mulG1(point: G1, scalar: Fr): G1 {
  const { raw } = loaded();
  const result = new mcl.G1();
  raw.callOp2(raw._mclBnG1_mulCT, words(result), words(point), words(scalar));
  return result;
}

/** k·Q in constant time, see multiply-g2.ts. */
export function mulG2(point: G2, scalar: Fr): G2 {
  return multiplyG2(point, scalar);
}

/** k·P for a public k, in variable time. */
export function mulG1Public(point: G1, scalar: Fr): G1 {
  return mcl.mul(point, scalar);
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
  return mcl.mul(x, y);
}

/** x / y in GT. */
export function divideGt(x: GT, y: GT): GT {
  return mcl.div(x, y);
}

/** e(P, Q). */
export function pairing(p: G1, q: G2 | MillerLines): GT {
  return pairingProduct([p, q]);
}

/** Π e(P, Q), with one final exponentiation for all. */
export function pairingProduct(...pairs: readonly Pair[]): GT {
  return mcl.finalExp(millerProduct(...pairs));
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
  const { raw } = loaded();
  const result = new mcl.G1();
  const stack = raw.stackSave();
  try {
    const position = raw.salloc(words(result));
    const status = raw._mclBnG1_hashAndMapToWithDst(
      position,
      raw.sallocBytes(message),
      message.length,
      raw.sallocBytes(dst),
      dst.length,
    );
    if (status !== 0)
      throw new MedexError("INPUT_INVALID", "hash to G1 refused its input; check the domain tag's length");
    raw.copyFromHeap32(words(result), position);
  } finally {
    raw.stackRestore(stack);
  }
  return result;
}
