/**
 * The RPC endpoints of one chain: calls go to one of them, and to the next when it fails. What one says alone can be put to all.
 */
import { MedexError } from "@medexchain/core";
import { httpTransport, type JsonRpc, jsonRpc, type Posted, type Transport } from "@medexchain/evm";
import { printableUrl } from "../config/schema.ts";

/** What one endpoint answers; without `result` it does not, or with `error`. */
export interface Answer {
  readonly url: string;
  readonly result?: unknown;
  /** A `NodeRefusal`, or why there is no answer. */
  readonly error?: unknown;
}

export interface Endpoints {
  /** How a chain's client reaches them. */
  readonly transport: Transport;
  /** Puts one call to all of them at once. */
  askEach(method: string, params: readonly unknown[]): Promise<Answer[]>;
  /** As `askEach`, where what to ask of one hangs on what it has answered before. */
  each(ask: (request: JsonRpc["request"]) => Promise<unknown>): Promise<Answer[]>;
  /** Prefers the others for a while: this one lags, or says what most do not. */
  distrust(url: string): void;
  /** The one that calls go to first now. */
  current(): string;
  /** Notes a block that the chain has. */
  sawHead(block: number): void;
  /** The highest that was noted of late; undefined where none was. */
  headSeen(): number | undefined;
}

/** How long an endpoint that failed, or is not believed, comes after the others. */
const COOL_DOWN_MS = 10_000;
/** For how long a block that was seen counts: one that a reorganisation took away, or a lie, is forgotten then. */
const HEAD_MS = 60_000;

/**
 * @param urls in order of preference
 * @param timeoutMs after which an endpoint that has not answered counts as failed
 */
export function createEndpoints(urls: readonly string[], timeoutMs: number): Endpoints {
  const nodes = new Map(urls.map((url) => [url, httpTransport(url, timeoutMs)]));
  const distrustedUntil = new Map<string, number>();
  const inOrder = (): [string, Transport][] => {
    const now = performance.now();
    const isCooling = (url: string): number => ((distrustedUntil.get(url) ?? 0) > now ? 1 : 0);
    return [...nodes].sort(([a], [b]) => isCooling(a) - isCooling(b)); // stable: preference decides among equals
  };
  const distrust = (url: string): void => {
    distrustedUntil.set(url, performance.now() + COOL_DOWN_MS);
  };
  const clients = [...nodes].map(
    ([url, transport]) => [url, jsonRpc({ node: "a node", place: printableUrl(url), transport, attempts: 1 })] as const,
  );
  const each: Endpoints["each"] = (ask) =>
    Promise.all(
      clients.map(async ([url, { request }]): Promise<Answer> => {
        try {
          return { url, result: await ask(request) };
        } catch (error) {
          return { url, error }; // that it does not answer is what the caller learns
        }
      }),
    );
  let seen: { readonly block: number; readonly at: number } | undefined;
  const headSeen = (): number | undefined => (seen && performance.now() - seen.at < HEAD_MS ? seen.block : undefined);
  return {
    current: () => inOrder()[0]?.[0] ?? "",
    distrust,
    sawHead: (block) => {
      if (block >= (headSeen() ?? 0)) seen = { block, at: performance.now() };
    },
    headSeen,
    transport: async (body, options) => {
      let last: Posted | undefined;
      let failure: unknown;
      for (const [url, transport] of inOrder()) {
        try {
          last = await transport(body, options);
          if (last.status < 500 && last.status !== 429) return last;
        } catch (error) {
          options.signal?.throwIfAborted();
          failure = error;
        }
        distrust(url);
      }
      if (last) return last;
      if (MedexError.is(failure)) throw failure; // too long: it is asked for less
      throw new Error(`no answer from ${urls.map(printableUrl).join(", ")}`, { cause: failure });
    },
    each,
    askEach: (method, params) => each((request) => request(method, params)),
  };
}
