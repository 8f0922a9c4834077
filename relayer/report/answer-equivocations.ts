/**
 * Finds relayers that attested the truth, and a false answer that the requester's chain took. What they signed for the false one is in the log; what they
 * signed for the truth is looked for on this database and with the peers. A statement that nobody shows in full cannot be found: of what is no answer
 * on a chain, others have the digest alone.
 */
import {
  type AccessResponse,
  type Attestations,
  answerDigestOf,
  chainTime,
  type Hex32,
  responseDigestOf,
} from "@medexchain/chain";
import { chainOf, type RelayChain, type RelayChains } from "../chains/relay-chain.ts";
import { attestationsAbout } from "../database/attestations.ts";
import { expiriesUntil } from "../handle/attest.ts";
import { signerOf } from "../handle/signer-of.ts";
import type { Peers } from "../peers/peers.ts";
import type { SignedResponse } from "./evidence.ts";
import { type ReportContext, reportEquivocation } from "./report.ts";

export interface AnswerReportContext extends ReportContext {
  readonly chains: RelayChains;
  readonly peers: Peers;
}

/** A first answer, as it was attested to the requester's chain: corrections are statements of another kind. */
export interface ToldAnswer {
  readonly response: AccessResponse;
  readonly attestations: Attestations;
}

/**
 * Reports who attested both an answer that a chain took, and another that is the truth.
 *
 * @param here the requester's chain
 * @param truth what the owner's chain has decided, deep enough to be believed
 */
export async function reportAnswers(
  context: AnswerReportContext,
  here: RelayChain,
  { response, attestations }: ToldAnswer,
  truth: { readonly response: AccessResponse; readonly ownerChainId: bigint },
): Promise<void> {
  if (answerDigestOf(response) === answerDigestOf(truth.response)) return;
  const { chainId, requests } = here.chain.deployment;
  const { requestId } = truth.response;
  const { epoch, expiry } = attestations;
  const { grants } = chainOf(context.chains, truth.ownerChainId).chain.deployment;
  const digestOf = (of: AccessResponse, until: bigint): Hex32 =>
    responseDigestOf({ chainId, address: requests }, { chainId: truth.ownerChainId, address: grants }, of, {
      epoch,
      expiry: until,
    });
  // Only what a key signed is evidence: neither an aggregate nor a contract's word.
  const signedFalse = digestOf(response, expiry);
  const suspects = new Map<string, SignedResponse>();
  for (const { relayer, signature } of attestations.by) {
    if (signerOf(signedFalse, signature) === relayer) suspects.set(relayer, { response, expiry, signature });
  }
  if (suspects.size === 0) return;

  const { decidedAt } = truth.response;
  const expiries = expiriesUntil(decidedAt, await chainTime(here.chain));
  const expiryOf = new Map(expiries.map((until) => [digestOf(truth.response, until), until]));
  const shown = [
    ...(await attestationsAbout(context.database, { chainId, requestId, epoch })),
    ...(await context.peers.tell({ chainId, requestId })),
  ];
  for (const { digest, signature } of shown) {
    const until = expiryOf.get(digest);
    const relayer = until === undefined ? undefined : signerOf(digest, signature);
    const first = relayer === undefined ? undefined : suspects.get(relayer);
    if (until === undefined || relayer === undefined || !first) continue;
    suspects.delete(relayer);
    const second = { response: truth.response, expiry: until, signature };
    const by = { relayer, epoch, sourceChainId: truth.ownerChainId };
    await reportEquivocation(context, here, { kind: "answers", ...by, first, second });
  }
}
