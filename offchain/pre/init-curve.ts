/** Loads the curve: mcl-wasm, and the native library where it is there. */
import { MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import mcl from "mcl-wasm";
import { loadNativeCurve } from "#native-curve";
import { loaded, loadMcl } from "./mcl.ts";
import { mclOperations } from "./mcl-operations.ts";
import { nativeOperations } from "./native-operations.ts";
import { type CurveOperations, useOperations } from "./operations.ts";

/** A library that computes this curve's operations. */
export type CurveLibrary = "mcl-wasm" | "blst";

/** SHA-256 of the 576 bytes of e(5·g1, 5·g2). */
const KNOWN_ANSWER = "b996523671fa9e508cd29a42ed4fa9e0a1e783a42bc079f825b8506aad4ae17a";

let pending: Promise<CurveLibrary> | undefined;

/**
 * Loads BLS12-381. Call and await it once per process or worker before any other function of this folder; more calls are free.
 *
 * @returns which library computes
 * @throws PRE_NOT_INITIALISED when mcl-wasm does not load or lacks a function that is needed; when the native library is there, and does not
 *   load or computes something else
 */
export function initCurve(): Promise<CurveLibrary> {
  pending ??= load().catch((error: unknown) => {
    pending = undefined; // so that a later call may try again
    throw error;
  });
  return pending;
}

async function load(): Promise<CurveLibrary> {
  await loadMcl();
  const native = loadNativeCurve();
  const chosen = native === undefined ? mclOperations : nativeOperations(native);
  if (native !== undefined) expectKnownAnswer(chosen);
  useOperations(chosen);
  return native === undefined ? "mcl-wasm" : "blst";
}

/** That both libraries mean the same by the words of a scalar, of points and of an element of GT, which neither promises. */
export function expectKnownAnswer({ mulG1, mulG2, pairingProduct }: CurveOperations): void {
  const { g1, g2 } = loaded();
  const five = new mcl.Fr();
  five.setInt(5);
  const answer = bytesToHex(sha256(pairingProduct([[mulG1(g1, five), mulG2(g2, five)]]).serialize()));
  if (answer === KNOWN_ANSWER) return;
  throw new MedexError(
    "PRE_NOT_INITIALISED",
    "the native curve computes another pairing than mcl-wasm; build it again with npm run build:native, or remove it",
  );
}
