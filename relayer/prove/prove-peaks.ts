import { ask, type Hex32, peakAbove, peakSlot, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { QbftHeader } from "@medexchain/evm";
import { concat, keccak256, toBeHex } from "ethers";
import { believedHeader, type Following } from "./light-client.ts";
import type { MessageLog, SentMessage } from "./message-log.ts";
import { proveStorage, type StorageProof } from "./sealed-state.ts";

/** A message of the source, in its sender's log. */
export interface Wanted {
  readonly sender: string;
  readonly log: MessageLog;
  readonly sent: SentMessage;
}

/** A peak of a sender's range. */
export interface Peak {
  readonly sender: string;
  readonly height: number;
  readonly root: Hex32;
}

/**
 * Proves on the keeper's chain peaks over all these messages, under one header.
 *
 * @returns the peaks; of each sender no more than the number of its messages has bits
 * @throws as `believedHeader`, `proveStorage` and the submitter; SERVICE_PROTOCOL where the source's node contradicts itself
 */
export async function provePeaks(following: Following, wanted: readonly Wanted[]): Promise<readonly Peak[]> {
  const header = await believedHeader(following, Math.max(...wanted.map(({ sent }) => sent.block)));
  const peaks = await peaksAt(wanted, header);
  let proof: StorageProof;
  try {
    proof = await proofOf(following, peaks, header);
  } catch (error) {
    if (!MedexError.is(error, "CHAIN_STATE_PRUNED")) throw error;
    // The header that the client has is too old for the source's node: by a newer one.
    const newer = await believedHeader(following, Number(header.number) + 1);
    const peaksThen = await peaksAt(wanted, newer);
    await send(following, newer, peaksThen, await proofOf(following, peaksThen, newer));
    return peaksThen;
  }
  await send(following, header, peaks, proof);
  return peaks;
}

/** The peaks over all of the messages, as they were at the end of the header's block. */
async function peaksAt(wanted: readonly Wanted[], { number }: QbftHeader): Promise<Peak[]> {
  const block = Number(number);
  await Promise.all([...new Set(wanted.map(({ log }) => log))].map((log) => log.readTo(block)));
  const peaks = new Map<string, Peak>();
  for (const { sender, log, sent } of wanted) {
    const height = peakAbove(sent.index, log.sizeAt(block));
    const root = toHex32(log.tree().perfectTree(sent.index, height).root);
    peaks.set(`${sender} ${root}`, { sender, height, root });
  }
  return [...peaks.values()];
}

/** The proof that the source's `Mailbox` holds these peaks. */
async function proofOf({ source }: Following, peaks: readonly Peak[], header: QbftHeader): Promise<StorageProof> {
  const { chainId, mailbox } = source.chain.deployment;
  const slots = peaks.map(({ sender, height }) => peakSlot(sender, height));
  const proof = await proveStorage(source, header, mailbox, slots);
  const other = peaks.find(({ root }, at) => proof.words[at] !== BigInt(root));
  if (other === undefined) return proof;
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${chainId}: the node's log of what ${other.sender} has sent is not what its Mailbox holds at block ${header.number}; check \`fromBlock\`, or use another node`,
  );
}

async function send(
  { source, keeper }: Following,
  { number }: QbftHeader,
  peaks: readonly Peak[],
  proof: StorageProof,
): Promise<void> {
  const { chainId } = source.chain.deployment;
  const { chain, submitter } = keeper;
  const { mailbox } = chain;
  const items = peaks.map(({ sender, height }, at) => ({ sender, height, proof: [...(proof.slots[at] ?? [])] }));
  const roots = peaks.map(({ root }) => root);
  await submitter.submit({
    // It belongs to no request; the digest of what is proven stands in the history in the place of one.
    requestId: keccak256(concat([toBeHex(chainId, 32), ...roots])) as Hex32, // 32 bytes
    action: "provePeaks",
    to: chain.deployment.mailbox,
    data: () => mailbox.interface.encodeFunctionData("provePeaks", [chainId, number, [...proof.account], items]),
    isDone: async () => {
      const blocks = await ask(chain, () =>
        Promise.all(peaks.map(({ sender, root }) => mailbox.provenAt(chainId, sender, root))),
      );
      return blocks.every((block) => block !== 0n);
    },
  });
}
