import {
  type AccessResponse,
  answerDigestOf,
  ask,
  findRequest,
  type Hex32,
  hex32,
  requestStateOf,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { RelayChain } from "../chains/relay-chain.ts";
import type { HandlerContext } from "../handle/context.ts";
import { responseFor } from "../handle/deliver-response.ts";
import { grantOf, statusOf } from "../rpc/views.ts";

/** The last block that is deep enough to be believed. */
export const deepBlock = async ({ chain, config }: RelayChain): Promise<number> =>
  (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;

/** What the owner's chain decided, deep enough to be believed. */
export interface Truth {
  readonly response: AccessResponse;
  readonly ownerChainId: bigint;
}

/** An answer against what the owner's chain decided. */
export type Judgement =
  | { readonly isTrue: true; readonly truth?: Truth | undefined }
  | {
      readonly isTrue: false;
      readonly truth: Truth | undefined;
      /** Digest of what the requester's chain holds, and under which epoch it was attested. */
      readonly held: Hex32;
      readonly answeredIn: bigint;
      /** The owner's chain; there is no truth while it has not decided. */
      readonly ownerChainId: bigint;
    };

/** @throws SERVICE_PROTOCOL, SERVICE_UNREACHABLE */
export async function judge(
  context: Pick<HandlerContext, "chains" | "account" | "blsKey">,
  here: RelayChain,
  requestId: Hex32,
): Promise<Judgement> {
  const { chains } = context;
  const { chainId } = here.chain.deployment;
  const { answer, answeredIn, requestedAt, respondedAt, destinationChainId } = await statusOf(here.chain, requestId);
  if (respondedAt === 0n) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${chainId}: its node tells of an answer to request ${requestId}, but does not hold it; waiting for it to catch up`,
    );
  }
  const source = chains.get(destinationChainId);
  // Nobody can compare it with a chain that is not configured.
  if (!source) return { isTrue: true };
  const [{ state, decidedAt, updatedAt }, deep] = await Promise.all([
    grantOf(source.chain, requestId),
    deepBlock(source),
  ]);
  // What was asked of a suite before this one was answered there, and is not known here.
  if (requestStateOf(state) === "None") {
    const { destination } = await findRequest(here.chain, requestId, requestedAt);
    if (destination.toLowerCase() !== source.chain.deployment.grants.toLowerCase()) return { isTrue: true };
  }
  const held = { held: hex32(answer), answeredIn, ownerChainId: destinationChainId };
  if (decidedAt === 0n || updatedAt > BigInt(deep)) return { isTrue: false, truth: undefined, ...held };
  const { response } = await responseFor(context, { chainId: destinationChainId, requestId }, chainId);
  const truth = { response, ownerChainId: destinationChainId };
  return answerDigestOf(response) === answer ? { isTrue: true, truth } : { isTrue: false, truth, ...held };
}
