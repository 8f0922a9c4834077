import { type JsonRpcError, type JsonRpcPayload, JsonRpcProvider, type JsonRpcResult, makeError } from "ethers";

/** Calls that come close together share a request; nodes refuse batches that are much larger. */
const GATHER_MS = 5;
const MAX_BATCH = 100;

type Answer = JsonRpcResult | JsonRpcError;

/** What may be asked once for all that ask it in the same batch. */
const SHARED: ReadonlySet<string> = new Set(["eth_call", "eth_blockNumber", "eth_getBlockByNumber"]);

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly payload: JsonRpcPayload;
}

/**
 * ethers' provider with a batch that is put into bytes once. ethers' own is written out anew for each call that joins it, and character
 * by character, which was a sixth of a busy relayer's time.
 */
export class RpcProvider extends JsonRpcProvider {
  #waiting = new Map<string, Waiting>();
  #nextId = 1;

  override send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    const id = this.#nextId++;
    const key = SHARED.has(method) ? JSON.stringify([method, params]) : String(id);
    const asked = this.#waiting.get(key);
    if (asked) return asked.promise;
    const waiting = { payload: { method, params, id, jsonrpc: "2.0" as const }, ...Promise.withResolvers<unknown>() };
    this.#waiting.set(key, waiting);
    if (this.#waiting.size === 1) setTimeout(() => this.#drain(), GATHER_MS);
    return waiting.promise;
  }

  #drain(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let from = 0; from < waiting.length; from += MAX_BATCH) void this.#ask(waiting.slice(from, from + MAX_BATCH));
  }

  async #ask(calls: readonly Waiting[]): Promise<void> {
    try {
      const payloads = calls.map(({ payload }) => payload);
      const [only] = payloads;
      if (this.destroyed || only === undefined) throw makeError("provider destroyed", "UNSUPPORTED_OPERATION");
      const answers = await this.#post(payloads.length === 1 ? only : payloads);
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      for (const { payload, resolve, reject } of calls) {
        const answer = byId.get(payload.id);
        if (!answer)
          reject(makeError("missing response for request", "BAD_DATA", { value: answers, info: { payload } }));
        else if ("error" in answer) reject(this.getRpcError(payload, answer));
        else resolve(answer.result);
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  /** What a node answers otherwise than with 200 goes ethers' own way, which waits and asks again when a node says so. */
  async #post(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[]> {
    const request = this._getConnection();
    request.body = Buffer.from(JSON.stringify(payload));
    request.setHeader("content-type", "application/json");
    const { statusCode, body } = await request.getUrlFunc(request);
    if (statusCode !== 200 || body === null) return this._send(payload);
    const answers: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
    // As ethers does: what is no answer to a call is found out where calls are matched with answers.
    return (Array.isArray(answers) ? answers : [answers]) as Answer[];
  }
}
