/** The native library, where it was built: `npm run build:native` (native/README.md). */
import { createRequire } from "node:module";
import { MedexError } from "@medexchain/core";

/** Its package, which no package depends on. */
const PACKAGE = "@medexchain/native-curve";

/** What `native/src/lib.rs` exports. Values are the words of mcl's handles; no result is one of the arguments. */
export interface NativeCurve {
  decodeG1(result: Uint32Array, bytes: Uint8Array): boolean;
  decodeG2(result: Uint32Array, bytes: Uint8Array): boolean;
  encodeG1(result: Uint8Array, point: Uint32Array): void;
  encodeG2(result: Uint8Array, point: Uint32Array): void;
  multiplyG1(result: Uint32Array, point: Uint32Array, scalar: Uint32Array): void;
  multiplyG2(result: Uint32Array, point: Uint32Array, scalar: Uint32Array): void;
  hashToG1(result: Uint32Array, message: Uint8Array, tag: Uint8Array): void;
  millerLines(result: Uint32Array, point: Uint32Array): void;
  millerLoop(result: Uint32Array, product: Uint32Array, p: Uint32Array, q: Uint32Array): void;
  finalExponentiation(result: Uint32Array, value: Uint32Array): void;
  isInGt(value: Uint32Array): boolean;
  multiplyGt(result: Uint32Array, x: Uint32Array, y: Uint32Array): void;
  divideGt(result: Uint32Array, x: Uint32Array, y: Uint32Array): void;
  squareGt(result: Uint32Array, x: Uint32Array): void;
  powerGt(result: Uint32Array, x: Uint32Array, exponent: Uint32Array): void;
}

/**
 * Loads it into this thread.
 *
 * @returns undefined where it is not installed or was not built
 * @throws PRE_NOT_INITIALISED when it is there and does not load
 */
export function loadNativeCurve(): NativeCurve | undefined {
  try {
    return createRequire(import.meta.url)(PACKAGE);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND") return undefined;
    throw new MedexError(
      "PRE_NOT_INITIALISED",
      `${PACKAGE} is there but does not load on this machine; build it again with npm run build:native, or remove it`,
      { cause },
    );
  }
}
