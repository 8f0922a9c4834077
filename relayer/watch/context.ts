import type { Chain } from "@medexchain/chain";
import type { Pace } from "@medexchain/evm";
import type { ChainConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { Observer } from "../observe/observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import type { Endpoints } from "../rpc/endpoints.ts";
import type { Right } from "../share/leases.ts";
import type { Waits } from "../turns/turns.ts";

/** What watching one chain takes. */
export interface WatchContext {
  readonly chain: Chain;
  readonly config: ChainConfig;
  readonly database: Database;
  /** All of the chain's nodes; with one, its word is all there is. */
  readonly endpoints?: Endpoints;
  readonly enqueue: Enqueue;
  /** How long steps are left to relayers with other databases; not at all where it is absent. */
  readonly waits?: Waits;
  readonly observe: Observer;
  /** How many blocks the next `eth_getLogs` asks for: fewer after a refusal, then more again. */
  readonly pace: Pace;
  /** The latest block when everything up to it was read and found to stand, and when that was; where it is absent, each look is a whole one. */
  readonly still?: { block: number; at: number };
  /** From so many pending jobs on, nothing more is read. */
  readonly maxPending: number;
  /** Whether this relayer may read, of those on its database; always, where it is absent. */
  reads?(): Right | undefined;
  /** Called after a rollback: transactions may be pending again. */
  rolledBack(): Promise<void>;
}
