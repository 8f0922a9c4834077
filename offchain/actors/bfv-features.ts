import type { PlainFeature } from "@medexchain/bfv";
import { describeFragment, type Fragment, type Head } from "@medexchain/sfe";

/** A fragment's features as BFV encrypts them: measured numbers in a slot of their own besides their text. */
export function bfvFeatures(head: Head, fragment: Fragment): PlainFeature[] {
  return describeFragment(head, fragment).map(({ measure, ...feature }) => ({
    ...feature,
    ...(measure && { numeric: {} }),
  }));
}
