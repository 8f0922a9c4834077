import { type Chain, chainLogs } from "@medexchain/chain";
import { decodeOutboxEvent, type OutboxEvent, outboxFilter } from "./outbox-events.ts";

/**
 * The outbox events of one block, for what the contract's state names by its block and does not say itself.
 *
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function eventsInBlock(chain: Chain, block: number): Promise<OutboxEvent[]> {
  const logs = await chainLogs(
    chain,
    (fromBlock, toBlock) => chain.provider.getLogs({ ...outboxFilter(chain), fromBlock, toBlock }),
    { from: block, to: block },
  );
  return logs.map((log) => decodeOutboxEvent(chain, log));
}
