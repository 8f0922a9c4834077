import { ask, chainLogRanges, type Hex32, hex32, type MerkleTree, merkleTree } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { getBytes, zeroPadValue } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";

/** A message in its sender's range. */
export interface SentMessage {
  /** From zero. */
  readonly index: number;
  /** In which it was sent. */
  readonly block: number;
}

/** What one contract of a chain has sent, as its `Mailbox` keeps it. Of each message 64 bytes of the tree are held, its digest, and its block. */
export interface MessageLog {
  /** @throws PROOF_PENDING where the chain shows no such message yet */
  find(message: Hex32): Promise<SentMessage>;
  /** Reads up to the end of a block at least. */
  readTo(block: number): Promise<void>;
  /** How many messages there were at the end of a block, up to which was read. */
  sizeAt(block: number): number;
  /** Of all that was read. */
  tree(): MerkleTree;
  /** Reads all anew at the next look: what was read is not what the chain holds. */
  forget(): void;
}

interface Read {
  readonly tree: MerkleTree;
  readonly sent: Map<Hex32, SentMessage>;
  /** By index: ascending. */
  readonly blocks: number[];
  /** The next block. */
  next: number;
}

/** @param sender a contract of this chain */
export function messageLog({ chain, config }: Pick<RelayChain, "chain" | "config">, sender: string): MessageLog {
  const { mailbox, provider, deployment } = chain;
  const nothing = (): Read => ({ tree: merkleTree(), sent: new Map(), blocks: [], next: config.fromBlock });
  let read = nothing();
  let reading: Promise<void> = Promise.resolve();

  const readToHead = async (): Promise<void> => {
    const now = read;
    const { topicHash } = mailbox.interface.getEvent("MessageSent");
    const topics = [topicHash, zeroPadValue(sender, 32)];
    const logsOf = (fromBlock: number, toBlock: number) =>
      provider.getLogs({ address: deployment.mailbox, topics, fromBlock, toBlock });
    const to = (await provider.getBlockNumber()) - config.confirmations;
    if (to < now.next) return;
    for await (const { to: last, logs } of chainLogRanges(chain, logsOf, { from: now.next, to })) {
      for (const log of logs) {
        const { index, message } = mailbox.interface.decodeEventLog("MessageSent", log.data, log.topics);
        if (Number(index) !== now.tree.size) {
          read = nothing();
          throw new MedexError(
            "SERVICE_PROTOCOL",
            `chain ${deployment.chainId}: the node's log of Mailbox has message ${index} of ${sender} where ${now.tree.size} should be; check \`fromBlock\`, or use another node`,
          );
        }
        const digest = hex32(message);
        now.tree.append(getBytes(digest));
        if (!now.sent.has(digest)) now.sent.set(digest, { index: now.blocks.length, block: log.blockNumber });
        now.blocks.push(log.blockNumber);
      }
      now.next = last + 1;
    }
  };

  /** After what is being read now. */
  const readAgain = (): Promise<void> => {
    reading = reading.catch(() => undefined).then(() => ask(chain, readToHead));
    return reading;
  };

  return {
    async readTo(block) {
      if (read.next <= block) await readAgain();
      if (read.next > block) return;
      throw new MedexError("PROOF_PENDING", `chain ${deployment.chainId}: the node does not show block ${block} yet`);
    },
    async find(message) {
      for (let look = 0; look < 2; look += 1) {
        const found = read.sent.get(message);
        if (found) return found;
        // What is read already may have been read before the message was sent.
        if (look === 0) await readAgain();
      }
      throw new MedexError(
        "PROOF_PENDING",
        `chain ${deployment.chainId} does not show message ${message} of ${sender} yet`,
      );
    },
    sizeAt(block) {
      let size = read.blocks.length;
      while (size > 0 && (read.blocks[size - 1] ?? 0) > block) size -= 1;
      return size;
    },
    tree: () => read.tree,
    forget() {
      read = nothing();
    },
  };
}
