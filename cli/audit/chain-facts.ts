import type { AccessHistory, AuditSource } from "@medexchain/audit";
import type { ChainFacts } from "@medexchain/audit/page";
import { ask } from "@medexchain/chain";
import type { Session } from "../session/session.ts";

/** Each chain's ledger at the block up to which it was read, and the checkpoints of it that the other chains hold. */
export async function chainFacts(
  session: Session,
  sources: readonly AuditSource[],
  heads: AccessHistory["heads"],
): Promise<ChainFacts[]> {
  const blockOf = new Map(heads.map((head) => [head.chainId, head]));
  return Promise.all(
    sources.map(async ({ name, deployment }) => {
      const { chainId, ledger } = deployment;
      const head = blockOf.get(chainId);
      const at = { blockTag: head?.block ?? "latest" };
      const chain = await session.chain(name);
      const [ledgerHead, ledgerLength, checkpoints] = await Promise.all([
        ask(chain, () => chain.ledger.head(at)),
        ask(chain, () => chain.ledger.length(at)),
        checkpointsOf(session, sources, chainId, ledger),
      ]);
      return {
        chainId,
        name,
        ...(head && { readTo: { block: head.block, hash: head.hash } }),
        ledger,
        ledgerHead,
        ledgerLength,
        checkpoints,
      };
    }),
  );
}

/** The latest checkpoint of a ledger on every other chain. */
async function checkpointsOf(
  session: Session,
  sources: readonly AuditSource[],
  chainId: bigint,
  ledger: string,
): Promise<ChainFacts["checkpoints"]> {
  const held = await Promise.all(
    sources
      .filter(({ deployment }) => deployment.chainId !== chainId)
      .map(async ({ name }) => {
        const chain = await session.chain(name);
        const { entryCount, blockNumber, head } = await ask(chain, () => chain.checkpoints.latest(chainId, ledger));
        return { heldBy: name, entryCount, block: blockNumber, head };
      }),
  );
  return held.filter(({ block }) => block !== 0n);
}
