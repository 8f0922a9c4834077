import { type ContractRefusal, decodeRevert } from "@medexchain/chain";
import { NodeRefusal } from "@medexchain/evm";
import { z } from "zod";
import type { RelayChain } from "../chains/relay-chain.ts";

/**
 * What the nodes of a chain say of a call that one of them has refused: `agreed`, two at least refuse it with the same error, and most
 * of all that are configured, answering or not; `differ`, another would take it; `unknown`, there is no other to ask, or none that answers
 * the question. A node that is behind what the relayer has seen of the chain has no say: to it, the call may only be too early.
 */
export type SecondOpinion = "agreed" | "differ" | "unknown";

/** Return data in a node's error: a string, or in an object around it, as Hardhat has it. */
const revertData = z.union([z.string(), z.object({ data: z.string() }).transform(({ data }) => data)]);
const quantity = z.string().regex(/^0x[0-9a-f]{1,12}$/i);

/** Stands for the answer of a node that is behind. */
const BEHIND = Symbol("behind");

/**
 * Puts a call that was refused to all nodes of its chain, where there are several. Nodes that refuse it alone, and those that lag,
 * come last from then on.
 */
export async function confirmRefusal(
  { config, endpoints }: Pick<RelayChain, "config" | "endpoints">,
  { call, refusal }: ContractRefusal,
): Promise<SecondOpinion> {
  if (config.fallbackRpcUrls.length === 0 || call === undefined || refusal === undefined) return "unknown";
  const { from, to, data } = call;
  const seen = endpoints.headSeen();
  const all = await endpoints.each(async (request) => {
    const head = quantity.parse(await request("eth_blockNumber"));
    if (seen !== undefined && Number(head) < seen) return BEHIND;
    // By number: behind one URL may be several nodes, of which not all have that block.
    return request("eth_call", [{ from, to, data }, head]);
  });
  for (const { url, result } of all) if (result === BEHIND) endpoints.distrust(url);
  const answers = all.filter(({ result }) => result !== BEHIND);
  const refusing = answers.filter(({ error }) => refusalOf(error) === refusal).map(({ url }) => url);
  const others = answers.filter(({ error, result }) => result !== undefined || refusalOf(error) !== undefined).length;
  const differing = others - refusing.length;
  const nodes = 1 + config.fallbackRpcUrls.length;
  if (refusing.length >= 2 && 2 * refusing.length > nodes) return "agreed";
  if (differing === 0) return "unknown";
  for (const url of refusing) endpoints.distrust(url);
  return "differ";
}

/** Name of the suite's error with which a node answered; undefined where it did not. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof NodeRefusal)) return undefined;
  const data = revertData.safeParse(error.answered.data);
  return data.success ? decodeRevert(data.data)?.name : undefined;
}
