/**
 * The operations by blst (native/), on the words of mcl's handles: both libraries hold the same words. It needs no tables, which mcl gains by: its
 * multiplication of any point takes no longer than mcl's by a table. All multiplications and powers take constant time.
 */
import { MedexError } from "@medexchain/core";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { loaded, words } from "./mcl.ts";
import type { MillerLines, Pair } from "./miller-lines.ts";
import type { NativeCurve } from "./native-curve.ts";
import type { CurveOperations, PreparedGt } from "./operations.ts";

/** Words of what blst keeps of a point for Miller loops: 68 elements of Fp6. */
const LINE_WORDS = 68 * 72;
const NOTHING = new Uint32Array(0);

export function nativeOperations(native: NativeCurve): CurveOperations {
  const g1 = (compute: (result: Uint32Array) => void): G1 => filled(new mcl.G1(), compute);
  const g2 = (compute: (result: Uint32Array) => void): G2 => filled(new mcl.G2(), compute);
  const gt = (compute: (result: Uint32Array) => void): GT => filled(new mcl.GT(), compute);
  const mulG1 = (point: G1, scalar: Fr) => g1((result) => native.multiplyG1(result, words(point), words(scalar)));
  const mulG2 = (point: G2, scalar: Fr) => g2((result) => native.multiplyG2(result, words(point), words(scalar)));
  const power = (x: GT, scalar: Fr) => gt((result) => native.powerGt(result, words(x), words(scalar)));
  const pairingProduct = (pairs: readonly Pair[]): GT => {
    let product: Uint32Array = NOTHING;
    for (const [p, q] of pairs) {
      const before = product;
      product = words(gt((result) => native.millerLoop(result, before, words(p), "lines" in q ? q.lines : words(q))));
      before.fill(0);
    }
    if (product === NOTHING) return one();
    const last = product;
    const value = gt((result) => native.finalExponentiation(result, last));
    last.fill(0);
    return value;
  };
  let generator: GT | undefined;
  return {
    decodeG1(bytes) {
      const point = new mcl.G1();
      return native.decodeG1(words(point), bytes) ? point : undefined;
    },
    decodeG2(bytes) {
      const point = new mcl.G2();
      return native.decodeG2(words(point), bytes) ? point : undefined;
    },
    encodeG1(point) {
      const bytes = new Uint8Array(48);
      native.encodeG1(bytes, words(point));
      return bytes;
    },
    encodeG2(point) {
      const bytes = new Uint8Array(96);
      native.encodeG2(bytes, words(point));
      return bytes;
    },
    hashToG1(message, dst) {
      if (dst.length < 1 || dst.length > 255) {
        throw new MedexError("INPUT_INVALID", "hash to G1 refused its input; check the domain tag's length");
      }
      return g1((result) => native.hashToG1(result, message, dst));
    },
    mulG1,
    mulG2,
    mulG1Public: mulG1,
    mulGeneratorG1: (scalar) => mulG1(loaded().g1, scalar),
    mulGeneratorG2: (scalar) => mulG2(loaded().g2, scalar),
    powGeneratorGt(scalar) {
      generator ??= pairingProduct([[loaded().g1, loaded().g2]]);
      return power(generator, scalar);
    },
    makeLines(point): MillerLines {
      const lines = new Uint32Array(LINE_WORDS);
      native.millerLines(lines, words(point));
      return { lines };
    },
    pairingProduct,
    isInGt: (value) => !value.isZero() && native.isInGt(words(value)),
    mulGt: (x, y) => gt((result) => native.multiplyGt(result, words(x), words(y))),
    divideGt: (x, y) => gt((result) => native.divideGt(result, words(x), words(y))),
    squareGt: (x) => gt((result) => native.squareGt(result, words(x))),
    powGtPublic: power,
    prepareGt: (base) => ({ base }),
    powGt(base: PreparedGt, scalar: Fr): GT {
      if (!("base" in base)) throw new TypeError("it was prepared for another library");
      return power(base.base, scalar);
    },
    forgetGenerators(): void {
      generator = undefined;
    },
  };
}

function filled<Value extends G1 | G2 | GT>(value: Value, compute: (result: Uint32Array) => void): Value {
  compute(words(value));
  return value;
}

function one(): GT {
  const value = new mcl.GT();
  value.setInt(1);
  return value;
}
