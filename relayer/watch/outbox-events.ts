/** The three events that are relayed, from logs to rows, and from rows to typed payloads. */

import type { Chain, Hex32 } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { type EventView, eventView } from "@medexchain/evm";
import { isHexString, type Log } from "ethers";
import { z } from "zod";
import { hex32 } from "../database/columns.ts";
import type { NewEvent, Outbox } from "../database/events.ts";
import type { JobKind } from "../observe/observer.ts";

export const EVENT_KINDS = ["AccessRequested", "ReEncryptionRequested", "ResponseReady"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** The work that an event asks for. */
export const JOB_OF_EVENT: Record<EventKind, JobKind> = {
  AccessRequested: "deliver-request",
  ReEncryptionRequested: "re-encrypt",
  ResponseReady: "deliver-response",
};

const OUTBOX_OF_EVENT: Record<EventKind, Outbox> = {
  AccessRequested: "requests",
  ReEncryptionRequested: "grants",
  ResponseReady: "grants",
};

const integer = z.coerce.bigint();

export const PAYLOADS = {
  AccessRequested: z.object({
    request: z.object({
      recordId: hex32,
      requester: hex32,
      purpose: hex32,
      destinationChainId: integer,
      destination: z.string(),
      issuedAt: integer,
      expiry: integer,
      nonce: integer,
    }),
    signature: z.string().refine((value) => isHexString(value)),
  }),
  ReEncryptionRequested: z.object({ recordId: hex32, sealedRekey: hex32 }),
  ResponseReady: z.object({ destinationChainId: integer }),
} as const satisfies Record<EventKind, z.ZodType>;

export type EventPayload<K extends EventKind> = z.output<(typeof PAYLOADS)[K]>;

/** An event as read from a chain: a row, with its payload still typed. */
export type OutboxEvent = { [K in EventKind]: NewEvent & { kind: K; payload: EventPayload<K> } }[EventKind];

/** The events by topic; the contracts are the same on every chain. */
const byTopic = new Map<string, { readonly kind: EventKind; readonly view: EventView }>();

function eventsByTopic(chain: Chain): typeof byTopic {
  if (byTopic.size > 0) return byTopic;
  for (const kind of EVENT_KINDS) {
    const view = eventView(chain[OUTBOX_OF_EVENT[kind]].interface, kind);
    byTopic.set(view.topic, { kind, view });
  }
  return byTopic;
}

/** What `eth_getLogs` is asked for: the outboxes of a chain and their three events. */
export function outboxFilter(chain: Chain): { address: string[]; topics: string[][] } {
  const { deployment } = chain;
  return { address: [deployment.requests, deployment.grants], topics: [[...eventsByTopic(chain).keys()]] };
}

/**
 * Decodes a log of the outboxes.
 *
 * @throws SERVICE_PROTOCOL when it is none of the three events, or comes from the wrong contract: the node ignored the filter
 */
export function decodeOutboxEvent(chain: Chain, log: Log): OutboxEvent {
  const { deployment } = chain;
  const found = eventsByTopic(chain).get(log.topics[0] ?? "");
  const outbox = found && OUTBOX_OF_EVENT[found.kind];
  if (!outbox || deployment[outbox].toLowerCase() !== log.address.toLowerCase()) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${deployment.chainId}: the node sent a log of ${log.transactionHash} that was not asked for`,
    );
  }
  const { kind, view } = found;
  const payload = view.decode(log);
  const fields = {
    outbox,
    sequence: Number(payload.sequence),
    // These are bytes32 in the ABI and in the RPC.
    requestId: payload.requestId as Hex32,
    block: log.blockNumber,
    blockHash: log.blockHash as Hex32,
    transactionHash: log.transactionHash as Hex32,
  };
  switch (kind) {
    case "AccessRequested":
      return { ...fields, kind, payload: PAYLOADS[kind].parse(payload) };
    case "ReEncryptionRequested":
      return { ...fields, kind, payload: PAYLOADS[kind].parse(payload) };
    case "ResponseReady":
      return { ...fields, kind, payload: PAYLOADS[kind].parse(payload) };
  }
}

/** A typed payload as the JSON that is stored; integers as decimal strings. */
export function payloadJson(payload: OutboxEvent["payload"]): unknown {
  return JSON.parse(toJson(payload));
}
