/** Where processor time went: to the chain, to cryptography, to storage, to the JavaScript engine itself, or to the rest. */
import type { Recording } from "./recording.ts";

export const PURPOSES = ["chain", "cryptography", "storage", "engine", "rest"] as const;
export type Purpose = (typeof PURPOSES)[number];
/** Processor milliseconds. */
export type Attribution = Readonly<Record<Purpose, number>>;

/** By the file that a function is in, the first that matches; one of another package, of Node or of WebAssembly works for its caller. */
const FILES: readonly (readonly [RegExp, Purpose])[] = [
  [/mcl-wasm|@noble\/|@hpke\/|offchain\/pre\/|relayer\/re-encrypt\//, "cryptography"],
  [/pglite|node_modules\/pg|relayer\/(database|queue)\//, "storage"],
  [/kubo-rpc|ipfs|@ipld|multiformats|blockstore|relayer\/(storage|content-cache)/, "storage"],
  [/ethers|hardhat|@nomicfoundation|offchain\/chain\/|relayer\/(rpc|submit|watch|chains)/, "chain"],
  [/^file:.*\/(relayer|offchain|bench|chaos|devnet)\//, "rest"],
];

/**
 * By the name that a thread has: Node's workers re-encrypt, the development chain's own threads execute blocks, libuv's read and write
 * files, V8's compile and collect.
 */
const THREADS: Readonly<Record<string, Purpose>> = {
  WorkerThread: "cryptography",
  "tokio-rt-worker": "chain",
  "edr-provider": "chain",
  "libuv-worker": "storage",
  V8Worker: "engine",
  DelayedTaskSche: "engine",
};

/**
 * The time between two moments, ms since the epoch. Of the main thread, the profile gives the shares and the system the time that they
 * are shares of; of other threads, the name says what they are for.
 */
export function attribute(recording: Recording, from: number, to: number): Attribution {
  const spent: Record<Purpose, number> = { chain: 0, cryptography: 0, storage: 0, engine: 0, rest: 0 };
  const [before, after] = [timesAt(recording, from), timesAt(recording, to)];
  const main = profiled(recording, from, to);
  const whole = PURPOSES.reduce((sum, purpose) => sum + main[purpose], 0);
  for (const [thread, time] of Object.entries(after)) {
    const ms = time - (before[thread] ?? 0);
    if (thread !== "main") spent[THREADS[thread] ?? "rest"] += ms;
    else for (const purpose of PURPOSES) spent[purpose] += whole === 0 ? 0 : (ms * main[purpose]) / whole;
  }
  return spent;
}

/** Purpose by purpose. */
export function sumOf(attributions: readonly Attribution[]): Attribution {
  const sums: Record<Purpose, number> = { chain: 0, cryptography: 0, storage: 0, engine: 0, rest: 0 };
  for (const each of attributions) for (const purpose of PURPOSES) sums[purpose] += each[purpose];
  return sums;
}

/** Microseconds of the profile's samples, by purpose, without those at rest. */
function profiled({ profile, startedAt }: Recording, from: number, to: number): Record<Purpose, number> {
  const purposes = purposesOf(profile.nodes);
  const sums: Record<Purpose, number> = { chain: 0, cryptography: 0, storage: 0, engine: 0, rest: 0 };
  let elapsed = 0;
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    elapsed += delta;
    const at = startedAt + elapsed / 1000;
    const purpose = purposes.get(id);
    if (purpose !== undefined && at >= from && at <= to) sums[purpose] += delta;
  }
  return sums;
}

function purposesOf(nodes: Recording["profile"]["nodes"]): Map<number, Purpose | undefined> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const purposes = new Map<number, Purpose | undefined>();
  const [root] = nodes;
  const open: [id: number, caller: Purpose][] = root ? [[root.id, "rest"]] : [];
  for (let next = open.pop(); next; next = open.pop()) {
    const [id, caller] = next;
    const node = byId.get(id);
    if (!node) continue;
    const { url, functionName } = node.callFrame;
    const purpose =
      functionName === "(garbage collector)" ? "engine" : (FILES.find(([file]) => file.test(url))?.[1] ?? caller);
    // "(program)" is native code outside any function, most of it waiting for events.
    purposes.set(id, functionName === "(idle)" || functionName === "(program)" ? undefined : purpose);
    for (const child of node.children) open.push([child, purpose]);
  }
  return purposes;
}

function timesAt({ threads }: Recording, at: number): Readonly<Record<string, number>> {
  const nearest = threads.reduce<Recording["threads"][number] | undefined>(
    (best, each) => (best && Math.abs(best.at - at) <= Math.abs(each.at - at) ? best : each),
    undefined,
  );
  return nearest?.times ?? {};
}
