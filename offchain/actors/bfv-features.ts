import type { PlainFeatures } from "@medexchain/bfv";
import { describeFeature, type Fragment, type Head } from "@medexchain/sfe";

/** A fragment's features as BFV encrypts them: measured numbers in a slot of their own besides their text. They are made as they are asked for. */
export function bfvFeatures(head: Head, { features }: Fragment): PlainFeatures {
  return {
    length: features.length,
    *[Symbol.iterator]() {
      for (const each of features) {
        const { measure, ...feature } = describeFeature(head, each);
        yield { ...feature, ...(measure && { numeric: {} }) };
      }
    },
  };
}
