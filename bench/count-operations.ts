/**
 * Counts what a computation does on the curve, by standing in front of the WebAssembly module's own functions while it runs: both ours
 * and the library's public face call them by name, so none is missed and none is counted by hand.
 */
import mclRuntime from "mcl-wasm/dist/mcl.js";

/** Operations on the curve, in the order of the tables. */
export const OPERATIONS = [
  "Miller loops",
  "final exponentiations",
  "hashes to G1",
  "k·P in G1",
  "k·Q in G2",
  "powers in GT",
  "additions in G1",
  "additions in G2",
  "products in GT",
  "points decoded",
  "GT elements decoded",
] as const;

export type Operation = (typeof OPERATIONS)[number];
export type Counts = Record<Operation, number>;

type Effect = Partial<Record<Operation, number>>;

/** What one call of an export is. A doubling is an addition, a square or a quotient a product. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  _mclBn_pairing: { "Miller loops": 1, "final exponentiations": 1 },
  _mclBn_millerLoop: { "Miller loops": 1 },
  _mclBn_precomputedMillerLoop: { "Miller loops": 1 },
  _mclBn_precomputedMillerLoop2: { "Miller loops": 2 },
  _mclBn_precomputedMillerLoop2mixed: { "Miller loops": 2 },
  _mclBn_finalExp: { "final exponentiations": 1 },
  _mclBnG1_hashAndMapTo: { "hashes to G1": 1 },
  _mclBnG1_hashAndMapToWithDst: { "hashes to G1": 1 },
  _mclBnG1_mul: { "k·P in G1": 1 },
  _mclBnG1_mulCT: { "k·P in G1": 1 },
  _mclBnG2_mul: { "k·Q in G2": 1 },
  _mclBnG2_mulCT: { "k·Q in G2": 1 },
  _mclBnGT_pow: { "powers in GT": 1 },
  _mclBnGT_powGeneric: { "powers in GT": 1 },
  _mclBnG1_add: { "additions in G1": 1 },
  _mclBnG1_sub: { "additions in G1": 1 },
  _mclBnG1_dbl: { "additions in G1": 1 },
  _mclBnG2_add: { "additions in G2": 1 },
  _mclBnG2_sub: { "additions in G2": 1 },
  _mclBnG2_dbl: { "additions in G2": 1 },
  _mclBnGT_mul: { "products in GT": 1 },
  _mclBnGT_div: { "products in GT": 1 },
  _mclBnGT_sqr: { "products in GT": 1 },
  _mclBnG1_deserialize: { "points decoded": 1 },
  _mclBnG2_deserialize: { "points decoded": 1 },
  _mclBnGT_deserialize: { "GT elements decoded": 1 },
};

/** Exports that do several of the above in one call, of which neither form may make use unseen. */
const UNCOUNTED = [
  "_mclBn_millerLoopVec",
  "_mclBn_millerLoopVecMT",
  "_mclBnG1_mulEach",
  "_mclBnG1_mulVec",
  "_mclBnG1_mulVecMT",
  "_mclBnG2_mulVec",
  "_mclBnG2_mulVecMT",
  "_mclBnGT_powVec",
  "_mclBnG2_hashAndMapTo",
  "_mclBnG2_hashAndMapToWithDst",
];

type Exports = Record<string, (...values: unknown[]) => unknown>;

/**
 * Runs a computation and counts its operations. The library must be loaded (`initCurve`).
 *
 * @throws when the library lacks an export that is counted, or the computation uses one that is not
 */
export function countOperations(run: () => unknown): Counts {
  // `mod` is exported by the file but left out of its declarations.
  const exports = (mclRuntime as unknown as { mod: Exports }).mod;
  const counts = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Counts; // a number for each
  const originals: Exports = {};
  const stand = (name: string, before: () => void): void => {
    const original = exports[name];
    if (original === undefined) throw new Error(`mcl-wasm has no ${name}; look what its version calls it now`);
    originals[name] = original;
    exports[name] = (...values) => {
      before();
      return original(...values);
    };
  };
  try {
    for (const [name, effect] of Object.entries(EFFECTS)) {
      stand(name, () => {
        for (const operation of OPERATIONS) counts[operation] += effect[operation] ?? 0;
      });
    }
    for (const name of UNCOUNTED) {
      stand(name, () => {
        throw new Error(`${name} is not counted; give it an effect in count-operations.ts`);
      });
    }
    run();
  } finally {
    Object.assign(exports, originals);
  }
  return counts;
}
