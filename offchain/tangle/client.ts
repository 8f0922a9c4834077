import { MAX_TIMER_MS, MedexError, parseServiceUrl } from "@medexchain/core";
import { blockIdBytes, blockIdOf, blockOverhead, parseBlock, type TaggedData } from "./block.ts";
import { BlockMismatch } from "./block-mismatch.ts";
import type { SdkAnswers, SdkTask } from "./sdk-task.ts";
import { SdkFailure, SdkThread, SdkTimeout } from "./sdk-thread.ts";

export interface TangleClientOptions {
  /** Of the node's REST API, http or https. Without credentials: the SDK cannot send them from Node. */
  readonly url: string;
  /** JSON web token, if the node wants one (Hornet's protected routes). */
  readonly jwt?: string;
  /** In a browser, the URL of the SDK's WebAssembly module (`@iota/sdk/web/wasm/iota_sdk_wasm_bg.wasm`); beside the script unless given. */
  readonly sdkModule?: string;
  /**
   * For each answer of the node, a thread's start (about 0.3 s) included, in milliseconds; 60 s unless given. Proof of work has time of
   * its own, as much as the node's score asks for, see `workAllowance`.
   */
  readonly timeoutMs?: number;
  /** What this machine surely tries a second in proof of work; 50,000 unless given. A laptop of 2020 does about 200,000 in WebAssembly. */
  readonly trialsPerSecond?: number;
}

export interface TangleClient {
  /** The node. */
  readonly url: string;
  /** The network's proof-of-work score (TIP-12): a block of n bytes needs about n × score trials. */
  minPowScore(): Promise<number>;
  /**
   * Puts data into a block of its own, on tips that the node chooses, with proof of work done here.
   *
   * @param tag 0 to 64 bytes
   * @param data with the tag at most `MAX_BLOCK_BYTES - blockOverhead(0)` bytes
   * @returns the block id, 0x-hex, computed from the block's bytes whatever the node says
   * @throws MedexError TANGLE_BLOCK_REFUSED (the node does not take it), TANGLE_WORK_TOO_LONG (this machine is too slow for the proof of
   *   work that the node asks for), INPUT_INVALID (too large), SERVICE_UNREACHABLE, SERVICE_PROTOCOL, TANGLE_CLIENT_FAILED
   */
  attach(tag: Uint8Array, data: Uint8Array): Promise<string>;
  /**
   * Reads a block's tagged data, once the bytes hash to the block id.
   *
   * @throws MedexError TANGLE_BLOCK_NOT_FOUND, TANGLE_BLOCK_MISMATCH (the node answers with another block),
   *   TANGLE_BLOCK_INVALID (no tagged data), SERVICE_UNREACHABLE, SERVICE_PROTOCOL
   */
  fetch(blockId: string): Promise<TaggedData>;
  /**
   * Ends at once: calls under way, and all after, are refused, and their connections are closed.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A client of one Stardust node (core REST v2), over the IOTA SDK, which runs in a thread: its proof of work computes for up to a
 * second per block, and it cannot abort a request. The thread starts with the first call, and is replaced after a call that was
 * given up, so that no request outlives its time limit for long. Nothing is sent yet.
 *
 * @throws MedexError CONFIG_INVALID
 */
export function createTangleClient(options: TangleClientOptions): TangleClient {
  const { url, credentials } = parseServiceUrl("Tangle", options.url);
  const { timeoutMs = 60_000, trialsPerSecond = TRIALS_PER_SECOND } = options;
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs <= 0 || timeoutMs > MAX_TIMER_MS) {
    throw new MedexError(
      "CONFIG_INVALID",
      `Tangle at ${url}: timeoutMs must be a positive whole number of milliseconds, at most ${MAX_TIMER_MS}`,
    );
  }
  if (!Number.isFinite(trialsPerSecond) || trialsPerSecond <= 0) {
    throw new MedexError("CONFIG_INVALID", `Tangle at ${url}: trialsPerSecond must be a number above 0`);
  }
  if (credentials) {
    // the SDK puts them into the URL of its requests, which fetch refuses
    throw new MedexError(
      "CONFIG_INVALID",
      `Tangle at ${url}: take the credentials out of the URL; a node's token goes in jwt`,
    );
  }
  const { jwt, sdkModule } = options;
  const node = { url, ...(jwt !== undefined && { jwt }), ...(sdkModule !== undefined && { module: sdkModule }) };
  /** The last one takes tasks; those before it were given up on and end with what they still have to do. */
  let threads: readonly SdkThread[] = [];
  let closed = false;
  /** As the node said last. */
  let score: number | undefined;

  const usableThread = (): SdkThread => {
    const last = threads.at(-1);
    if (last?.usable) return last;
    const started = new SdkThread(node);
    threads = [...threads.filter(({ ended }) => !ended), started];
    return started;
  };

  const call = async <V extends SdkTask["verb"]>(
    what: string,
    task: Extract<SdkTask, { verb: V }>,
    allowance = 0,
  ): Promise<SdkAnswers[V]> => {
    if (closed) throw closedError(url);
    const limitMs = Math.min(timeoutMs + allowance, MAX_TIMER_MS);
    try {
      return await usableThread().run(task, limitMs);
    } catch (error) {
      if (error instanceof SdkTimeout) {
        if (allowance > timeoutMs) throw workTooLong(url, limitMs);
        throw unreachable(url, `gave no answer within ${limitMs} ms`, undefined);
      }
      throw error instanceof SdkFailure ? translate(url, what, error) : error;
    }
  };

  const client: TangleClient = {
    url,
    minPowScore: async () => {
      score = await call("info", { verb: "info" });
      return score;
    },
    attach: async (tag, data) => {
      const allowance = workAllowance(tag.length + data.length, score ?? (await client.minPowScore()), trialsPerSecond);
      return blockIdOf(await call("attach", { verb: "attach", tag, data: ownCopy(data) }, allowance));
    },
    async fetch(blockId) {
      blockIdBytes(blockId);
      const bytes = await call(`block ${blockId}`, { verb: "block", blockId });
      if (blockIdOf(bytes) !== blockId.toLowerCase()) throw new BlockMismatch(url, blockId, bytes);
      const { payload } = parseBlock(bytes);
      if (payload === undefined)
        throw new MedexError("TANGLE_BLOCK_INVALID", `Tangle block ${blockId}: it has no payload`);
      return payload;
    },
    async close() {
      closed = true;
      await Promise.all(threads.map((thread) => thread.end(closedError(url))));
      threads = [];
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}

/** Of a slow machine. */
const TRIALS_PER_SECOND = 50_000;
/** How much longer than on average the search may take: one in a thousand takes seven times as long. */
const UNLUCKY = 7;

/**
 * How long proof of work may take, in milliseconds. A block of n bytes needs ⌈log3(n × score)⌉ trailing zero trits (TIP-12), which is
 * three to that power trials on average.
 */
export function workAllowance(bytes: number, minPowScore: number, trialsPerSecond = TRIALS_PER_SECOND): number {
  const blockBytes = bytes + blockOverhead(0);
  if (minPowScore <= 0) return 0;
  const trials = 3 ** Math.ceil(Math.log(blockBytes * minPowScore) / Math.log(3));
  return Math.ceil((UNLUCKY * trials * 1000) / trialsPerSecond);
}

/** Bytes in a buffer of their own: a message to a thread copies the whole buffer that a view looks into. */
function ownCopy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

function closedError(url: string): MedexError {
  return new MedexError("INPUT_INVALID", `Tangle at ${url}: the client is closed`);
}

function translate(url: string, verb: string, cause: SdkFailure): MedexError {
  const { message } = cause;
  const status = Number(/Response error with status code (\d{3})/.exec(message)?.[1] ?? Number.NaN);
  if (/The requested data .* was not found/.test(message)) {
    return new MedexError("TANGLE_BLOCK_NOT_FOUND", `Tangle at ${url}: ${verb} was not found`, { cause });
  }
  if (/error sending request/.test(message)) return unreachable(url, "cannot be reached", cause);
  if (status === 502 || status === 503 || status === 504)
    return unreachable(url, `is not available (HTTP ${status})`, cause);
  if (/tagged_data block|invalid block length/i.test(message)) {
    return new MedexError("INPUT_INVALID", `Tangle ${verb}: the data does not fit a block of 32 KiB`, { cause });
  }
  if (verb === "attach" && (status === 400 || status === 413)) {
    return new MedexError("TANGLE_BLOCK_REFUSED", `Tangle at ${url}: the node refused the block (HTTP ${status})`, {
      cause,
    });
  }
  const answer = Number.isNaN(status) ? "malformed data" : `HTTP ${status}`;
  return new MedexError(
    "SERVICE_PROTOCOL",
    `Tangle at ${url}: ${verb} was answered with ${answer}; is this a Stardust node?`,
    {
      cause,
    },
  );
}

function workTooLong(url: string, ms: number): MedexError {
  return new MedexError(
    "TANGLE_WORK_TOO_LONG",
    `Tangle at ${url}: this machine did not find the proof of work that the node asks for within ${Math.round(ms / 1000)} s; try again, on a faster machine, or with a node that asks for less`,
  );
}

function unreachable(url: string, why: string, cause: unknown): MedexError {
  return new MedexError(
    "SERVICE_UNREACHABLE",
    `Tangle at ${url} ${why}; check that the node is up and the URL is right`,
    {
      cause,
    },
  );
}
