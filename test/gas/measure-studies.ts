import type { ContractTransactionResponse } from "ethers";
import { digest } from "../contracts/support/messages.ts";
import { HOLDERS, openStudies, shareOf } from "../contracts/support/studies.ts";
import { DOCTOR, loadWorld, nextBlockAt, PATIENT } from "../contracts/support/world.ts";

/** Gas of one call of `StudyRegistry`, in a study of two holders. */
export interface StudyRow {
  readonly call: string;
  readonly gas: number;
}

async function gasOf(call: string, transaction: Promise<ContractTransactionResponse>): Promise<StudyRow> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("the transaction is not in a block");
  return { call, gas: Number(receipt.gasUsed) };
}

/** What a study of two patients costs, call by call; of calls that several make, the first one's. */
export async function measureStudies(): Promise<StudyRow[]> {
  const { a } = await loadWorld();
  const world = await openStudies(a);
  const { studies, terms, as, operator, commitmentOf } = world;
  const { stranger, relayer1, patient, doctor } = a.actors;
  const salt = digest("salt");
  const rows = [await gasOf("propose", as(stranger).propose(terms, salt))];
  const id = await studies.studyIdOf(stranger.address, salt, terms);
  const [first = "", second = ""] = HOLDERS;
  rows.push(await gasOf("approve", operator(first).approve(id, first, commitmentOf(id, first))));
  await operator(second).approve(id, second, commitmentOf(id, second));
  rows.push(await gasOf("publishShare", operator(first).publishShare(id, first, shareOf(first))));
  await operator(second).publishShare(id, second, shareOf(second));
  rows.push(await gasOf("join", world.join(id, PATIENT, patient)));
  await world.join(id, DOCTOR, doctor);
  await nextBlockAt(a, terms.end);
  rows.push(await gasOf("submitSum", world.compute(id)));
  rows.push(await gasOf("submitPartial", world.partial(id, first)));
  await world.partial(id, second);
  rows.push(await gasOf("release", as(relayer1).release(id, digest("outcome"))));
  return rows;
}
