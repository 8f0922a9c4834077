import { joinStudy, leaveStudy, publishInput, type StudyStanding } from "@medexchain/actors/studies";
import { chainTime, type Hex32 } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { z } from "zod";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { confirm } from "../record/confirm.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { keepInput, keptInput, openStudy } from "./open-place.ts";
import { studyJoinOutput, studyPublishOutput, studyWithdrawOutput } from "./outputs.ts";

export interface JoinOptions {
  /** A file, as what is on a command line is seen by others. */
  readonly values: string;
  readonly yes?: boolean;
  readonly chain?: string;
}

/** By column, in its unit. */
const valuesSchema = z.record(z.string(), z.union([z.string(), z.number().transform(String)]));

/** What a patient is asked, in words. */
function wordsOf({ plan, holders, end }: StudyStanding): string[] {
  const { question, minimumCohort, epsilonMilli } = plan.study;
  const { title, columns, statistic } = question;
  const asked = columns.map(
    ({ name, code, unit, min, max }) => `${name} (LOINC ${code}), from ${min} to ${max} ${displayText(unit)}`,
  );
  return [
    `The study "${displayText(title)}" asks for ${asked.join("; ")}.`,
    `It will say the ${statistic.kind} over all who take part, and nothing of fewer than ${minimumCohort} patients.`,
    `${holders.length} hospitals hold the keys together: as long as one of them is honest, nobody reads your values, whoever else takes part.`,
    `It costs you ε ${epsilonMilli / 1000} of this year's privacy budget. It ends at ${new Date(end * 1000).toISOString()}.`,
  ];
}

/** `medex study join`: shows the question, asks, and takes part. */
export async function join(context: Context, studyId: Hex32, options: JoinOptions): Promise<void> {
  const { output } = context;
  const { yes = false } = options;
  if (!yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new WrongUse("nobody is at a terminal to be asked: give --yes to take part without being asked");
  }
  const values = await readJsoncFile("file of values", options.values, valuesSchema);
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { account, memberId } = await placeMember(session, vault.contents);
  const { site, study } = await openStudy(session, studyId, account, options.chain);
  if (!yes || !output.json) for (const line of wordsOf(study)) output.note(line);
  if (!yes) await confirm("Take part?", ownTerminal());
  const keep = (input: Uint8Array) => keepInput(context, vault.name, studyId, input);
  const { digest, transactionHash } = await joinStudy(site, study, { memberId, account }, values, keep);
  output.result(studyJoinOutput, { studyId, input: digest, publishFrom: study.joinEnd, transactionHash }, () => {
    output.fact("joined", transactionHash);
    output.note(
      `Run medex study publish ${studyId} after ${new Date(study.joinEnd * 1000).toISOString()}: until then nobody sees even the encrypted values.`,
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
  const transactionHash = await leaveStudy(site, studyId, { memberId, account });
  output.result(studyWithdrawOutput, { studyId, transactionHash }, () => output.fact("left", transactionHash));
}
