/** A thread that does what is counted, as often as it is asked: the owners' and their firewalls' ReKeyGen. */
import { initCurve } from "@medexchain/pre";
import type { UnitCounts } from "./paper-counts.ts";
import { performer } from "./perform.ts";

await initCurve();
const perform = performer();

export default function makeReKey(counts: UnitCounts): void {
  perform(counts);
}
