import { type Attestations, accessResponseOf, type Chain, type Hex32, hex32 } from "@medexchain/chain";
import type { Log, Result } from "ethers";
import type { ToldAnswer } from "../report/answer-equivocations.ts";

/** An answer, and where it is. */
export interface AnswerPlace {
  readonly block: number;
  /** What was answered first, where that is in the same blocks. */
  readonly told: ToldAnswer | undefined;
}

/** What was answered in these logs, by request; of each the latest, and what was answered first if it is there. */
export function answersIn({ requests: { interface: abi } }: Chain, logs: readonly Log[]): Map<Hex32, AnswerPlace> {
  const delivered = abi.getEvent("ResponseDelivered").topicHash;
  const answers = new Map<Hex32, AnswerPlace>();
  for (const log of logs) {
    const requestId = hex32(log.topics[1] ?? "");
    let told = answers.get(requestId)?.told;
    if (log.topics[0] === delivered) {
      // The ABI fixes the types; ethers' Result is untyped.
      const [, , response, attested] = abi.decodeEventLog("ResponseDelivered", log.data, log.topics) as Result[];
      const { epoch, expiry, by } = attested as unknown as Attestations;
      const each = [...by].map(({ relayer, signature }) => ({ relayer, signature }));
      told = { response: accessResponseOf(response as Result), attestations: { epoch, expiry, by: each } };
    }
    answers.set(requestId, { block: log.blockNumber, told });
  }
  return answers;
}
