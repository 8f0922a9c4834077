import { type Chain, chainLogs } from "@medexchain/chain";
import type { DeferredTopicFilter, EventLog, Log } from "ethers";

/** Every log of a filter from a block on, oldest first, in ranges that nodes answer. */
export async function queryAll(
  chain: Chain,
  filter: DeferredTopicFilter & { readonly fragment: { readonly name: string } },
  fromBlock: number,
): Promise<(EventLog | Log)[]> {
  const topics = await filter.getTopicFilter();
  const address = addressOf(chain, filter.fragment.name);
  return chainLogs(chain, (from, to) => chain.provider.getLogs({ address, topics, fromBlock: from, toBlock: to }), {
    from: fromBlock,
  });
}

/** The contract that has the event. */
function addressOf({ deployment, hospitals, records, grants }: Chain, event: string): string {
  if (hospitals.interface.hasEvent(event)) return deployment.hospitals;
  if (records.interface.hasEvent(event)) return deployment.records;
  if (grants.interface.hasEvent(event)) return deployment.grants;
  return deployment.requests;
}
