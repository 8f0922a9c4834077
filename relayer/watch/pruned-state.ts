import { MedexError } from "@medexchain/core";
import { z } from "zod";

/** How nodes say that they have thrown away the state of an old block, or its receipts: geth, Erigon, Nethermind, Besu, Reth. */
const PRUNED =
  /missing trie node|no state available|state .*(is not available|unavailable|pruned)|state unavailable|pruned history|due to pruning/i;

const nodeErrorSchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * The error of a node that no longer has what is asked for; undefined for any other. ethers reports that of `eth_call` as a revert
 * without a reason, which would be final.
 */
export function prunedState(error: unknown, chainId: bigint, block: number): MedexError | undefined {
  if (!(error instanceof Error)) return undefined;
  const told = "info" in error ? error.info : error;
  const said = nodeErrorSchema.safeParse(told).data ?? nodeErrorSchema.safeParse(error).data;
  if (said === undefined || !PRUNED.test(said.error.message)) return undefined;
  return new MedexError(
    "CHAIN_STATE_PRUNED",
    `chain ${chainId}: the node no longer has the state of block ${block}, up to which is read; use an archive node for rpcUrl until it has caught up`,
    { cause: error },
  );
}
