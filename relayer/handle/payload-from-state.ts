import type { Chain, Hex32 } from "@medexchain/chain";
import { grantOf, statusOf } from "../rpc/views.ts";
import { eventsInBlock } from "../watch/events-in-block.ts";
import type { EventKind } from "../watch/outbox-events.ts";

/**
 * What an event said, where it was not read: from the contract's state, and for a request from the log of the block that the state
 * names. To be parsed; undefined where the chain has none.
 */
export async function payloadFromState(chain: Chain, kind: EventKind, requestId: Hex32): Promise<unknown> {
  if (kind === "AccessRequested") {
    const { requestedAt } = await statusOf(chain, requestId);
    if (requestedAt === 0n) return undefined;
    const events = await eventsInBlock(chain, Number(requestedAt));
    return events.find((event) => event.kind === kind && event.requestId === requestId)?.payload;
  }
  const { recordId, key, sourceChainId } = await grantOf(chain, requestId);
  if (sourceChainId === 0n) return undefined;
  return kind === "ReEncryptionRequested"
    ? { recordId, sealedRekey: key } // the key of a grant is the sealed one until it is re-encrypted
    : { destinationChainId: sourceChainId };
}
