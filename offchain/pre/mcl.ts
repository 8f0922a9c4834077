/**
 * The library mcl-wasm, loaded for BLS12-381, and the exports of its WebAssembly module that its TypeScript face leaves out. Only the
 * files that compute with it import this one: curve.ts and what it is made of.
 */

import { MedexError } from "@medexchain/core";
import type { Fp2, Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import mclRuntime from "mcl-wasm/dist/mcl.js";

/** A position in the memory of the WebAssembly module, in bytes. */
export type Pointer = number;

/** The JavaScript side of an mcl value: its words, copied to and from the WebAssembly stack on each call. */
interface Handle {
  a_: Uint32Array;
}

type Binary = (result: Pointer, left: Pointer, right: Pointer) => void;
type Unary = (result: Pointer, value: Pointer) => void;

/** The exports that this project calls. Operations on pointers may write their result over an operand. */
export interface RawMcl {
  readonly wasmMemory: { readonly buffer: ArrayBuffer };
  stackSave(): Pointer;
  stackRestore(stack: Pointer): void;
  salloc(words: Uint32Array): Pointer;
  sallocCopy(words: Uint32Array): Pointer;
  sallocBytes(bytes: Uint8Array): Pointer;
  copyFromHeap32(words: Uint32Array, position: Pointer): void;
  callOp2(operation: Binary, result: Uint32Array, left: Uint32Array, right: Uint32Array): void;
  _malloc(bytes: number): Pointer;
  _free(room: Pointer): void;
  _mclBnFp_neg: Unary;
  _mclBnFp2_neg: Unary;
  _mclBnFp2_mul: Binary;
  _mclBnFp2_sqr: Unary;
  _mclBnFr_sub: Binary;
  _mclBnG1_add: Binary;
  _mclBnG1_dbl: Unary;
  _mclBnG1_neg: Unary;
  _mclBnG1_mulCT: Binary;
  _mclBnG1_normalizeVec(result: Pointer, points: Pointer, count: number): void;
  _mclBnG2_add: Binary;
  _mclBnG2_dbl: Unary;
  _mclBnG2_neg: Unary;
  _mclBnG2_normalizeVec(result: Pointer, points: Pointer, count: number): void;
  _mclBnGT_mul: Binary;
  _mclBnGT_sqr: Unary;
  /** Conjugation, which is inversion in the cyclotomic subgroup and not elsewhere. */
  _mclBnGT_inv: Unary;
  _mclBnGT_isEqual(left: Pointer, right: Pointer): number;
  _mclBn_getUint64NumToPrecompute(): number;
  _mclBn_precomputeG2(lines: Pointer, point: Pointer): void;
  _mclBn_millerLoop: Binary;
  _mclBn_precomputedMillerLoop(result: Pointer, point: Pointer, lines: Pointer): void;
  _mclBn_precomputedMillerLoop2(result: Pointer, p1: Pointer, lines1: Pointer, p2: Pointer, lines2: Pointer): void;
  _mclBn_precomputedMillerLoop2mixed(result: Pointer, p1: Pointer, q1: Pointer, p2: Pointer, lines2: Pointer): void;
  _mclBn_finalExp: Unary;
  _mclBnG1_hashAndMapToWithDst(
    result: Pointer,
    message: Pointer,
    length: number,
    dst: Pointer,
    dstLength: number,
  ): number;
}

const RAW_FUNCTIONS = [
  "stackSave",
  "stackRestore",
  "salloc",
  "sallocCopy",
  "sallocBytes",
  "copyFromHeap32",
  "callOp2",
  "_malloc",
  "_free",
  "_mclBnFp_neg",
  "_mclBnFp2_neg",
  "_mclBnFp2_mul",
  "_mclBnFp2_sqr",
  "_mclBnFr_sub",
  "_mclBnG1_add",
  "_mclBnG1_dbl",
  "_mclBnG1_neg",
  "_mclBnG1_mulCT",
  "_mclBnG1_normalizeVec",
  "_mclBnG2_add",
  "_mclBnG2_dbl",
  "_mclBnG2_neg",
  "_mclBnG2_normalizeVec",
  "_mclBnGT_mul",
  "_mclBnGT_sqr",
  "_mclBnGT_inv",
  "_mclBnGT_isEqual",
  "_mclBn_getUint64NumToPrecompute",
  "_mclBn_precomputeG2",
  "_mclBn_millerLoop",
  "_mclBn_precomputedMillerLoop",
  "_mclBn_precomputedMillerLoop2",
  "_mclBn_precomputedMillerLoop2mixed",
  "_mclBn_finalExp",
  "_mclBnG1_hashAndMapToWithDst",
] as const satisfies readonly (keyof RawMcl)[];

// The standard generators (draft-irtf-cfrg-pairing-friendly-curves §4.2.1), ZCash compressed.
const G1_GENERATOR = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
const G2_GENERATOR =
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
  "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

/** Words of 32 bits in mcl's own form of each value. */
export const FP_WORDS = 12;
export const G1_WORDS = 3 * FP_WORDS;
export const G2_WORDS = 6 * FP_WORDS;
export const GT_WORDS = 12 * FP_WORDS;

/** Places of one GT element each in `scratch`. No function that calls another one that uses `scratch` keeps a value there. */
const SCRATCH_PLACES = 4;

interface Loaded {
  readonly raw: RawMcl;
  readonly g1: G1;
  readonly g2: G2;
  /** Memory for operations on pointers: `SCRATCH_PLACES` GT elements. */
  readonly scratch: Pointer;
}

let curve: Loaded | undefined;

/**
 * Loads mcl-wasm for BLS12-381, once.
 *
 * @throws PRE_NOT_INITIALISED when it does not load or lacks a function that is needed
 */
export async function loadMcl(): Promise<void> {
  if (curve !== undefined) return; // loading anew would leave what points into the memory of the first
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
  const g1 = mcl.deserializeHexStrToG1(G1_GENERATOR);
  const g2 = mcl.deserializeHexStrToG2(G2_GENERATOR);
  curve = { raw, g1, g2, scratch: raw._malloc(4 * GT_WORDS * SCRATCH_PLACES) };
}

/** The loaded library. @throws PRE_NOT_INITIALISED */
export function loaded(): Loaded {
  if (curve === undefined) {
    throw new MedexError("PRE_NOT_INITIALISED", "the curve is not loaded; await initCurve() before this call");
  }
  return curve;
}

let view = new Uint32Array(0);

/** The module's memory as words. Fetch it anew after each allocation, as memory that grows is moved. */
export function memory(): Uint32Array {
  const { buffer } = loaded().raw.wasmMemory;
  if (view.buffer !== buffer) view = new Uint32Array(buffer);
  return view;
}

/** The words of a value. */
export function words(value: Fp2 | Fr | G1 | G2 | GT): Uint32Array {
  return (value as unknown as Handle).a_; // present on every mcl value, left out of its declarations
}
