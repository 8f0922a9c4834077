import { assemble, decodeHead, encodeHead, inspectFormat, type NumericColumns, splitRecord } from "@medexchain/sfe";
import { assert } from "chai";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface Taken {
  /** Names of private and of public features, piece by piece. */
  readonly private: string[];
  readonly public: string[];
}

/** Takes a file by its content through policy, split and heads, checks that its bytes come back, and tells what is private. */
export function take(
  bytes: Uint8Array,
  selectors: readonly string[],
  options: { numeric?: NumericColumns; name?: string; allowPublic?: readonly string[] } = {},
): Taken {
  const { format } = inspectFormat(bytes, options.name);
  const { numeric, allowPublic } = options;
  const taken: Taken = { private: [], public: [] };
  const parts = [
    ...splitRecord(bytes, { format, selectors, ...(numeric && { numeric }), ...(allowPublic && { allowPublic }) }),
  ].map(({ head, publicFragment, privateFragment }) => {
    for (const { index } of privateFragment.features) taken.private.push(head.features[index]!.name);
    for (const { index } of publicFragment.features) taken.public.push(head.features[index]!.name);
    return assemble(decodeHead(encodeHead(head)), [privateFragment, publicFragment]);
  });
  assert.isTrue(Buffer.concat(parts).equals(bytes), "the bytes come back");
  return taken;
}
