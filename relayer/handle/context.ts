import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import type { Wallet } from "ethers";
import type { z } from "zod";
import { chainOf, type RelayChains } from "../chains/relay-chain.ts";
import type { ContentCache } from "../concurrency/content-cache.ts";
import type { Database } from "../database/database.ts";
import type { EventName } from "../database/events.ts";
import type { Job, JobSubject } from "../database/jobs.ts";
import type { RequestSide } from "../database/requests.ts";
import type { Observer } from "../observe/observer.ts";
import type { Peers } from "../peers/peers.ts";
import type { Prover } from "../prove/prover.ts";
import type { ReEncryptor } from "../re-encrypt/pool.ts";
import { type EventKind, type EventPayload, PAYLOADS } from "../watch/outbox-events.ts";
import { payloadFromState } from "./payload-from-state.ts";

/** What handlers work with. */
export interface HandlerContext {
  readonly chains: RelayChains;
  readonly database: Database;
  /** Relayers with databases of their own. */
  readonly peers: Peers;
  readonly store: ContentStore;
  readonly reEncryptor: ReEncryptor;
  /** Proves on one chain what another said, where the lane asks for that. */
  readonly prover: Prover;
  /** Capsules by chain and record. */
  readonly capsules: ContentCache<Uint8Array>;
  /** Certificates that are being imported, by chain, member and serial. */
  readonly imports: Map<string, Promise<void>>;
  /** Signs attestations; the same account sends. */
  readonly account: Wallet;
  /** Signs shares of aggregates, where this relayer takes part in them. */
  readonly blsKey?: Uint8Array | undefined;
  readonly observe: Observer;
  /** Aborted when the relayer closes: what only waits for IPFS is given up, and done again at the next start. */
  readonly closing: AbortSignal;
  /** The payload of an event, to be parsed; undefined where there is none. */
  readPayload(name: EventName): Promise<unknown>;
  /** Notes that a request was read as ended on one of its chains. */
  markEnded(side: RequestSide, requestId: Hex32): Promise<void>;
  /** Gives a parked job another try. */
  retry(subject: JobSubject): Promise<boolean>;
}

/**
 * The payload of the event that gave rise to a job, or the same from the chain's state where the event was not read.
 *
 * @throws REQUEST_UNKNOWN when neither has it yet; DATABASE_INVALID when it is of another version
 */
export async function payloadOf<K extends EventKind>(
  { chains, readPayload }: HandlerContext,
  { chainId, requestId }: Pick<Job, "chainId" | "requestId">,
  kind: K,
): Promise<EventPayload<K>> {
  // TypeScript does not follow the index through the union: the schema of kind K yields the payload of kind K.
  const schema = PAYLOADS[kind] as unknown as z.ZodType<EventPayload<K>>;
  const stored = await readPayload({ chainId, kind, requestId });
  const found = stored ?? (await payloadFromState(chainOf(chains, chainId).chain, kind, requestId));
  if (found === undefined) {
    // Another relayer's node is ahead of this one's, or the chain is about to show it.
    throw new MedexError("REQUEST_UNKNOWN", `chain ${chainId} does not show ${kind} of request ${requestId} yet`);
  }
  const parsed = schema.safeParse(found);
  if (parsed.success) return parsed.data;
  throw new MedexError(
    "DATABASE_INVALID",
    `relayer database: the ${kind} event of request ${requestId} cannot be read: another version wrote it`,
  );
}
