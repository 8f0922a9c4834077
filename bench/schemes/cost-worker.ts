/** A relayer's thread that does another scheme's ReEnc: ours, whose answer is needed, and the operations that the other has beyond its pairing. */
import type { PartialAnswer, PartialTask } from "../../relayer/re-encrypt/messages.ts";
import makePartial from "../../relayer/re-encrypt/re-encrypt-worker.ts";
import { schemeNamed } from "./paper-counts.ts";
import { beyondOurs, performer } from "./perform.ts";

const counts = beyondOurs(schemeNamed(new URL(import.meta.url).searchParams.get("scheme") ?? ""));
const perform = performer(); // ours has loaded the curve

export default async function reEncrypt(task: PartialTask): Promise<PartialAnswer> {
  const answer = await makePartial(task);
  perform(counts);
  return answer;
}
