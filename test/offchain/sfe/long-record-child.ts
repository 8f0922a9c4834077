/**
 * Run by `long-record.test.ts` in a process of its own: takes a record of many bytes from a generator through reading,
 * policy, split and assembly, and one in BFV too; prints whether all bytes came back, and the most memory that was used.
 */

import { createHash } from "node:crypto";
import { generateKeys, openDecryptor, openEncryptor, openSymmetricEncryptor } from "@medexchain/bfv";
import {
  assemble,
  decodeHead,
  encodeHead,
  openPolicy,
  type RecordFormat,
  readRecordStream,
  splitPiece,
} from "@medexchain/sfe";
import { bfvFeatures } from "../../../offchain/actors/bfv-features.ts";

const format = process.argv[2] as RecordFormat; // the test's own argument
const length = Number(process.argv[3]);
const isEncrypted = process.argv[4] === "encrypted";

const LINES: Partial<Record<RecordFormat, (i: number) => string>> = {
  "fhir-r4+ndjson": (i) =>
    `{"resourceType":"Observation","id":"o${i}","status":"final","subject":{"reference":"Patient/p${i % 97}"},"valueQuantity":{"value":${(i % 700) / 10},"unit":"kg"}}\n`,
  csv: (i) =>
    i === 0 ? "id,name,weight,note\r\n" : `${i},"Name ${i % 1009}",${(i % 700) / 10},"a ""note"", ${i}"\r\n`,
};

/** Blocks of the record, made when they are asked for. */
async function* source(): AsyncGenerator<Uint8Array> {
  const line = LINES[format];
  for (let i = 0, made = 0; made < length; ) {
    let block: Uint8Array;
    if (line === undefined) {
      block = Uint8Array.from({ length: 65_521 }, (_, j) => (i * 31 + j * 7 + (j >> 8)) & 255);
      i++;
    } else {
      let text = "";
      while (text.length < 65_536) text += line(i++);
      block = new TextEncoder().encode(text);
    }
    made += block.length;
    input.update(block);
    yield block;
  }
}

const input = createHash("sha256");
const output = createHash("sha256");
const selectors = { "fhir-r4+json": [], "fhir-r4+ndjson": ["identifiers"], csv: ["name"], binary: ["0-1048575"] }[
  format
];
const policy = openPolicy(format, selectors);
const { publicKey, secretKey } = await generateKeys("compact");
using publicEncryptor = await openEncryptor("compact", publicKey);
using secretEncryptor = await openSymmetricEncryptor("compact", secretKey);
using decryptor = await openDecryptor("compact", secretKey);
globalThis.gc?.();
const before = process.memoryUsage().rss;
let peak = before;
let pieces = 0;
for await (const piece of readRecordStream(source(), { format })) {
  const { head, publicFragment, privateFragment } = splitPiece(piece, policy.select(piece));
  const stored = decodeHead(encodeHead(head));
  const fragments = isEncrypted
    ? [
        decryptor.decrypt(secretEncryptor.encrypt(bfvFeatures(head, publicFragment))),
        decryptor.decrypt(publicEncryptor.encrypt(bfvFeatures(head, privateFragment))),
      ].map((features) => ({ features }))
    : [publicFragment, privateFragment];
  output.update(assemble(stored, fragments));
  pieces++;
  peak = Math.max(peak, process.memoryUsage().rss);
}
policy.finish();
const isExact = input.digest("hex") === output.digest("hex");
process.stdout.write(JSON.stringify({ isExact, pieces, before, peak }));
