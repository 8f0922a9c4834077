import type { Hex32 } from "@medexchain/chain";
import type { ErrorCode } from "@medexchain/core";

/** The work that a relayer does, one queue each. */
export const JOB_KINDS = [
  "deliver-request",
  "re-encrypt",
  "deliver-response",
  "expire-grant",
  "expire-request",
  "report-equivocation",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** How a job ended well: by our transaction, by someone else's, or because the request had expired before we could act. */
export type JobOutcome = "sent" | "already-done" | "expired";

export const TRANSACTION_STATES = [
  "pending",
  "superseded",
  "confirmed",
  "reverted",
  "replaced",
  "refused",
  "abandoned",
] as const;
/**
 * What became of a transaction. `superseded`: the same call was sent again under the same nonce, for a higher fee; either may be
 * mined. `replaced`: another transaction took its nonce. `refused`: the node did not take it. `abandoned`: its fate is not known, and its
 * account is not run any more.
 */
export type TransactionState = (typeof TRANSACTION_STATES)[number];

export type ClientState = "live" | "frozen" | "expired" | "missing";

interface JobFields {
  readonly kind: JobKind;
  readonly chainId: bigint;
  readonly requestId: Hex32;
  /** Of this job, with this one. */
  readonly attempts: number;
}

interface TransactionFields {
  readonly chainId: bigint;
  readonly action: string;
  /** Whose steps it carries. */
  readonly requestIds: readonly Hex32[];
  readonly nonce: number;
  readonly hash: Hex32;
}

/** Everything that the core has to say. Only ids, hashes, codes and numbers: any field may be logged. */
export type RelayerEvent =
  | {
      /** What the start waits for: it does not answer, or not as it should. */
      readonly type: "waiting";
      readonly where: string;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "started"; readonly url: string }
  | { readonly type: "stopped" }
  | { readonly type: "head"; readonly chainId: bigint; readonly block: number }
  | {
      /** A look at a chain that went well: up to `cursor` its events are stored. */
      readonly type: "watched";
      readonly chainId: bigint;
      readonly cursor: number;
      /** The node's latest block is below that. */
      readonly belowCursor: boolean;
    }
  | { readonly type: "watch-failed"; readonly chainId: bigint; readonly code: ErrorCode; readonly message: string }
  | {
      readonly type: "event-seen";
      readonly chainId: bigint;
      readonly kind: string;
      readonly sequence: number;
      readonly requestId: Hex32;
      readonly block: number;
    }
  | {
      /** The chain has replaced what came after `block`: so many events were forgotten, and jobs opened again. */
      readonly type: "reorganised";
      readonly chainId: bigint;
      readonly block: number;
      readonly events: number;
      readonly jobs: number;
    }
  | ({ readonly type: "job-done"; readonly outcome: JobOutcome; readonly ms: number } & JobFields)
  | ({ readonly type: "job-deferred"; readonly code: ErrorCode; readonly message: string } & JobFields)
  | ({ readonly type: "job-parked"; readonly code: ErrorCode; readonly message: string } & JobFields)
  | ({ readonly type: "transaction-sent" } & TransactionFields)
  | ({
      readonly type: "transaction-settled";
      readonly state: TransactionState;
      readonly ms: number;
    } & TransactionFields)
  | {
      /** An error that nobody handles; the process ends. `job` is the key of the one at which it arose, where that is known. */
      readonly type: "crashed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly job: string | undefined;
    }
  | {
      /** How many requests a chain holds an answer to that their owners' chains did not give, and that is not corrected yet. */
      readonly type: "answers-compared";
      readonly chainId: bigint;
      readonly wrong: number;
    }
  | {
      /** From now on this relayer does alone, of those on its database, what the lease is for; or no longer. */
      readonly type: "lease";
      readonly lease: string;
      readonly held: boolean;
    }
  | {
      /** A relayer signed two statements that contradict each other: that is reported, once in an epoch. */
      readonly type: "equivocation-found";
      /** The chain that takes the statements. */
      readonly chainId: bigint;
      readonly kind: "answers" | "checkpoints";
      readonly relayer: string;
      readonly epoch: bigint;
      /** Of the job that reports it, in the place of a request's. */
      readonly requestId: Hex32;
    }
  | {
      /** How the light client stands that a chain has of another; `missing` where the lane asks for proofs, and it has none. */
      readonly type: "light-client";
      readonly chainId: bigint;
      /** The chain that is followed. */
      readonly sourceChainId: bigint;
      readonly state: ClientState;
      /** The latest block that it was shown. */
      readonly block: number;
    }
  | { readonly type: "storage-recovered" }
  | { readonly type: "re-encrypted"; readonly requestId: Hex32; readonly ms: number }
  | { readonly type: "failed"; readonly where: string; readonly code: ErrorCode; readonly message: string };

export type Observer = (event: RelayerEvent) => void;

/** One observer that tells all. One that throws does not keep the others, or the core, from going on. */
export function combineObservers(observers: readonly Observer[]): Observer {
  return (event) => {
    for (const observe of observers) {
      try {
        observe(event);
      } catch {
        // an observer's fault is its own: the pipeline must not depend on whoever watches it
      }
    }
  };
}
