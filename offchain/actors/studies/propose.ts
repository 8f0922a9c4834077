import { ask, fromHex32, type Hex32, hex32, toHex32, transact } from "@medexchain/chain";
import { encodeQuestion, planStudy, type Question } from "@medexchain/studies";
import { randomBytes } from "@noble/hashes/utils.js";
import type { StudyPlace } from "./read-study.ts";

/** What a researcher proposes. */
export interface ProposedTerms {
  readonly question: Question;
  /** Ids of the hospitals that are to hold the key, in any order. */
  readonly holders: readonly Hex32[];
  /** The account that is to make the sum. */
  readonly computeNode: string;
  readonly minimumCohort: number;
  readonly maximumCohort: number;
  /** Unix seconds. */
  readonly joinEnd: number;
  readonly end: number;
  readonly epsilonMilli: number;
}

const ascending = (ids: readonly Hex32[]): Hex32[] => ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));

/**
 * Publishes a question and proposes its study, under the chain's account.
 * @throws STUDY_INVALID the question or the terms cannot be; CHAIN_REVERTED
 */
export async function proposeStudy(
  place: StudyPlace,
  terms: ProposedTerms,
): Promise<{ studyId: Hex32; transactionHash: string }> {
  const { chain, studies, store } = place;
  const { question, minimumCohort, maximumCohort, epsilonMilli } = terms;
  const holders = ascending(terms.holders);
  const salt = randomBytes(32);
  // Throws where the study could not be carried out.
  planStudy({ id: salt, holders: holders.map(fromHex32), question, minimumCohort, maximumCohort, epsilonMilli });
  const { digest } = await store.put(encodeQuestion(question));
  const onChain = { ...terms, question: toHex32(digest), holders };
  const send = () => studies.propose(onChain, toHex32(salt));
  const studyId = hex32(await ask(chain, () => studies.propose.staticCall(onChain, toHex32(salt))));
  const { hash } = await transact(chain, send);
  return { studyId, transactionHash: hash };
}
