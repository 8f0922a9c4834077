/**
 * The RPC endpoints of one chain: calls go to one of them, and to the next when it fails. What one says alone can be put to all.
 */
import { MedexError } from "@medexchain/core";
import { httpTransport, jsonRpc, type Posted, type Transport } from "@medexchain/evm";
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
  /** Prefers the others for a while: this one lags, or says what most do not. */
  distrust(url: string): void;
  /** The one that calls go to first now. */
  current(): string;
}

/** How long an endpoint that failed, or is not believed, comes after the others. */
const COOL_DOWN_MS = 10_000;

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
  return {
    current: () => inOrder()[0]?.[0] ?? "",
    distrust,
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
    askEach: (method, params) =>
      Promise.all(
        clients.map(async ([url, client]): Promise<Answer> => {
          try {
            return { url, result: await client.request(method, params) };
          } catch (error) {
            return { url, error }; // that it does not answer is what the caller learns
          }
        }),
      ),
  };
}
