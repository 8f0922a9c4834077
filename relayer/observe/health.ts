import { z } from "zod";
import type { ChainConfig, HealthConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import { oldestPending } from "../database/jobs.ts";
import { type ChainProgress, followChains } from "./chain-progress.ts";
import { failureOf } from "./failure.ts";
import { type ClientStanding, clientFailure, followClients } from "./light-clients.ts";
import { combineObservers, type Observer } from "./observer.ts";

export const healthSchema = z.object({
  healthy: z.boolean(),
  reasons: z.array(z.string()).describe("Why it is not; each says what is wrong and where. Empty where it is."),
  headAgeMs: z
    .record(z.string(), z.number().nullable())
    .describe("How long ago each chain's head was read, by chain id; null before the first time."),
  progressAgeMs: z
    .record(z.string(), z.number().nullable())
    .describe("How long ago a range of each chain was stored, or none was left to store, by chain id."),
  oldestPendingMs: z
    .number()
    .nullable()
    .describe("Of the oldest job that the relayer can do something about; null when there is none."),
  database: z.string().nullable().describe("Why the database cannot be asked; null when it can."),
});
/** Whether work is moving. Ages are in milliseconds. */
export type Health = z.infer<typeof healthSchema>;

export interface HealthCheck {
  readonly observe: Observer;
  check(): Promise<Health>;
  chains(): readonly ChainProgress[];
  clients(): readonly ClientStanding[];
}

/** The chain's id, and how long its head may stand still; undefined where it may be idle. */
type Watched = Pick<ChainConfig, "maxHeadStillMs"> & { readonly chainId: bigint };

/** Follows what the watchers read, and answers whether work is moving. */
export function createHealth(watched: readonly Watched[], limits: HealthConfig, database: Database): HealthCheck {
  const progress = followChains(watched.map(({ chainId }) => chainId));
  const clients = followClients();
  return {
    observe: combineObservers([progress.observe, clients.observe]),
    chains: progress.read,
    clients: clients.read,
    check: async () => {
      const chains = progress.read();
      const reasons = chains.flatMap((chain, index) => reasonsOf(chain, limits, watched[index]?.maxHeadStillMs));
      reasons.push(...clients.read().flatMap((client) => clientFailure(client)?.message ?? []));
      const ages = (name: "headAgeMs" | "progressAgeMs") =>
        Object.fromEntries(chains.map((chain) => [String(chain.chainId), chain[name]]));
      const rest = { headAgeMs: ages("headAgeMs"), progressAgeMs: ages("progressAgeMs") };
      let oldest: Date | undefined;
      try {
        oldest = await oldestPending(database);
      } catch (error) {
        const { code, message } = failureOf(error);
        return { healthy: false, reasons: [...reasons, message], ...rest, oldestPendingMs: null, database: code };
      }
      const oldestPendingMs = oldest ? Math.max(0, Date.now() - oldest.getTime()) : null;
      if (oldestPendingMs !== null && oldestPendingMs > limits.maxPendingAgeMs) {
        reasons.push(
          `jobs: the oldest has been pending for ${seconds(oldestPendingMs)}; \`medex relayer status\` says why`,
        );
      }
      return { healthy: reasons.length === 0, reasons, ...rest, oldestPendingMs, database: null };
    },
  };
}

function reasonsOf(chain: ChainProgress, limits: HealthConfig, maxHeadStillMs: number | undefined): string[] {
  const { chainId, headAgeMs, headStillMs, progressAgeMs, head, cursor, belowCursor, failure } = chain;
  const where = `chain ${chainId}`;
  const reasons: string[] = [];
  if (headAgeMs === null) reasons.push(`${where}: its head was never read`);
  else if (headAgeMs > limits.maxHeadAgeMs) reasons.push(`${where}: its head was last read ${seconds(headAgeMs)} ago`);
  if (progressAgeMs !== null && progressAgeMs > limits.maxProgressAgeMs) {
    const why = belowCursor
      ? `its latest block is below block ${cursor}, which was read before: the node is behind, or the chain was started anew`
      : `no blocks were stored for ${seconds(progressAgeMs)}`;
    reasons.push(`${where}: ${why}${failure === null ? "" : ` (${failure})`}`);
  }
  if (maxHeadStillMs !== undefined && headStillMs !== null && headStillMs > maxHeadStillMs) {
    reasons.push(`${where}: its head has stood at block ${head} for ${seconds(headStillMs)}`);
  }
  return reasons;
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
