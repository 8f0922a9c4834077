import { setTimeout as sleep } from "node:timers/promises";
import { ask, type Hex32, type MessageProof, peakAbove, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { RelayChain } from "../chains/relay-chain.ts";
import type { Observer } from "../observe/observer.ts";
import { type Following, followingOf } from "./light-client.ts";
import type { MessageLog } from "./message-log.ts";
import { provePeaks, type Wanted } from "./prove-peaks.ts";

/** Proves what one chain's contracts have sent on another. */
export interface LaneProver {
  proofOf(sender: string, log: MessageLog, message: Hex32): Promise<MessageProof>;
  /** Forgets what is proven on the keeper's chain. */
  forget(): void;
}

/** How long the first message waits for others. While a header is brought, all that come wait for the next. */
const GATHER_MS = 40;

/** @param everyBlocks headers with multiples of this are brought, too */
export function laneProver(source: RelayChain, keeper: RelayChain, observe: Observer, everyBlocks: number): LaneProver {
  const { chain } = keeper;
  const { chainId } = source.chain.deployment;
  let proven = new Set<string>();
  let provenBy: string | undefined;
  let waiting: (Wanted & PromiseWithResolvers<MessageProof>)[] = [];
  let isRunning = false;

  const following = async (): Promise<Following> => {
    const now = await followingOf(source, keeper, observe, everyBlocks);
    const address = await now.client.getAddress();
    if (provenBy !== address) proven = new Set();
    provenBy = address;
    return now;
  };

  const keyOf = (sender: string, root: Hex32): string => `${sender} ${root}`;
  /** By the smallest tree over the message whose root is proven; undefined where none is. */
  const underProven = async ({ sender, log, sent }: Wanted): Promise<MessageProof | undefined> => {
    const tree = log.tree();
    const over = Array.from({ length: peakAbove(sent.index, tree.size) + 1 }, (_, height) => {
      const { root, path } = tree.perfectTree(sent.index, height);
      return { root: toHex32(root), path };
    });
    let found = over.find(({ root }) => proven.has(keyOf(sender, root)));
    if (found === undefined) {
      const blocks = await ask(chain, () =>
        Promise.all(over.map(({ root }) => chain.mailbox.provenAt(chainId, sender, root))),
      );
      for (const [at, { root }] of over.entries()) if (blocks[at] !== 0n) proven.add(keyOf(sender, root));
      found = over.find(({ root }) => proven.has(keyOf(sender, root)));
    }
    return found && { index: sent.index, path: found.path.map(toHex32) };
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      await sleep(GATHER_MS);
      const group = waiting;
      waiting = [];
      try {
        for (const { sender, root } of await provePeaks(await following(), group)) proven.add(keyOf(sender, root));
        for (const each of group) each.resolve((await underProven(each)) ?? notProven());
      } catch (error) {
        for (const { log, reject } of group) {
          if (MedexError.is(error, "SERVICE_PROTOCOL")) log.forget(); // what was read may be what is wrong
          reject(error);
        }
      }
    }
    isRunning = false;
  };

  return {
    async proofOf(sender, log, message) {
      await following();
      const wanted = { sender, log, sent: await log.find(message) };
      const found = await underProven(wanted);
      if (found) return found;
      const wait = { ...wanted, ...Promise.withResolvers<MessageProof>() };
      waiting.push(wait);
      if (!isRunning) {
        isRunning = true;
        void run();
      }
      return wait.promise;
    },
    forget() {
      proven = new Set();
    },
  };
}

function notProven(): never {
  throw new MedexError("PROOF_PENDING", "what was proven is not there any more; it will be proven again");
}
