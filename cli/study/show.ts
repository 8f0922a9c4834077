import { decodeReleased, readStudy, type StudyStanding } from "@medexchain/actors/studies";
import { ask, chainLogs, chainTime, type Hex32, hex32 } from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { openSession } from "../session/session.ts";
import { figureLines, figuresOf, matchingOf } from "./figures.ts";
import { openStudy, openStudySite } from "./open-place.ts";
import { studyListOutput, studyShowOutput } from "./outputs.ts";
import { columnInWords, filterInWords, statisticInWords } from "./words.ts";

function standingOf({ studyId, state, cohort, joinEnd, end, plan }: StudyStanding) {
  const { question, minimumCohort, epsilonMilli } = plan.study;
  const { title, statistic } = question;
  return { studyId, title, state, statistic: statistic.kind, cohort, minimumCohort, epsilonMilli, joinEnd, end };
}

/**
 * `medex study list`. Anyone can propose: what no hospital has approved is not even read, unless asked for. A study whose question cannot be read
 * is left out with a remark.
 */
export async function list(
  context: Context,
  options: { readonly chain?: string; readonly proposals?: boolean },
): Promise<void> {
  const { output } = context;
  await using session = await openSession(context);
  const site = await openStudySite(session, options.chain);
  const { chain, studies, fromBlock } = site;
  const logs = await chainLogs(chain, (from, to) => studies.queryFilter(studies.filters.StudyProposed(), from, to), {
    from: fromBlock,
  });
  const found: ReturnType<typeof standingOf>[] = [];
  for (const { args } of logs) {
    const studyId = hex32(args.studyId);
    const { approvals } = await ask(chain, () => studies.study(studyId));
    if (approvals === 0n && options.proposals !== true) continue;
    try {
      found.push(standingOf(await readStudy(site, studyId)));
    } catch (error) {
      if (!MedexError.is(error) || error.code === "SERVICE_UNREACHABLE") throw error;
      output.note(`study ${studyId}: ${error.message}`);
    }
  }
  output.result(studyListOutput, found, () => {
    const rows = found.map((each) => [
      each.studyId,
      displayText(each.title),
      each.state,
      each.statistic,
      String(each.cohort),
      timeOf(BigInt(each.end)),
    ]);
    output.table([["study", "title", "state", "statistic", "patients", "ends"], ...rows]);
    if (rows.length === 0 && options.proposals !== true) {
      output.note("No hospital has approved a study yet; --proposals shows those that are only proposed.");
    }
  });
}

/** `medex study show`. */
export async function show(context: Context, studyId: Hex32, options: { readonly chain?: string }): Promise<void> {
  const { output } = context;
  await using session = await openSession(context);
  const { site, study } = await openStudy(session, studyId, undefined, options.chain);
  const { holders, computeNode, plan, state } = study;
  const released = state === "Released" ? await decodeReleased(site, study) : undefined;
  const standing = standingOf(study);
  const now = Number(await chainTime(site.chain));
  const { question } = plan.study;
  const columns = question.columns.map((column) => {
    if (!("codes" in column)) {
      const { scale: _, ...number } = column;
      return number;
    }
    return column;
  });
  const filter = filterInWords(question);
  const matching = released && matchingOf(released.outcome);
  output.result(
    studyShowOutput,
    {
      ...standing,
      holders,
      computeNode,
      columns,
      ...(filter !== undefined && { filter }),
      ...(matching && { matching }),
      ...(released && { count: released.outcome.count, figures: figuresOf(released.outcome) }),
    },
    () => {
      output.fact("title", displayText(standing.title));
      output.fact("state", state === "Open" && now >= standing.joinEnd ? "Open, and joining has ended" : state);
      output.fact("it asks", statisticInWords(question));
      if (filter !== undefined) output.fact("of those with", filter);
      for (const column of question.columns) output.fact("value", columnInWords(column));
      output.fact("patients", `${standing.cohort}, at least ${standing.minimumCohort} for a result`);
      output.fact("joining until", timeOf(BigInt(standing.joinEnd)));
      output.fact("end", timeOf(BigInt(standing.end)));
      output.fact("ε", String(standing.epsilonMilli / 1000));
      if (released) for (const [name, value] of figureLines(released.outcome)) output.fact(name, value);
    },
  );
}
