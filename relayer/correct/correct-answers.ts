/**
 * Compares every answer that a requester's chain has taken with what the owner's chain decided. One that differs was attested by as many
 * bad relayers as the threshold says. Where the lane is proven by now, this relayer proves what is true. Else it attests that under a later epoch,
 * which begins when one of them is removed or suspended, and carries the correction; until then it says so.
 */
import {
  answerDigestOf,
  chainLogRanges,
  correctionDigestOf,
  type Hex32,
  hex32,
  noAttestations,
  responseMessage,
} from "@medexchain/chain";
import { chainOf, type RelayChain } from "../chains/relay-chain.ts";
import { readCompared, setCompared } from "../database/compared.ts";
import type { Database } from "../database/database.ts";
import { collectAttestations, quorumOf } from "../handle/attest.ts";
import { deliverProven } from "../handle/deliver-proven.ts";
import { responseFor } from "../handle/deliver-response.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { laneProofs } from "../prove/lane-proofs.ts";
import type { Prover } from "../prove/prover.ts";
import { type AnswerReportContext, reportAnswers } from "../report/answer-equivocations.ts";
import { statusOf } from "../rpc/views.ts";
import { type AnswerPlace, answersIn } from "./answers-in-logs.ts";
import { deepBlock, type Judgement, judge } from "./judge-answer.ts";

export interface CorrectionContext extends AnswerReportContext {
  /** Signs shares of aggregates, where this relayer takes part in them. */
  readonly blsKey?: Uint8Array | undefined;
  /** Proves what the owner's chain decided, where the lane asks for that. */
  readonly prover: Prover;
}

/** How far one chain is compared, and what was found. */
interface Progress {
  /** The next block; undefined before the first look. */
  next: number | undefined;
  /** Requests whose answer is wrong. */
  readonly wrong: Map<Hex32, AnswerPlace>;
}

/** Makes the loop's step, which resolves to true where there is more to compare. A chain that fails does not hold up the others. */
export function answerCorrector(context: CorrectionContext): () => Promise<boolean> {
  const progress = new Map<bigint, Progress>();
  return async () => {
    let isMore = false;
    for (const [chainId, here] of context.chains) {
      const of = progress.get(chainId) ?? { next: undefined, wrong: new Map() };
      progress.set(chainId, of);
      try {
        isMore = (await compareAnswers(context, here, of)) || isMore;
        await correctAnswers(context, here, of.wrong);
        await store(context.database, here, of);
      } catch (error) {
        report(context.observe, error);
      }
      context.observe({ type: "answers-compared", chainId, wrong: of.wrong.size });
    }
    return isMore;
  };
}

/** So many answers at least are compared before the other chains' turn, and before the relayer may close. */
const IN_A_ROUND = 500;
/** Answers that are asked for at once. */
const AT_ONCE = 25;

/**
 * Looks at the answers in blocks that were not looked at yet, and are deep enough.
 *
 * @returns whether there are more
 */
async function compareAnswers(context: CorrectionContext, here: RelayChain, progress: Progress): Promise<boolean> {
  const { chain, config } = here;
  const { chainId, requests: address } = chain.deployment;
  const deep = await deepBlock(here);
  progress.next ??= ((await readCompared(context.database, chainId)) ?? config.fromBlock - 1) + 1;
  // A chain that was begun anew.
  if (progress.next > deep + 1) progress.next = config.fromBlock;
  if (progress.next > deep) return false;
  const { interface: abi } = chain.requests;
  const topics = [[abi.getEvent("ResponseDelivered").topicHash, abi.getEvent("ResponseCorrected").topicHash]];
  const read = (fromBlock: number, toBlock: number) => chain.provider.getLogs({ address, topics, fromBlock, toBlock });
  let compared = 0;
  for await (const { to, logs } of chainLogRanges(chain, read, { from: progress.next, to: deep })) {
    const all = [...answersIn(chain, logs)];
    for (let at = 0; at < all.length; at += AT_ONCE) {
      await Promise.all(
        all.slice(at, at + AT_ONCE).map(async ([requestId, answer]) => {
          const found = await judge(context, here, requestId);
          if (found.truth && answer.told) await reportAnswers(context, here, answer.told, found.truth);
          if (found.isTrue) return;
          if (!progress.wrong.has(requestId)) tell(context.observe, here, requestId, found);
          progress.wrong.set(requestId, answer);
        }),
      );
    }
    progress.next = to + 1;
    compared += logs.length;
    if (compared >= IN_A_ROUND && to < deep) return true;
  }
  return false;
}

/** Corrects what is wrong still, where the epoch allows it. One that fails does not hold up the others. */
async function correctAnswers(
  context: CorrectionContext,
  here: RelayChain,
  wrong: Map<Hex32, AnswerPlace>,
): Promise<void> {
  for (const [requestId, { told }] of [...wrong]) {
    try {
      const found = await judge(context, here, requestId);
      // A peer may not have answered before.
      if (found.truth && told) await reportAnswers(context, here, told, found.truth);
      if (found.isTrue || (await correct(context, here, requestId, found))) wrong.delete(requestId);
    } catch (error) {
      report(context.observe, error);
    }
  }
}

/** @returns whether the answer is corrected; false where it cannot be yet */
async function correct(
  { chains, database, peers, account, blsKey, prover, observe }: CorrectionContext,
  here: RelayChain,
  requestId: Hex32,
  { held, answeredIn, ownerChainId, truth: decided }: Judgement & { readonly isTrue: false },
): Promise<boolean> {
  // What was proven nobody corrects.
  if (!decided || answeredIn === 0n) return false;
  const { policy } = await laneProofs(here, ownerChainId);
  if (policy !== "proven" && (await quorumOf(here)).epoch <= answeredIn) return false;
  const { chain, submitter } = here;
  const { chainId, requests } = chain.deployment;
  const job = { chainId: ownerChainId, requestId };
  const { response, statement } = await responseFor({ chains, account, blsKey }, job, chainId);
  const contracts = [
    { chainId, address: requests },
    { chainId: ownerChainId, address: chains.get(ownerChainId)?.chain.deployment.grants ?? "" }, // `responseFor` has found it
  ] as const;
  const correction = {
    ...statement,
    subject: `correction of answer ${held} to request ${requestId}`,
    digest: (terms: Parameters<typeof statement.digest>[0]) => correctionDigestOf(...contracts, held, response, terms),
  };
  const attestations =
    policy === "proven"
      ? noAttestations(0n)
      : await collectAttestations({ database, peers, observe }, here, correction);
  const truth = answerDigestOf(response);
  const isDone = async () => (await statusOf(chain, requestId)).answer === truth;
  if (policy !== "attested") {
    await deliverProven(prover, {
      source: chainOf(chains, ownerChainId),
      destination: here,
      requestId,
      sender: "grants",
      message: hex32(responseMessage(response)),
      recipient: "requests",
      action: "correctResponseProven",
      item: { response, attestations },
      isDone,
    });
    return true;
  }
  await submitter.submit({
    requestId,
    action: "correctResponse",
    to: requests,
    data: () => chain.requests.interface.encodeFunctionData("correctResponse", [ownerChainId, response, attestations]),
    isDone,
  });
  return true;
}

/** What is wrong still is looked at again after a restart. */
async function store(database: Database, { chain }: RelayChain, { next, wrong }: Progress): Promise<void> {
  if (next === undefined) return;
  await setCompared(
    database,
    chain.deployment.chainId,
    Math.min(next, ...[...wrong.values()].map(({ block }) => block)) - 1,
  );
}

function tell(
  observe: Observer,
  { chain }: RelayChain,
  requestId: Hex32,
  { answeredIn, ownerChainId, truth }: Judgement & { readonly isTrue: false },
): void {
  const how = answeredIn === 0n ? "proven" : `attested under epoch ${answeredIn}`;
  const where = `chain ${chain.deployment.chainId}: request ${requestId} holds an answer, ${how}, `;
  const remedy =
    answeredIn === 0n
      ? "its validators sealed another, or this node is not of their chain"
      : "remove the relayers that attested it, and the others correct it";
  const what = truth
    ? `that chain ${ownerChainId} did not give: ${remedy}`
    : `that chain ${ownerChainId} has not given yet: compare the two`;
  observe({ type: "failed", where: "correct", code: "ANSWER_FALSE", message: where + what });
}

function report(observe: Observer, error: unknown): void {
  const { code, message } = failureOf(error);
  observe({ type: "failed", where: "correct", code, message });
}
