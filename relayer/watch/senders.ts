import { ask, type Chain, type Hex32 } from "@medexchain/chain";
import type { OutboxEvent } from "./outbox-events.ts";

/**
 * Whose content each event's job works on, so that one sender's jobs do not take all places: a request is its requester's, an approval
 * the owner's whose capsule and sealed key it names. A response is the contract's.
 *
 * @returns in the order of the events: a member's id, the record's where its owner cannot be read, or undefined
 */
export async function sendersOf(chain: Chain, events: readonly OutboxEvent[]): Promise<(Hex32 | undefined)[]> {
  return Promise.all(
    events.map(async (event) => {
      switch (event.kind) {
        case "AccessRequested":
          return event.payload.request.requester;
        case "ReEncryptionRequested":
          return ownerOf(chain, event.payload.recordId).catch(() => event.payload.recordId);
        case "ResponseReady":
          return undefined;
      }
    }),
  );
}

async function ownerOf(chain: Chain, recordId: Hex32): Promise<Hex32> {
  const { owner } = await ask(chain, () => chain.records.record(recordId));
  return owner as Hex32; // bytes32 in the ABI; ethers types every hex string as `string`
}
