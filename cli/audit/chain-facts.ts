import type { AccessHistory, AuditSource, Verdict } from "@medexchain/audit";
import type { ChainFacts } from "@medexchain/audit/page";

/** Each chain's ledger at the block up to which it was read, and the latest checkpoint of it that each other chain keeps. */
export function chainFacts({
  sources,
  chains,
  heads,
}: {
  readonly sources: readonly AuditSource[];
  readonly chains: Verdict["chains"];
  readonly heads: AccessHistory["heads"];
}): ChainFacts[] {
  const names = new Map(sources.map(({ name, deployment }) => [deployment.chainId, name]));
  return sources.flatMap(({ name, deployment: { chainId, ledger } }) => {
    const chain = chains.find((each) => each.chainId === chainId);
    const head = heads.find((each) => each.chainId === chainId);
    if (!chain) return [];
    const latest = new Map(chain.checkpoints.map((checkpoint) => [checkpoint.keptBy, checkpoint]));
    return [
      {
        chainId,
        name,
        ...(head && { readTo: { block: head.block, hash: head.hash } }),
        ...(chain.proof && { proof: chain.proof }),
        ledger,
        ledgerHead: chain.ledgerHead,
        ledgerLength: chain.entries,
        checkpoints: [...latest].map(([keptBy, { entryCount, blockNumber, head: kept }]) => ({
          heldBy: names.get(keptBy) ?? `chain ${keptBy}`,
          entryCount,
          block: blockNumber,
          head: kept,
        })),
      },
    ];
  });
}
