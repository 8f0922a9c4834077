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

/** The same of a relayer alone, by what would have to become less: the first that matches. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/pglite/, "the embedded database itself (PGlite)"],
  [/node_modules\/pg|relayer\/(database|queue)\//, "statements, rows, the queue"],
  [/mcl-wasm|@noble\/|@hpke\/|offchain\/pre\/|relayer\/re-encrypt\//, "hashes, signatures, sealed keys"],
  [/kubo-rpc|ipfs|@ipld|multiformats|blockstore/, "IPFS: exchanges, and checks of what it gives"],
  [
    /offchain\/evm\/(json-rpc|post|rpc-body|transport)|relayer\/rpc\/endpoints|ethers\/.*\/providers/,
    "JSON-RPC to the chains",
  ],
  [/ethers|offchain\/(chain|evm)\//, "encoding and decoding for the chains"],
  [/relayer\/(submit|watch|handle|chains|rpc)\//, "its own steps: reading, handling, submitting"],
  [/pino|prom-client|relayer\/observe/, "logs and metrics"],
];
const COLLECTING = "garbage collection";
const OTHER = "Node: timers, sockets, promises";
const PART_OF_THREAD: Readonly<Record<string, string>> = {
  WorkerThread: "re-encryption, in threads of its own",
  V8Worker: "compilation and garbage collection, in V8's threads",
  "libuv-worker": "files, in libuv's threads",
};
/** Threads of the recording itself. */
const RECORDING: ReadonlySet<string> = new Set(["v8:ProfEvntProc", "SignalInspector"]);

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
  const main = samplesBy<Purpose>(recording, from, to, FILES, "rest", "engine");
  const whole = [...main.values()].reduce((sum, each) => sum + each, 0);
  for (const [thread, time] of Object.entries(after)) {
    const ms = time - (before[thread] ?? 0);
    if (thread !== "main") spent[THREADS[thread] ?? "rest"] += ms;
    else for (const [purpose, of] of main) spent[purpose] += (ms * of) / whole;
  }
  return spent;
}

/** Of a relayer's main thread, processor ms by part, largest first; and of each other kind of thread. */
export function partsOf(recording: Recording, from: number, to: number): ReadonlyMap<string, number> {
  const [before, after] = [timesAt(recording, from), timesAt(recording, to)];
  const found = samplesBy(recording, from, to, PARTS, OTHER, COLLECTING);
  const whole = [...found.values()].reduce((sum, each) => sum + each, 0);
  const parts: [string, number][] = [];
  for (const [thread, time] of Object.entries(after)) {
    const ms = time - (before[thread] ?? 0);
    if (thread === "main") for (const [part, of] of found) parts.push([part, (ms * of) / whole]);
    else if (!RECORDING.has(thread)) parts.push([PART_OF_THREAD[thread] ?? `threads named ${thread}`, ms]);
  }
  const spent = parts.filter(([, ms]) => ms > 0);
  return new Map(spent.sort(([, one], [, other]) => other - one));
}

/** Purpose by purpose. */
export function sumOf(attributions: readonly Attribution[]): Attribution {
  const sums: Record<Purpose, number> = { chain: 0, cryptography: 0, storage: 0, engine: 0, rest: 0 };
  for (const each of attributions) for (const purpose of PURPOSES) sums[purpose] += each[purpose];
  return sums;
}

/** Microseconds of the profile's samples, without those at rest, by what the files are for that they are in. */
function samplesBy<T extends string>(
  { profile, startedAt }: Recording,
  from: number,
  to: number,
  files: readonly (readonly [RegExp, T])[],
  other: T,
  collecting: T,
): Map<T, number> {
  const names = namesOf(profile.nodes, files, other, collecting);
  const sums = new Map<T, number>();
  let elapsed = 0;
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    elapsed += delta;
    const at = startedAt + elapsed / 1000;
    const name = names.get(id);
    if (name !== undefined && at >= from && at <= to) sums.set(name, (sums.get(name) ?? 0) + delta);
  }
  return sums;
}

function namesOf<T extends string>(
  nodes: Recording["profile"]["nodes"],
  files: readonly (readonly [RegExp, T])[],
  other: T,
  collecting: T,
): Map<number, T | undefined> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const names = new Map<number, T | undefined>();
  const [root] = nodes;
  const open: [id: number, caller: T][] = root ? [[root.id, other]] : [];
  for (let next = open.pop(); next; next = open.pop()) {
    const [id, caller] = next;
    const node = byId.get(id);
    if (!node) continue;
    const { url, functionName } = node.callFrame;
    const found = files.find(([file]) => file.test(url))?.[1] ?? caller;
    const name = functionName === "(garbage collector)" ? collecting : found;
    // "(program)" is native code outside any function, most of it waiting for events.
    names.set(id, functionName === "(idle)" || functionName === "(program)" ? undefined : name);
    for (const child of node.children) open.push([child, name]);
  }
  return names;
}

function timesAt({ threads }: Recording, at: number): Readonly<Record<string, number>> {
  const nearest = threads.reduce<Recording["threads"][number] | undefined>(
    (best, each) => (best && Math.abs(best.at - at) <= Math.abs(each.at - at) ? best : each),
    undefined,
  );
  return nearest?.times ?? {};
}
