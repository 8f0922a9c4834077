import {
  joinStudy,
  leaveStudy,
  type PatientStanding,
  publishInput,
  readPatientStanding,
  requireJoinable,
  type StudyStanding,
} from "@medexchain/actors/studies";
import { chainTime, type Hex32 } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { matchesFilter } from "@medexchain/studies";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { confirm } from "../record/confirm.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { keepInput, keptInput, openStudy } from "./open-place.ts";
import { studyJoinOutput, studyPublishOutput, studyWithdrawOutput } from "./outputs.ts";
import { readValues, requireOnePlace, type ValuesOptions } from "./values.ts";
import { columnInWords, filterInWords, statisticInWords } from "./words.ts";

export interface JoinOptions extends ValuesOptions {
  readonly yes?: boolean;
  readonly chain?: string;
}

/** What a patient is asked, in words. */
function wordsOf({ plan, holders, end }: StudyStanding, { used, limits }: PatientStanding): string[] {
  const { question, minimumCohort, epsilonMilli } = plan.study;
  const { title, columns, filter } = question;
  const of = filterInWords(question);
  return [
    `The study "${displayText(title)}" asks for ${columns.map(columnInWords).join("; ")}.`,
    of === undefined
      ? `It will say ${statisticInWords(question)}, over all who take part, and nothing of fewer than ${minimumCohort} patients.`
      : `It will say ${statisticInWords(question)}, of those with ${of}: about how many these are, and nothing more where they are fewer than ${filter?.minimum}. Whether you are one of them, nobody learns.`,
    `${holders.length} hospitals hold the keys together: as long as one of them is honest, nobody reads your values, whoever else takes part.`,
    `It costs you ε ${epsilonMilli / 1000} of this year's privacy budget, of which ${used.epsilonMilli / 1000} of ${limits.epsilonMilli / 1000} is given. It ends on ${timeOf(BigInt(end))}.`,
  ];
}

/** `medex study join`: shows the question and the values, asks, and takes part. */
export async function join(context: Context, studyId: Hex32, options: JoinOptions): Promise<void> {
  const { output } = context;
  const { yes = false } = options;
  if (!yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new WrongUse("nobody is at a terminal to be asked: give --yes to take part without being asked");
  }
  requireOnePlace(options);
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { account, memberId } = await placeMember(session, vault.contents);
  const { site, study } = await openStudy(session, studyId, account, options.chain);
  const standing = await readPatientStanding(site, studyId, memberId);
  requireJoinable(study, standing, Number(await chainTime(site.chain)));
  const { question } = study.plan.study;
  const { values, stated } = await readValues(context, session, vault, question, options);
  if (!yes || !output.json) {
    for (const line of wordsOf(study, standing)) output.note(line);
    // Who is not asked may be a script, which keeps what it prints: it is told where values are from, and not the values.
    for (const { column, value, source } of stated) output.note(`${column}${yes ? "" : `: ${value}`}, from ${source}`);
    if (!yes && !matchesFilter(question, values)) {
      output.note("You are not one of those whom it is of: zeros are encrypted, which nobody can tell from values.");
    }
  }
  if (!yes) await confirm("Take part with these values?", ownTerminal());
  const keep = (input: Uint8Array) => keepInput(context, vault.name, studyId, input);
  const { digest, transactionHash } = await joinStudy(site, study, { memberId, account }, values, keep);
  output.result(studyJoinOutput, { studyId, input: digest, publishFrom: study.joinEnd, transactionHash }, () => {
    output.fact("joined", transactionHash);
    output.note(
      `Run medex study publish ${studyId} after ${timeOf(BigInt(study.joinEnd))}: until then nobody sees even the encrypted values.`,
    );
  });
}

/** `medex study publish`. */
export async function publish(context: Context, studyId: Hex32, options: { readonly chain?: string }): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { account, memberId } = await placeMember(session, vault.contents);
  const { site, study } = await openStudy(session, studyId, account, options.chain);
  const kept = (digest: Hex32) => keptInput(context, vault.name, studyId, digest);
  await publishInput(site, study, { memberId }, kept, Number(await chainTime(site.chain)));
  output.result(studyPublishOutput, { studyId }, () => output.line("Published."));
}

/** `medex study withdraw`. */
export async function withdraw(context: Context, studyId: Hex32, options: { readonly chain?: string }): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { account, memberId } = await placeMember(session, vault.contents);
  const { site } = await openStudy(session, studyId, account, options.chain);
  const { participation } = await readPatientStanding(site, studyId, memberId);
  if (participation !== "Joined") {
    const why = participation === "None" ? "you do not take part in" : "you have already left";
    throw new MedexError("INPUT_INVALID", `${why} study ${studyId}, so there is nothing to leave`);
  }
  const transactionHash = await leaveStudy(site, studyId, { memberId, account });
  output.result(studyWithdrawOutput, { studyId, transactionHash }, () => output.fact("left", transactionHash));
}
