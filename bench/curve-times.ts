/** How long each operation on the curve takes, by the library's own routine: the units that counts are read in. */
import { randomBytes } from "@noble/hashes/utils.js";
import mcl from "mcl-wasm";
import type { Operation } from "./count-operations.ts";
import { generators } from "./generators.ts";
import type { Case } from "./measure.ts";
import { hashUser, readG1, readG2, readGt, scalar, writeG1, writeG2, writeGt } from "./straightforward/elements.ts";

/** Calls of an operation that takes microseconds in one sample. */
export const SMALL_BATCH = 100;

/** A case for each operation; those of `SMALL` make `SMALL_BATCH` calls. The curve must be loaded. */
export function operationCases(): Record<Operation, Case> {
  const bytes = generators();
  const [g1, g2] = [readG1(bytes.g1), readG2(bytes.g2)];
  const k = scalar(randomBytes);
  const [p, q] = [mcl.mul(g1, k), mcl.mul(g2, k)];
  const f = mcl.millerLoop(p, q);
  const e = mcl.finalExp(f);
  const identity = randomBytes(32);
  const [pBytes, qBytes, eBytes] = [writeG1(p), writeG2(q), writeGt(e)];
  const batch =
    (run: Case): Case =>
    () => {
      for (let i = 0; i < SMALL_BATCH; i += 1) run();
    };
  return {
    "Miller loops": () => mcl.millerLoop(p, q),
    "final exponentiations": () => mcl.finalExp(f),
    "hashes to G1": () => hashUser(identity),
    "k·P in G1": () => mcl.mul(p, k),
    "k·Q in G2": () => mcl.mul(q, k),
    "powers in GT": () => mcl.pow(e, k),
    "additions in G1": batch(() => mcl.add(p, g1)),
    "additions in G2": batch(() => mcl.add(q, g2)),
    "products in GT": batch(() => mcl.mul(e, f)),
    "points decoded": () => [readG1(pBytes), readG2(qBytes)],
    "GT elements decoded": () => readGt(eBytes),
  };
}

/** Operations of `operationCases` of which a sample makes `SMALL_BATCH`, or two (a point of G1 and one of G2). */
export const CALLS_IN_SAMPLE: Partial<Record<Operation, number>> = {
  "additions in G1": SMALL_BATCH,
  "additions in G2": SMALL_BATCH,
  "products in GT": SMALL_BATCH,
  "points decoded": 2,
};
