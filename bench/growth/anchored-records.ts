import { ask, type Hex32, recordIdOf, transact } from "@medexchain/chain";
import { startDevnet } from "@medexchain/devnet";
import { assembleCast } from "../../devnet/cast.ts";
import { BATCH, drawHex, grow, pick, type Subject } from "./grow.ts";

/** Records anchored on chain A, by a batch a transaction. */
export async function anchoredRecordsGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const devnet = stack.adopt(await startDevnet(), (each) => each.close());
  const cast = stack.adopt(await assembleCast(devnet), (each) => each.close());
  const { chain, memberId } = cast.patient;
  const recordIds: Hex32[] = [];
  let gas = 0n;
  const add = async (): Promise<void> => {
    const anchors = Array.from({ length: BATCH }, () => ({
      owner: memberId,
      salt: drawHex(),
      capsule: drawHex(),
      publicFragment: drawHex(),
      privateFragment: drawHex(),
      maxAccessCount: 1,
    }));
    const receipt = await transact(chain, () => chain.records.anchorBatch(anchors));
    gas = receipt.gasUsed;
    recordIds.push(...anchors.map(({ owner, salt }) => recordIdOf(owner, salt)));
  };
  const read = async (): Promise<void> => {
    const { status } = await ask(chain, () => chain.records.record(pick(recordIds)));
    if (status === 0n) throw new Error("a record that was anchored is not there");
  };
  return {
    title: "Records on chain A",
    each: "gas",
    rows: await grow(counts, { add, read, size: async () => Number(gas) / BATCH }),
  };
}
