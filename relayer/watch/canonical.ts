/** Whether a block that was read is still part of its chain, and who says so. */

import type { Chain } from "@medexchain/chain";
import { z } from "zod";
import { type BlockHeader, blockHeader } from "../chains/block-header.ts";
import type { Cursor } from "../database/cursors.ts";
import type { Endpoints } from "../rpc/endpoints.ts";

/** `unclear`: the node does not have the block, or nodes differ and most do not say otherwise. */
export type Standing = "canonical" | "replaced" | "unclear";

const blockSchema = z.object({ hash: z.string() });

/**
 * Asks whether a position is still part of the chain. A node that says otherwise is believed only if most of those that know a
 * block of that height say the same; the ones that are not believed come last from then on, so that a node that lags or lies is
 * never taken for a reorganisation.
 */
export async function standingOf(
  chain: Chain,
  endpoints: Endpoints | undefined,
  position: Pick<Cursor, "block" | "hash">,
): Promise<Standing> {
  const block: BlockHeader | undefined = await blockHeader(chain, position.block);
  if (block?.hash === position.hash) return "canonical";
  if (!block) return "unclear";
  if (!endpoints) return "replaced";

  const answers = await endpoints.askEach("eth_getBlockByNumber", [`0x${position.block.toString(16)}`, false]);
  const votes = answers.flatMap(({ url, result }) => {
    const parsed = blockSchema.safeParse(result);
    return parsed.success ? [{ url, hash: parsed.data.hash }] : [];
  });
  const others = votes.filter(({ hash }) => hash !== position.hash);
  const [first] = others;
  const agreed = first ? others.filter(({ hash }) => hash === first.hash).length : 0;
  if (agreed * 2 > votes.length) return "replaced";
  for (const { url } of others) endpoints.distrust(url);
  return "unclear";
}
