/** The operations by mcl-wasm, and by what this folder adds to it. */
import { MedexError } from "@medexchain/core";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { type FixedBase, makeFixedBase, multiplyFixedBase } from "./fixed-base.ts";
import { type GtComb, makeGtComb, powGtComb } from "./gt-comb.ts";
import { isInGt } from "./gt-membership.ts";
import { loaded, words } from "./mcl.ts";
import { makeLines, millerProduct, type Pair } from "./miller-lines.ts";
import { multiplyG2 } from "./multiply-g2.ts";
import type { CurveOperations, PreparedGt } from "./operations.ts";
import type { Lookup } from "./table-lookup.ts";

/** gt is raised often and is the same for all, so its table is larger than those of keys: 2.4 MB, built in about 30 ms. */
const GENERATOR_TEETH = 11;

/** Made when first needed; the same for every key. */
interface GeneratorTables {
  g1?: FixedBase<"G1">;
  g2?: FixedBase<"G2">;
  gt?: GtComb;
}

let tables: GeneratorTables = {};

export const mclOperations: CurveOperations = {
  decodeG1: (bytes) => decode(new mcl.G1(), bytes),
  decodeG2: (bytes) => decode(new mcl.G2(), bytes),
  encodeG1: (point) => point.serialize(),
  encodeG2: (point) => point.serialize(),
  hashToG1,
  mulG1(point: G1, scalar: Fr): G1 {
    const { raw } = loaded();
    const result = new mcl.G1();
    raw.callOp2(raw._mclBnG1_mulCT, words(result), words(point), words(scalar));
    return result;
  },
  mulG2: multiplyG2,
  mulG1Public: (point: G1, scalar: Fr) => mcl.mul(point, scalar),
  mulGeneratorG1(scalar: Fr, lookup: Lookup): G1 {
    tables.g1 ??= makeFixedBase("G1", loaded().g1);
    return multiplyFixedBase(tables.g1, scalar, lookup);
  },
  mulGeneratorG2(scalar: Fr, lookup: Lookup): G2 {
    tables.g2 ??= makeFixedBase("G2", loaded().g2);
    return multiplyFixedBase(tables.g2, scalar, lookup);
  },
  powGeneratorGt(scalar: Fr, lookup: Lookup): GT {
    const { g1, g2 } = loaded();
    tables.gt ??= makeGtComb(pairingProduct([[g1, g2]]), GENERATOR_TEETH);
    return powGtComb(tables.gt, scalar, lookup);
  },
  makeLines,
  pairingProduct,
  isInGt,
  mulGt: (x: GT, y: GT) => mcl.mul(x, y),
  divideGt: (x: GT, y: GT) => mcl.div(x, y),
  squareGt: (x: GT) => mcl.sqr(x),
  powGtPublic: (x: GT, scalar: Fr) => mcl.pow(x, scalar),
  prepareGt: makeGtComb,
  powGt(base: PreparedGt, scalar: Fr, lookup: Lookup): GT {
    if ("base" in base) throw new TypeError("it was prepared for another library");
    return powGtComb(base, scalar, lookup);
  },
  forgetGenerators(): void {
    tables = {};
  },
};

function decode<Point extends G1 | G2>(point: Point, bytes: Uint8Array): Point | undefined {
  try {
    point.deserialize(bytes);
    return point;
  } catch {
    return undefined; // mcl's only complaint: "not consumed"
  }
}

function pairingProduct(pairs: readonly Pair[]): GT {
  return mcl.finalExp(millerProduct(...pairs));
}

function hashToG1(message: Uint8Array, dst: Uint8Array): G1 {
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
