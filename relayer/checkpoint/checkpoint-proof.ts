import { type Checkpoint, ledgerSlots } from "@medexchain/chain";
import type { LedgerProofStruct } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { type Following, keptHeader } from "../prove/light-client.ts";
import { proveStorage } from "../prove/sealed-state.ts";

/**
 * Proves by a ledger's storage that it was, at the end of a checkpoint's block, what the checkpoint says.
 *
 * @returns undefined where the light client has left the block out: there will be a later checkpoint
 * @throws as `keptHeader` and `proveStorage`; SERVICE_PROTOCOL where the node contradicts itself
 */
export async function checkpointProof(
  following: Following,
  checkpoint: Checkpoint,
): Promise<LedgerProofStruct | undefined> {
  const { chainId, ledger, entryCount, blockNumber, head: expected } = checkpoint;
  const header = await keptHeader(following, Number(blockNumber));
  if (header === undefined) return undefined;
  const { head, length, peaks } = ledgerSlots(Number(entryCount));
  const { account, slots, words } = await proveStorage(following.source, header, ledger, [head, length, ...peaks]);
  // The length shares its slot; its 64 bits are the lowest.
  if (words[0] !== BigInt(expected) || BigInt.asUintN(64, words[1] ?? 0n) !== entryCount) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chainId}: the node's log of AccessLedger is not what it holds at block ${blockNumber}: use another node`,
    );
  }
  const [ofHead = [], ofLength = [], ...ofPeaks] = slots.map((nodes) => [...nodes]);
  return { account: [...account], head: ofHead, length: ofLength, peaks: ofPeaks };
}
