/** Makes the blocks of one development chain, moves its clock, and replaces its last blocks, by the plan. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "@medexchain/chain";
import { isError, JsonRpcProvider, Transaction, type TransactionLike } from "ethers";
import type { Gate } from "./gate.ts";
import type { ClockJump, FaultPlan, Reorganisation, Stall } from "./plan.ts";
import { randomFrom } from "./random.ts";

export interface ChainDirector extends AsyncDisposable {
  /** Moves the clock, between two blocks. */
  jump(seconds: number): Promise<void>;
  readonly counts: { blocks: number; reorganisations: number; replacedTransactions: number; forgotten: number };
  /** Rejects when the chain could not be directed: then the run says nothing about the relayer. */
  readonly failed: Promise<never>;
}

export interface DirectorOptions {
  readonly name: "chainA" | "chainB";
  readonly deployment: Deployment;
  readonly gate: Gate;
  readonly plan: FaultPlan;
  /** Accounts whose transactions a reorganisation may forget. Those of people are mined again: their wallets would see to it. */
  readonly relayers: readonly string[];
  readonly elapsed: () => number;
  /** Whether no block is to be made now. */
  readonly held: () => boolean;
}

/** How long a reorganisation waits for blocks that hold something of the relayers'. */
const AWAITED_MS = 3_000;

/** Takes block making over from the node, until it is disposed of. */
export async function directChain(options: DirectorOptions): Promise<ChainDirector> {
  const { name, deployment, gate, plan } = options;
  const provider = new JsonRpcProvider(deployment.rpcUrl, Number(deployment.chainId), {
    staticNetwork: true,
    cacheTimeout: -1,
  });
  const send = (method: string, parameters: unknown[] = []): Promise<unknown> => provider.send(method, parameters);
  const random = randomFrom(`medexchain/chaos/${plan.seed}/${name}`);
  const counts = { blocks: 0, reorganisations: 0, replacedTransactions: 0, forgotten: 0 };
  const mine = async () => {
    await send("evm_mine");
    counts.blocks += 1;
  };
  const jump = (seconds: number) =>
    gate.alone(async () => {
      await send("evm_increaseTime", [seconds]);
      await mine();
    });
  // Asked for from outside: never while blocks are being replaced, which would undo it.
  const asked: { seconds: number; done: () => void }[] = [];

  const pendingRaw = async (): Promise<string[]> => {
    const pending = await send("eth_pendingTransactions");
    if (!Array.isArray(pending)) throw new TypeError("eth_pendingTransactions answers with a list");
    return Promise.all(pending.map(({ hash }: { hash: string }) => rawOf(provider, hash)));
  };

  const isIdle = plan.idle.includes(name);
  const hasPending = async (): Promise<boolean> => {
    const pending = await send("eth_pendingTransactions");
    return Array.isArray(pending) && pending.length > 0;
  };

  const hasRelayers = async (from: number, to: number): Promise<boolean> => {
    for (let number = from; number <= to; number += 1) {
      const block = await provider.getBlock(number, true);
      if (block?.prefetchedTransactions.some((sent) => options.relayers.includes(sent.from))) return true;
    }
    return false;
  };

  /** Replaces blocks that hold something of the relayers', if such come in time. */
  const replaceBlocks = async ({ at, depth, forgotten }: Reorganisation) => {
    let base: number;
    let snapshot: unknown;
    do {
      base = await provider.getBlockNumber();
      snapshot = await gate.alone(() => send("evm_snapshot"));
      for (let block = 0; block < depth; block += 1) {
        await sleep(plan.blockInterval);
        if (!options.held()) await mine();
      }
    } while (options.elapsed() < at + AWAITED_MS && !(await hasRelayers(base + 1, base + depth)));
    await gate.alone(async () => {
      const raws: string[] = [];
      for (let block = base + 1; block <= base + depth; block += 1) {
        const found = await provider.getBlock(block);
        for (const hash of found?.transactions ?? []) raws.push(await rawOf(provider, hash));
      }
      counts.replacedTransactions += raws.length;
      raws.push(...(await pendingRaw()));
      await send("evm_revert", [snapshot]);
      const isForgotten = (raw: string) => {
        const { from } = Transaction.from(raw);
        return from !== null && options.relayers.includes(from) && random.chance(forgotten);
      };
      const kept = raws.filter((raw) => !isForgotten(raw));
      counts.forgotten += raws.length - kept.length;
      // A first block without them, so that every hash differs; then one longer than what it replaces.
      await mine();
      for (const raw of kept) await send("eth_sendRawTransaction", [raw]).catch(expectKnown);
      for (let block = 0; block < depth; block += 1) await mine();
    });
    counts.reorganisations += 1;
  };

  const due = <T extends { at: number; chain: string }>(items: readonly T[]): T[] =>
    items.filter(({ chain }) => chain === name);
  const jumps: ClockJump[] = due(plan.clockJumps);
  const stalls: Stall[] = due(plan.stalls);
  const reorganisations: Reorganisation[] = due(plan.reorganisations);

  await send("evm_setAutomine", [false]);
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const now = options.elapsed();
      const [reorganisation] = reorganisations;
      const [clockJump] = jumps;
      const [stall] = stalls;
      const request = asked.shift();
      if (request) {
        await jump(request.seconds);
        request.done();
      } else if (stall && stall.at <= now) {
        stalls.shift();
        await sleep(stall.length, undefined, { signal: stopping.signal }).catch(() => undefined); // cut short, it rejects
      } else if (reorganisation && reorganisation.at <= now) {
        reorganisations.shift();
        await replaceBlocks(reorganisation);
      } else if (clockJump && clockJump.at <= now) {
        jumps.shift();
        await jump(clockJump.seconds);
      } else if (!options.held() && (!isIdle || (await hasPending()))) {
        await mine();
      }
      await sleep(plan.blockInterval);
    }
  })();
  const failed = new Promise<never>((_, reject) => {
    running.catch(reject);
  });
  failed.catch(() => undefined); // whoever waits for the run is told
  return {
    jump: (seconds) => new Promise((done) => asked.push({ seconds, done })),
    counts,
    failed,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running.catch(() => undefined);
      provider.destroy();
    },
  };
}

/** What waited to be mined at the snapshot is back with it, or mined by now. */
function expectKnown(error: unknown): void {
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED")) return;
  if (error instanceof Error && /known transaction|already known|replacement transaction/i.test(error.message)) return;
  throw error;
}

/** A transaction as it was sent. */
async function rawOf(provider: JsonRpcProvider, hash: string): Promise<string> {
  const found = await provider.getTransaction(hash);
  if (found === null) throw new Error(`the chain lost transaction ${hash} while its blocks were replaced`);
  const { type, to, nonce, gasLimit, gasPrice, maxFeePerGas, maxPriorityFeePerGas, data, value, chainId, signature } =
    found;
  const fees = type === 2 ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice };
  const like: TransactionLike = { type, to, nonce, gasLimit, data, value, chainId, signature, ...fees };
  return Transaction.from(like).serialized;
}
