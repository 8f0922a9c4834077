/** Answers that relayers corrected on the requester's chain: what was replaced, by whom it was attested, and by what right. */
import { AGGREGATE_LENGTH, answerDigestOf, readAggregate } from "@medexchain/chain";
import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";
import type { FindingInput } from "../finding.ts";
import { decodeResponse, RESPONSE_WORDS } from "../store/decode.ts";
import { answersIn } from "../store/join-request.ts";
import { hexWord, positionOf, type StoredLog } from "../store/stored-log.ts";
import { type Attestation, attestationsAt } from "./relayer-calls.ts";

/** Reports what is wrong with a request at a place. */
export type Wrong = (input: Omit<FindingInput, "where"> & { readonly at: ChainPosition }) => void;

/** By what right an answer was taken. */
export interface TakenBy {
  /** For its proof alone, which asks for no epoch. */
  proofAlone(answer: StoredLog): boolean;
  /** For a proof, whatever else was asked for: the contract lets nobody correct it. */
  proof(answer: StoredLog): boolean;
  /** Without the proof that its lane asked for: the transaction called `AccessRequests` itself. */
  noProof(answer: StoredLog): boolean;
}

/** @param logs all of the request */
export function checkCorrections(
  { answer, response, replacedResponses, requested }: AccessHistoryEntry,
  logs: readonly StoredLog[],
  takenBy: TakenBy,
  wrong: Wrong,
): void {
  if (!response) return;
  const answers = answersIn(logs);
  for (const [index, log] of answers.entries()) {
    if (log.event !== "ResponseCorrected") continue;
    const at = positionOf(log);
    const [before, replaced] = [answers[index - 1], hexWord(log.topics, 3)];
    if (!before || !requested) {
      wrong({
        code: "CORRECTION_UNFOUNDED",
        at,
        message: "a correction of a request that had no answer",
        expected: "ResponseDelivered before",
        found: "none",
      });
      continue;
    }
    const held = answerDigestOf(decodeResponse(before.data, 0));
    if (held !== replaced) {
      wrong({
        code: "CORRECTION_UNFOUNDED",
        at,
        message: "a correction replaces another answer than the one that held",
        expected: held,
        found: replaced,
      });
    }
    if (takenBy.proof(before)) {
      wrong({
        code: "CORRECTION_UNFOUNDED",
        at,
        message: "a correction replaces an answer that was proven, which nobody can correct",
        expected: "the answer that was proven",
        found: answerDigestOf(decodeResponse(log.data, 0)),
      });
    }
    if (takenBy.noProof(log)) {
      wrong({
        code: "CORRECTION_UNFOUNDED",
        at,
        message: "a correction came without the proof that its lane asks for",
        expected: "Mailbox.correctResponseProven",
        found: "a call of AccessRequests",
      });
    }
    const [earlier, later] = [before, log].map(({ data }) => attestationsAt(data, RESPONSE_WORDS));
    if (earlier && later && later.epoch <= earlier.epoch && !takenBy.proofAlone(log)) {
      wrong({
        code: "CORRECTION_UNFOUNDED",
        at,
        message: "a correction is of no later epoch than what it replaces",
        expected: `after epoch ${earlier.epoch}`,
        found: `epoch ${later.epoch}`,
      });
    }
  }
  for (const [index, replaced] of replacedResponses.entries()) {
    const log = answers[index];
    const by = log ? attestationsAt(log.data, RESPONSE_WORDS).by.map(describeAttester) : [];
    const isTrue = answer !== undefined && isSame(answer, replaced);
    wrong({
      code: "RESPONSE_CORRECTED",
      at: replaced,
      message: `${isTrue ? "the answer that the owner's chain gave was replaced" : "a false answer was attested, and corrected since"}; it was attested by ${by.join(", ")}`,
      expected: answer?.decision ?? "no answer",
      found: replaced.decision,
    });
  }
}

/** An aggregate is the word of many, whom it names by their indices in the set. */
const describeAttester = ({ relayer, signature }: Attestation): string =>
  signature.length === AGGREGATE_LENGTH
    ? `${relayer} (for the relayers of indices ${readAggregate(signature).signers.join(", ")})`
    : relayer;

type Answer = NonNullable<AccessHistoryEntry["answer"]>;

const isSame = (one: Answer, other: Answer): boolean =>
  one.decision === other.decision &&
  one.decidedAt === other.decidedAt &&
  one.contents === other.contents &&
  one.reEncryption === other.reEncryption &&
  one.privateFragment === other.privateFragment;
