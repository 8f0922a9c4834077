import { ask, type Chain } from "@medexchain/chain";
import type { DeferredTopicFilter, EventLog, Log } from "ethers";

/** Most blocks that one `eth_getLogs` asks for: what public nodes answer. */
const MAX_RANGE = 2_000;

/** Every log of a filter from a block on, oldest first, in ranges that nodes answer. */
export async function queryAll(
  chain: Chain,
  filter: DeferredTopicFilter & { readonly fragment: { readonly name: string } },
  fromBlock: number,
): Promise<(EventLog | Log)[]> {
  const { provider } = chain;
  const latest = await ask(chain, () => provider.getBlockNumber());
  const topics = await filter.getTopicFilter();
  const address = addressOf(chain, filter.fragment.name);
  const logs: (EventLog | Log)[] = [];
  for (let from = fromBlock; from <= latest; from += MAX_RANGE) {
    const toBlock = Math.min(from + MAX_RANGE - 1, latest);
    logs.push(...(await ask(chain, () => provider.getLogs({ address, topics, fromBlock: from, toBlock }))));
  }
  return logs;
}

/** The contract that has the event. */
function addressOf({ deployment, hospitals, records, grants }: Chain, event: string): string {
  if (hospitals.interface.hasEvent(event)) return deployment.hospitals;
  if (records.interface.hasEvent(event)) return deployment.records;
  if (grants.interface.hasEvent(event)) return deployment.grants;
  return deployment.requests;
}
