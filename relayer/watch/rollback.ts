import { MedexError } from "@medexchain/core";
import { type Cursor, moveCursor, positionsBelow } from "../database/cursors.ts";
import { holdsLease } from "../database/leases.ts";
import { undoAfter } from "../database/rollback.ts";
import { standingOf } from "./canonical.ts";
import type { WatchContext } from "./context.ts";

/**
 * Goes back to the last position that is still part of the chain: events after it are forgotten with their jobs, what was sent
 * after it is pending again, and jobs that it had done are open again.
 *
 * @throws CHAIN_REORGANISED when no stored position is left
 */
export async function rollBack(context: WatchContext, cursor: Cursor): Promise<void> {
  const { chain, config, database, endpoints, observe } = context;
  const { chainId } = chain.deployment;
  const right = context.reads?.();
  let ancestor: Cursor | undefined;
  for (const position of await positionsBelow(database, chainId, cursor.block)) {
    if ((await standingOf(chain, endpoints, position)) !== "canonical") continue;
    ancestor = position;
    break;
  }
  if (!ancestor && cursor.block - config.fromBlock > config.rollbackBlocks) {
    throw new MedexError(
      "CHAIN_REORGANISED",
      `chain ${chainId}: everything that was read up to block ${cursor.block} was replaced: the chain was started anew, or the node serves another one; check the rpcUrl, and if it is right, start with a new database`,
    );
  }
  const block = ancestor?.block ?? config.fromBlock - 1;
  const undone = await database.transaction(async (tx) => {
    if (right?.lease && !(await holdsLease(tx, right.lease))) return undefined;
    // Whoever moves the cursor first rolls back; to the others it is a cursor that has moved.
    if (!(await moveCursor(tx, chainId, cursor, ancestor))) return undefined;
    return undoAfter(tx, chainId, block);
  });
  if (!undone) return;
  observe({ type: "reorganised", chainId, block, ...undone });
  await context.rolledBack();
}
