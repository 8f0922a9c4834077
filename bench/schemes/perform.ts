/** Does a scheme's operations on the curve, as many as the paper counts, with nothing in between: what they cost, put in the place of another's. */
import { randomBytes } from "@noble/hashes/utils.js";
import mcl from "mcl-wasm";
import { generators } from "../generators.ts";
import { hashUser, readG1, readG2, scalar } from "../straightforward/elements.ts";
import { operationsOf, PAPER_ATTRIBUTES, type Scheme, UNITS, type UnitCounts } from "./paper-counts.ts";

/** A function that does what is counted, by the library's own routines. The curve must be loaded. */
export function performer(): (counts: UnitCounts) => void {
  const bytes = generators();
  const k = scalar(randomBytes);
  const [p, q] = [mcl.mul(readG1(bytes.g1), k), mcl.mul(readG2(bytes.g2), k)];
  const e = mcl.pairing(p, q);
  const identity = randomBytes(32);
  const operations = {
    P: () => mcl.pairing(p, q),
    E1: () => mcl.mul(p, k),
    E2: () => mcl.pow(e, k),
    H: () => hashUser(identity),
  };
  return (counts) => {
    for (const unit of UNITS) for (let i = counts[unit] ?? 0; i > 0; i -= 1) operations[unit]();
  };
}

/** What a scheme's ReEnc takes beyond the one pairing of ours, which each of the six has. */
export function beyondOurs(scheme: Scheme): UnitCounts {
  const { P = 0, ...others } = operationsOf(scheme, PAPER_ATTRIBUTES).ReEnc;
  return { ...others, P: P - 1 };
}
