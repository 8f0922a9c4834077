import type { Hex32 } from "@medexchain/chain";
import { addressWord, eventLogs, hexWord, intWord } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { KeptCheckpoint } from "./ledger.ts";

/** The checkpoints of every audited ledger that other chains keep, by the ledger's chain. */
export function keptCheckpoints({ store, deployments }: VerifyContext): Map<bigint, KeptCheckpoint[]> {
  const kept: KeptCheckpoint[] = [];
  for (const log of eventLogs(store, ["CheckpointStored"])) {
    const { data, chainId: keptBy } = log;
    if (data.length < 160) continue; // malformed, which the pass over the chain reports
    const chainId = intWord(data, 0);
    const ledger = addressWord(data, 1);
    if (ledger !== deployments.get(chainId)?.ledger.toLowerCase()) continue; // another ledger of the chain
    const head: Hex32 = hexWord(data, 4);
    kept.push({ chainId, ledger, entryCount: intWord(data, 2), blockNumber: intWord(data, 3), head, keptBy });
  }
  return Map.groupBy(kept, ({ chainId }) => chainId);
}
