/** What sending a large private part takes beyond its encryption: sealing into boxes, storing them, and anchoring the head that lists them. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  deriveByteKeys,
  type FragmentEncryptor,
  openDecryptor,
  openEncryptor,
  openSymmetricEncryptor,
} from "@medexchain/bfv";
import { createContentStore } from "@medexchain/ipfs";
import { readRecord, splitPiece } from "@medexchain/sfe";
import { channelRootOf, createTangleClient, readMessage } from "@medexchain/tangle";
import { concatBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { bfvFeatures } from "../offchain/actors/bfv-features.ts";
import { createFragmentWriter, decryptParts } from "../offchain/actors/fragment-parts.ts";
import { messageOutput, openPrivateMessage } from "../offchain/actors/private-message.ts";
import { storeBoxes } from "../offchain/tangle/box-store.ts";
import { sealHead } from "../offchain/tangle/head.ts";
import { blockTag, channelKeys } from "../offchain/tangle/keys.ts";
import { digestOfSource, sourceOf } from "../offchain/tangle/payload-source.ts";
import { type Sample, sampleOf, summarise } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";

const LENGTH = 15_000_000;
const QUICK_LENGTH = 2_000_000;
const STEPS = ["decryption", "encryption", "sealing", "storing", "anchoring"] as const;
type Step = (typeof STEPS)[number];

const NOTES = [
  "An owner's device sends a binary record's private part, all of it, to a doctor. Decryption is the owner's, of what it keeps under a secret " +
    "key; encryption is BFV under the doctor's public key, which makes about three bytes of one: a coefficient of 54 bits in each of two polynomials " +
    "carries 41, and the number of ciphertexts is rounded up. Sealing is the message's SHA-256 and XChaCha20-Poly1305 for each box of 1 MiB; storing is hashing the boxes for their " +
    "CIDs and sending them to the embedded IPFS node; anchoring signs the head and attaches it to the Tangle, one block, with proof of work.",
  "The nodes are in a thread of their own. Processor time is the client's thread's; the Tangle client's proof of work is in another.",
];

const urls = z.object({ ipfs: z.url(), tangle: z.url() });

/** Benchmarks it. */
export async function benchApproval({ quick, rounds = quick ? 9 : 3 }: RunOptions): Promise<Report> {
  const length = quick ? QUICK_LENGTH : LENGTH;
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const worker = new Worker(new URL("./approval/services-worker.ts", import.meta.url), { workerData: { directory } });
  stack.defer(async () => {
    worker.postMessage("close");
    await once(worker, "exit");
  });
  const [started] = await once(worker, "message");
  const { ipfs, tangle } = urls.parse(started);
  const client = stack.adopt(createTangleClient({ url: tangle }), (each) => each.close());
  const store = createContentStore({ url: ipfs });

  const samples: Record<Step, Sample[]> = { decryption: [], encryption: [], sealing: [], storing: [], anchoring: [] };
  let sent = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const record = new Uint8Array(randomBytes(length));
    const [ownerKey, doctorKey] = [randomBytes(32), randomBytes(32)];
    const doctorKeys = await deriveByteKeys(doctorKey);
    const kept = await encrypted(record, await openSymmetricEncryptor("compact", ownerKey));
    const taken: Record<Step, Sample> = {
      decryption: await sampleOf(() => decrypted(kept, ownerKey, record)),
      encryption: { wall: 0, cpu: 0 },
      sealing: { wall: 0, cpu: 0 },
      storing: { wall: 0, cpu: 0 },
      anchoring: { wall: 0, cpu: 0 },
    };
    let message = new Uint8Array();
    taken.encryption = await sampleOf(async () => {
      message = await encrypted(record, await openEncryptor("bytes", doctorKeys));
    });
    sent = message.length;

    const author = { secretKey: randomBytes(32) };
    const root = channelRootOf(author);
    const channelId = randomBytes(32);
    const channel = { mode: "restricted", root, channelId } as const;
    const access = { mode: "restricted", sideKeys: [randomBytes(32)] } as const;
    const [keys] = channelKeys(channel, access);
    if (keys === undefined) throw new Error("a side key gives keys");
    const slot = { channel, sequence: 0 };
    const payload = sourceOf(message);

    // Sealed first into a store that takes no time, so that the second time says what storing adds.
    let digest = new Uint8Array();
    const nowhere = { put: async () => ({ digest: randomBytes(32) }), get: (at: Uint8Array) => store.get(at) };
    taken.sealing = await sampleOf(async () => {
      digest = new Uint8Array(await digestOfSource(payload));
      await storeBoxes(nowhere, { keys, slot, payload });
    });
    let boxes: Uint8Array[] = [];
    const both = await sampleOf(async () => {
      await digestOfSource(payload);
      ({ boxes } = await storeBoxes(store, { keys, slot, payload }));
    });
    taken.storing = { wall: both.wall - taken.sealing.wall, cpu: both.cpu - taken.sealing.cpu };
    let headBlockId = "";
    taken.anchoring = await sampleOf(async () => {
      const content = { kind: "boxes", boxes, length: message.length, digest } as const;
      const { box } = sealHead(author, keys, channel, { sequence: 0, epoch: 0, previous: null, content });
      headBlockId = await client.attach(blockTag(keys, 0, "head"), box);
    });
    const read = await readMessage({ client, boxStore: store, root, access, channelId, sequence: 0, headBlockId });
    deepStrictEqual(Buffer.from(read.payload), Buffer.from(message));
    if (round === 0) continue;
    for (const step of STEPS) samples[step].push(taken[step]);
  }

  const measurements = STEPS.map((step) => summarise(step, samples[step]));
  const cpuOf = (...steps: Step[]): number =>
    measurements.filter(({ name }) => steps.some((step) => step === name)).reduce((sum, { cpu }) => sum + cpu, 0);
  return {
    title: `Approving a private part of ${length / 1_000_000} MB`,
    measurements,
    ratios: {},
    watched: { "encryption over sealing and storing": cpuOf("encryption") / cpuOf("sealing", "storing") },
    tables: [
      {
        title: `Milliseconds, medians of ${rounds}`,
        columns: ["step", "wall", "processor", "private bytes per ms of processor"],
        rows: measurements.map(({ name, median, cpu }) => [name, median, cpu, length / cpu]),
      },
      {
        title: "Bytes",
        columns: ["private part", "message", "message over private part"],
        rows: [[length, sent, sent / length]],
      },
    ],
    notes: NOTES,
  };
}

/** A binary record, all of it private, as a message under a key. */
async function encrypted(record: Uint8Array, encryptor: FragmentEncryptor): Promise<Uint8Array<ArrayBuffer>> {
  const bytes: Uint8Array[] = [];
  using opened = encryptor;
  const writer = createFragmentWriter(messageOutput(opened.profile, async (part) => void bytes.push(part)));
  let number = 0;
  for (const piece of readRecord(record, { format: "binary" })) {
    const { head, privateFragment } = splitPiece(piece, new Set(piece.features.keys()));
    await setImmediate(); // as a device does, so that its connections are not thought idle
    await writer.add(number++, opened.encrypt(bfvFeatures(head, privateFragment), { numericSlots: false }));
  }
  await writer.end();
  return new Uint8Array(concatBytes(...bytes));
}

async function decrypted(message: Uint8Array, secretKey: Uint8Array, record: Uint8Array): Promise<void> {
  const { profile, parts } = await openPrivateMessage(only(message));
  using decryptor = await openDecryptor(profile, secretKey);
  let length = 0;
  for await (const [, { features }] of decryptParts(decryptor, parts, Number.MAX_SAFE_INTEGER)) {
    for (const { value } of features) length += value.length;
    await setImmediate();
  }
  if (length !== record.length) throw new Error(`${length} bytes were decrypted of ${record.length}`);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
