/** What a batch says of its items: it skips a bad one and reports it (`IBatches.BatchItemSkipped`). */
import { Interface } from "ethers";
import type { MinedLog } from "./flight.ts";

const BATCHES = new Interface([
  "event BatchItemSkipped(uint256 indexed index, bytes32 indexed id, bytes reason)",
  "error BatchesOutOfGas(uint256 index)",
]);
const SKIPPED = BATCHES.getEvent("BatchItemSkipped")?.topicHash;

/** The items that were skipped, by their place in the batch, each with the custom error that it would have met alone. */
export function skippedItems(logs: readonly MinedLog[], contract: string): Map<number, string> {
  const skipped = new Map<number, string>();
  for (const log of logs) {
    if (log.topics[0] !== SKIPPED || log.address.toLowerCase() !== contract.toLowerCase()) continue;
    const parsed = BATCHES.parseLog(log);
    if (parsed) skipped.set(Number(parsed.args.index), String(parsed.args.reason));
  }
  return skipped;
}
