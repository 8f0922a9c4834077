import { CHECKPOINT_WORDS, decodeCheckpoint } from "../store/decode.ts";
import { eventLogs, intWord } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { KeptCheckpoint } from "./ledger-checkpoints.ts";

/** The checkpoints of every audited ledger that other chains keep, by the ledger's chain. */
export function keptCheckpoints({
  store,
  deployments,
}: Pick<VerifyContext, "store" | "deployments">): Map<bigint, KeptCheckpoint[]> {
  const kept: KeptCheckpoint[] = [];
  for (const log of eventLogs(store, ["CheckpointStored"])) {
    const { data, chainId: keptBy } = log;
    if (data.length < 32 * CHECKPOINT_WORDS) continue; // malformed, which the pass over the chain reports
    const { ledger } = decodeCheckpoint(data);
    if (ledger !== deployments.get(intWord(data, 0))?.ledger.toLowerCase()) continue; // another ledger of the chain
    kept.push({ ...decodeCheckpoint(data), keptBy });
  }
  return Map.groupBy(kept, ({ chainId }) => chainId);
}
