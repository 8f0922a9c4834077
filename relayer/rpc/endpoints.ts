/**
 * The RPC endpoints of one chain: calls go to one of them, and to the next when it fails. What one says alone can be put to all.
 */
import {
  type FetchCancelSignal,
  type FetchGetUrlFunc,
  type FetchRequest,
  type GetUrlResponse,
  makeError,
} from "ethers";
import { z } from "zod";
import { printableUrl } from "../config/schema.ts";
import { post } from "./post.ts";

/** What one endpoint answers; without `result` it does not, or with an error. */
export interface Answer {
  readonly url: string;
  readonly result?: unknown;
}

export interface Endpoints {
  /** How ethers reaches them. */
  readonly getUrl: FetchGetUrlFunc;
  /** Puts one call to all of them at once. */
  askEach(method: string, params: readonly unknown[]): Promise<Answer[]>;
  /** Prefers the others for a while: this one lags, or says what most do not. */
  distrust(url: string): void;
  /** The one that calls go to first now. */
  current(): string;
}

/** How long an endpoint that failed, or is not believed, comes after the others. */
const COOL_DOWN_MS = 10_000;

const answerSchema = z.object({ result: z.unknown().optional() });

/**
 * @param urls in order of preference
 * @param timeoutMs after which an endpoint that has not answered counts as failed
 */
export function createEndpoints(urls: readonly string[], timeoutMs: number): Endpoints {
  const distrustedUntil = new Map<string, number>();
  const inOrder = (): string[] => {
    const now = performance.now();
    const isCooling = (url: string): number => ((distrustedUntil.get(url) ?? 0) > now ? 1 : 0);
    return [...urls].sort((a, b) => isCooling(a) - isCooling(b)); // stable: preference decides among equals
  };
  const distrust = (url: string): void => {
    distrustedUntil.set(url, performance.now() + COOL_DOWN_MS);
  };
  return {
    current: () => inOrder()[0] ?? "",
    distrust,
    getUrl: async (request: FetchRequest, cancel?: FetchCancelSignal): Promise<GetUrlResponse> => {
      const controller = new AbortController();
      cancel?.addListener(() => controller.abort());
      let last: GetUrlResponse | undefined;
      for (const url of inOrder()) {
        try {
          const { status, statusText, headers, body } = await post(
            url,
            request.body ?? "",
            timeoutMs,
            cancel ? controller.signal : undefined,
          );
          last = { statusCode: status, statusMessage: statusText, headers, body };
          if (status < 500 && status !== 429) return last;
        } catch {
          if (controller.signal.aborted) break;
        }
        distrust(url);
      }
      if (last) return last;
      const places = urls.map(printableUrl).join(", ");
      throw makeError(`no answer from ${places}`, "NETWORK_ERROR", { event: "request" });
    },
    askEach: (method, params) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      return Promise.all(
        urls.map(async (url): Promise<Answer> => {
          try {
            const parsed = answerSchema.safeParse(JSON.parse((await post(url, body, timeoutMs)).body.toString()));
            return parsed.success && parsed.data.result !== undefined ? { url, result: parsed.data.result } : { url };
          } catch {
            return { url }; // that it does not answer is what the caller learns
          }
        }),
      );
    },
  };
}
