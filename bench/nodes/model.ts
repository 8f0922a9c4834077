/**
 * What n nodes of a QBFT chain take, from what one node takes alone.
 *
 * For each block a proposer executes its transactions and signs and sends it, the others execute it again, and all send each other a PREPARE and a
 * COMMIT, signed, which each of the others checks. A client gives a transaction to one node, and every node checks its signature when it takes it into
 * its pool.
 */

/** Milliseconds. */
export interface NodeCosts {
  /** To be given one transaction by its client. */
  readonly receive: number;
  /** To execute one transaction in a block. */
  readonly execute: number;
  /** To sign a message of the protocol, and to check another's, or a transaction's. */
  readonly sign: number;
  readonly verify: number;
  /** Bytes of one transaction. */
  readonly bytes: number;
}

export interface Placement {
  readonly nodes: number;
  /** Transactions in a block. */
  readonly perBlock: number;
  /** Whether all nodes share one machine's processors, or each has as many of its own. */
  readonly place: "one machine" | "machines of their own";
  readonly processors: number;
}

/** Between machines of their own: milliseconds to another, and bytes in one. On one machine nothing. */
export const NETWORK = { delay: 1, bytesPerMs: 125_000 } as const;

export interface ChainSpeed {
  /** Milliseconds from a proposal to its block being final. */
  readonly block: number;
  readonly perSecond: number;
}

/** Speed under more requests than fit in a block. */
export function speedOf(costs: NodeCosts, { nodes, perBlock, place, processors }: Placement): ChainSpeed {
  const others = nodes - 1;
  const execution = perBlock * costs.execute;
  const receiving = perBlock * costs.receive;
  const admission = perBlock * costs.verify;
  // One node alone sends nobody anything; it signs its block.
  const proposing = execution + (others > 0 ? 3 : 1) * costs.sign;
  const votes = 2 * others * costs.verify;
  const following = others > 0 ? execution + costs.verify + 2 * costs.sign : 0;
  const apart = place === "machines of their own" && others > 0;
  const sending = apart ? 3 * NETWORK.delay + (others * perBlock * costs.bytes) / NETWORK.bytesPerMs : 0;
  // One after the other: the proposer's work, the followers', the votes.
  const path = proposing + following + votes + sending;
  const work =
    place === "one machine"
      ? proposing + others * following + receiving + nodes * (votes + admission)
      : // The mean over the blocks: of n a node proposes one, and is given its share of the transactions.
        (proposing + others * following + receiving) / nodes + votes + admission;
  const block = Math.max(path, work / processors);
  return { block, perSecond: (1000 * perBlock) / block };
}

/** Milliseconds from the start to the answer to an average one of many requests that are all there at the start. */
export function meanLatency({ block, perSecond }: ChainSpeed, requests: number): number {
  return block / 2 + (1000 * requests) / perSecond / 2;
}
