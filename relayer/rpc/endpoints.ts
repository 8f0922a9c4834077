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
import { printableUrl } from "../config.ts";

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
  const post = async (url: string, body: string | Uint8Array, signal?: AbortSignal): Promise<Response> => {
    const { href, headers } = withoutCredentials(url);
    const timeout = AbortSignal.timeout(timeoutMs);
    return fetch(href, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : new Uint8Array(body),
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
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
          const answer = await post(url, request.body ?? "", controller.signal);
          last = {
            statusCode: answer.status,
            statusMessage: answer.statusText,
            headers: Object.fromEntries(answer.headers),
            body: new Uint8Array(await answer.arrayBuffer()),
          };
          if (answer.status < 500 && answer.status !== 429) return last;
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
            const parsed = answerSchema.safeParse(await (await post(url, body)).json());
            return parsed.success && parsed.data.result !== undefined ? { url, result: parsed.data.result } : { url };
          } catch {
            return { url }; // that it does not answer is what the caller learns
          }
        }),
      );
    },
  };
}

/** `fetch` refuses a URL with a user and password; they go into the header that they stand for. */
function withoutCredentials(url: string): { href: string; headers: Record<string, string> } {
  const { username, password } = new URL(url);
  if (username === "" && password === "") return { href: url, headers: {} };
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { href: bare.href, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}
