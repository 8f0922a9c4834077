import { readFileSync } from "node:fs";
import { type ErrorCode, MedexError } from "@medexchain/core";
import {
  assemble,
  decodeHead,
  type EhrDocument,
  encodeHead,
  openPolicy,
  type ReadOptions,
  readRecord,
  splitPiece,
} from "@medexchain/sfe";
import { assert } from "chai";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function example(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../examples/${file}`, import.meta.url)));
}

/** The message of a call that must be refused with this code. */
export function refusal(code: ErrorCode, call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    assert.equal(error.code, code, error.message);
    return error.message;
  }
  return assert.fail("it was accepted");
}

/** The one document of a short record. */
export function whole(bytes: Uint8Array, options: ReadOptions): EhrDocument {
  const [document, ...others] = [...readRecord(bytes, { pieceLength: 1 << 30, ...options })];
  assert.lengthOf(others, 0);
  return document!;
}

/** Splits a record by a policy, sends heads through their bytes, and puts all of it together. */
export function through(bytes: Uint8Array, options: ReadOptions, selectors: readonly string[]): Uint8Array {
  const policy = openPolicy(options.format, selectors);
  const pieces = [...readRecord(bytes, options)].map((piece) => {
    const { head, publicFragment, privateFragment } = splitPiece(piece, policy.select(piece));
    const stored = decodeHead(encodeHead(head));
    assert.deepEqual(stored, head);
    return assemble(stored, [privateFragment, publicFragment]);
  });
  policy.finish();
  return Uint8Array.from(Buffer.concat(pieces));
}

/** Names of the features that a policy makes private, in all pieces. */
export function privateNames(bytes: Uint8Array, options: ReadOptions, ...selectors: string[]): string[] {
  const policy = openPolicy(options.format, selectors);
  const names = [...readRecord(bytes, options)].flatMap((piece) =>
    [...policy.select(piece)].map((i) => piece.features[i]!.name),
  );
  policy.finish();
  return names;
}
