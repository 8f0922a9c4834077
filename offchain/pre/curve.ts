/**
 * BLS12-381 by mcl-wasm: the only file that touches the library.
 *
 * Initialise once with `initCurve()`; afterwards everything is synchronous. mcl's handles (`Fr`, `G1`, `G2`, `GT`) stay inside
 * this folder; what crosses its border is bytes (elements.ts).
 *
 * Scalar multiplication is mcl's `mulCT`, its constant-time variant, since most scalars here are secret. mcl has none for powers in
 * GT, so e(P, Q)^k is computed as e(k·P, Q). How well that holds once WebAssembly is compiled has not been measured. Values that were
 * worked on stay on the WebAssembly stack until overwritten: a handle's `clear()` wipes the JavaScript side only.
 */
import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import mclRuntime from "mcl-wasm/dist/mcl.js";
import { MedexError } from "../errors.ts";

/** The JavaScript side of an mcl value: its words, copied to and from the WebAssembly stack on each call. */
interface Handle {
  a_: Uint32Array;
}

/** The exports of mcl's WebAssembly module that its TypeScript face leaves out. */
interface RawMcl {
  stackSave(): number;
  stackRestore(stack: number): void;
  salloc(words: Uint32Array): number;
  sallocCopy(words: Uint32Array): number;
  sallocBytes(bytes: Uint8Array): number;
  copyFromHeap32(words: Uint32Array, position: number): void;
  callOp2(operation: unknown, result: Uint32Array, left: Uint32Array, right: Uint32Array): void;
  _mclBnG1_mulCT: unknown;
  _mclBnG2_mulCT: unknown;
  _mclBnGT_isValid(position: number): number;
  _mclBnG1_hashAndMapToWithDst(result: number, message: number, length: number, dst: number, dstLength: number): number;
}

const RAW_FUNCTIONS = [
  "stackSave",
  "stackRestore",
  "salloc",
  "sallocCopy",
  "sallocBytes",
  "copyFromHeap32",
  "callOp2",
  "_mclBnG1_mulCT",
  "_mclBnG2_mulCT",
  "_mclBnGT_isValid",
  "_mclBnG1_hashAndMapToWithDst",
] as const satisfies readonly (keyof RawMcl)[];

// The standard generators (draft-irtf-cfrg-pairing-friendly-curves §4.2.1), ZCash compressed.
const G1_GENERATOR = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const G2_GENERATOR =
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

interface Curve {
  readonly raw: RawMcl;
  readonly g1: G1;
  readonly g2: G2;
}

let curve: Curve | undefined;
let pending: Promise<void> | undefined;

/**
 * Loads BLS12-381. Call and await it once per process or worker before any other function of this folder; more calls are free.
 *
 * @throws PRE_NOT_INITIALISED when the library does not load or lacks a function that is needed
 */
export function initCurve(): Promise<void> {
  pending ??= load().catch((error: unknown) => {
    pending = undefined; // so that a later call may try again
    throw error;
  });
  return pending;
}

async function load(): Promise<void> {
  try {
    await mcl.init(mcl.BLS12_381);
  } catch (cause) {
    throw new MedexError("PRE_NOT_INITIALISED", "mcl-wasm did not load BLS12-381; reinstall the dependencies", {
      cause,
    });
  }
  mcl.setMapToMode(mcl.IRTF);
  mcl.setETHserialization(true);
  mcl.verifyOrderG1(true);
  mcl.verifyOrderG2(true);
  // `mod` is exported by the file but left out of its declarations; the loop below checks what we use of it.
  const raw = (mclRuntime as unknown as { mod: RawMcl }).mod;
  for (const name of RAW_FUNCTIONS) {
    if (typeof raw[name] !== "function") {
      throw new MedexError("PRE_NOT_INITIALISED", `mcl-wasm lacks ${name}; install the version in package-lock.json`);
    }
  }
  curve = { raw, g1: mcl.deserializeHexStrToG1(G1_GENERATOR), g2: mcl.deserializeHexStrToG2(G2_GENERATOR) };
}

function loaded(): Curve {
  if (curve === undefined) {
    throw new MedexError("PRE_NOT_INITIALISED", "the curve is not loaded; await initCurve() before this call");
  }
  return curve;
}

/** g1, the standard generator of G1. */
export function generatorG1(): G1 {
  return loaded().g1;
}

/** g2, the standard generator of G2. */
export function generatorG2(): G2 {
  return loaded().g2;
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

/** Whether an element of Fp12 has order r (or 1). */
export function isInGt(value: GT): boolean {
  const { raw } = loaded();
  const stack = raw.stackSave();
  try {
    return raw._mclBnGT_isValid(raw.sallocCopy(words(value))) === 1;
  } finally {
    raw.stackRestore(stack);
  }
}

/** k·P, by mcl's constant-time routine. */
export function mulG1(point: G1, scalar: Fr): G1 {
  const { raw } = loaded();
  const result = new mcl.G1();
  raw.callOp2(raw._mclBnG1_mulCT, words(result), words(point), words(scalar));
  return result;
}

/** k·Q, by mcl's constant-time routine. */
export function mulG2(point: G2, scalar: Fr): G2 {
  const { raw } = loaded();
  const result = new mcl.G2();
  raw.callOp2(raw._mclBnG2_mulCT, words(result), words(point), words(scalar));
  return result;
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
export function pairing(p: G1, q: G2): GT {
  loaded();
  return mcl.pairing(p, q);
}

/** Whether e(P1, Q1) = e(P2, Q2), with one final exponentiation for both. */
export function pairingsEqual(p1: G1, q1: G2, p2: G1, q2: G2): boolean {
  loaded();
  const product = mcl.mul(mcl.millerLoop(p1, q1), mcl.millerLoop(mcl.neg(p2), q2));
  return mcl.finalExp(product).isOne();
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

function words(value: Fr | G1 | G2 | GT): Uint32Array {
  return (value as unknown as Handle).a_; // present on every mcl value, left out of its declarations
}
