import { bytesToHex } from "@noble/hashes/utils.js";
import { MedexError } from "../errors.ts";
import { parseServiceUrl } from "../service-url.ts";
import { blockIdBytes, blockIdOf, parseBlock, type TaggedData } from "./block.ts";
import { loadSdk, type SdkClient } from "./sdk.ts";

export interface TangleClientOptions {
  /** Of the node's REST API, http or https. Without credentials: the SDK cannot send them from Node. */
  readonly url: string;
  /** JSON web token, if the node wants one (Hornet's protected routes). */
  readonly jwt?: string;
  /** For each call, proof of work included, in milliseconds; 60 s unless given. */
  readonly timeoutMs?: number;
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
   * @throws MedexError TANGLE_BLOCK_REFUSED (the node does not take it), INPUT_INVALID (too large), SERVICE_UNREACHABLE,
   *   SERVICE_PROTOCOL
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
   * Releases the SDK's client. Calls after it are refused. The SDK cannot abort: a request that a node took and never
   * answers keeps its socket, and so the process, until fetch's own limit of 5 minutes.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A client of one Stardust node (core REST v2), over the IOTA SDK. Nothing is sent yet.
 *
 * @throws MedexError CONFIG_INVALID
 */
export function createTangleClient(options: TangleClientOptions): TangleClient {
  const { url, credentials } = parseServiceUrl("Tangle", options.url);
  const timeoutMs = options.timeoutMs ?? 60_000;
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs <= 0) {
    throw new MedexError(
      "CONFIG_INVALID",
      `Tangle at ${url}: timeoutMs must be a positive whole number of milliseconds`,
    );
  }
  if (credentials) {
    // the SDK puts them into the URL of its requests, which fetch refuses
    throw new MedexError(
      "CONFIG_INVALID",
      `Tangle at ${url}: take the credentials out of the URL; a node's token goes in jwt`,
    );
  }
  const auth = options.jwt === undefined ? {} : { jwt: options.jwt };
  const { Client, Utils } = loadSdk();
  let sdk: SdkClient | undefined = new Client({ nodes: [{ url, auth }], localPow: true });

  const call = async <T>(verb: string, run: (client: SdkClient) => Promise<T>): Promise<T> => {
    if (sdk === undefined) throw new MedexError("INPUT_INVALID", `Tangle at ${url}: the client is closed`);
    return callNode({ url, timeoutMs }, verb, run(sdk));
  };

  const client: TangleClient = {
    url,
    minPowScore: () => call("info", (client) => client.getMinPowScore()),
    async attach(tag, data) {
      const hex = { tag: `0x${bytesToHex(tag)}`, data: `0x${bytesToHex(data)}` };
      const [, block] = await call("attach", (client) => client.buildAndPostBlock(undefined, hex));
      return blockIdOf(Utils.blockBytes(block));
    },
    async fetch(blockId) {
      blockIdBytes(blockId);
      const answer = await call(`block ${blockId}`, (client) => client.getBlockRaw(blockId));
      // typed as bytes, but the SDK passes JSON between its halves: an array of numbers
      const bytes = Uint8Array.from(answer);
      if (blockIdOf(bytes) !== blockId.toLowerCase()) throw mismatch(url, blockId);
      const { payload } = parseBlock(bytes);
      if (payload === undefined)
        throw new MedexError("TANGLE_BLOCK_INVALID", `Tangle block ${blockId}: it has no payload`);
      return payload;
    },
    async close() {
      const closing = sdk;
      sdk = undefined;
      await closing?.destroy();
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
  return client;
}

function mismatch(url: string, blockId: string): MedexError {
  return new MedexError("TANGLE_BLOCK_MISMATCH", `Tangle at ${url}: answered block ${blockId} with another block`);
}

/** Awaits a call with a time limit (the WebAssembly SDK has none) and turns its failure into a registered error. */
async function callNode<T>(node: { url: string; timeoutMs: number }, verb: string, running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(unreachable(node.url, `gave no answer within ${node.timeoutMs} ms`, undefined)),
      node.timeoutMs,
    );
  });
  try {
    return await Promise.race([running, expiry]);
  } catch (error) {
    throw MedexError.is(error) ? error : translate(node.url, verb, error);
  } finally {
    clearTimeout(timer);
  }
}

function translate(url: string, verb: string, failure: unknown): MedexError {
  // the SDK throws strings of JSON, and now and then objects
  const message =
    typeof failure === "string" ? failure : failure instanceof Error ? failure.message : JSON.stringify(failure);
  const cause = failure instanceof Error ? failure : new Error(message);
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

function unreachable(url: string, why: string, cause: unknown): MedexError {
  return new MedexError(
    "SERVICE_UNREACHABLE",
    `Tangle at ${url} ${why}; check that the node is up and the URL is right`,
    {
      cause,
    },
  );
}
