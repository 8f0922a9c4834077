import { MedexError } from "@medexchain/core";
import type { JsonRpc } from "@medexchain/evm";
import { type JsonRpcPayload, JsonRpcProvider, makeError, type TransactionRequest } from "ethers";
import { isResultOf } from "./rpc-results.ts";

/** Calls that come close together share a request; nodes refuse batches that are much larger. */
const GATHER_MS = 5;
const MAX_BATCH = 100;

/** What may be asked once for all that ask it in the same batch. */
const SHARED: ReadonlySet<string> = new Set(["eth_call", "eth_blockNumber", "eth_getBlockByNumber"]);

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly payload: JsonRpcPayload;
}

/**
 * ethers' provider over our own client. ethers writes a batch out anew for each call that joins it, and character by character, which was
 * a sixth of a busy relayer's time.
 */
export class RpcProvider extends JsonRpcProvider {
  readonly #rpc: JsonRpc;
  readonly #node: string;
  #waiting = new Map<string, Waiting>();
  #nextId = 1;

  /** @param rpcUrl for errors */
  constructor(rpcUrl: string, chainId: number, rpc: JsonRpc) {
    // The network is static: ethers asks for the chain id before every call otherwise.
    super(rpcUrl, chainId, { staticNetwork: true, pollingInterval: 100, cacheTimeout: -1 });
    this.#rpc = rpc;
    this.#node = `chain ${chainId}: the node at ${new URL(rpcUrl).origin}`;
  }

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

  /**
   * What a call takes grows a little where others of the same block come before it, as the ranges of messages and the logs then have another
   * shape: a quarter is added, of which what is not used is paid back.
   */
  override async estimateGas(transaction: TransactionRequest): Promise<bigint> {
    return ((await super.estimateGas(transaction)) * 5n) / 4n;
  }

  #drain(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let from = 0; from < waiting.length; from += MAX_BATCH) void this.#ask(waiting.slice(from, from + MAX_BATCH));
  }

  async #ask(calls: readonly Waiting[]): Promise<void> {
    try {
      if (this.destroyed) throw makeError("provider destroyed", "UNSUPPORTED_OPERATION");
      const answers = await this.#rpc.answers(calls.map(({ payload }) => payload));
      for (const [at, { payload, resolve, reject }] of calls.entries()) {
        const answer = answers[at];
        // As ethers has it, so that its contracts find the data of a revert.
        if (answer && "error" in answer) reject(this.getRpcError(payload, { id: payload.id, error: answer.error }));
        else if (isResultOf(payload.method, answer?.result)) resolve(answer?.result);
        else reject(this.#isNoAnswer(payload.method));
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  /** What is not told here surfaces in ethers, as an error that does not say that it is the node's. */
  #isNoAnswer(method: string): MedexError {
    return new MedexError(
      "SERVICE_PROTOCOL",
      `${this.#node} answers ${method} with what is no answer to it: check the rpcUrl, and that it is an Ethereum node's`,
    );
  }
}
