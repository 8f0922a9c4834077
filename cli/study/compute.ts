import {
  checkSum,
  decryptStudy,
  isPartPublished,
  releaseStudy,
  type StudyStanding,
  sumStudy,
} from "@medexchain/actors/studies";
import { chainTime, type Hex32, pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
import { figureLines, figuresOf, matchingOf } from "./figures.ts";
import { holderOf, requireHolder } from "./hospital.ts";
import { keptSum } from "./kept-sum.ts";
import { openStudy } from "./open-place.ts";
import { studyComputeOutput, studyReleaseOutput } from "./outputs.ts";

export interface ComputeOptions {
  readonly chain?: string;
  readonly leaveOut?: readonly Hex32[];
}

/**
 * What would be refused once all inputs were fetched.
 * @param now Unix seconds, by the study's chain
 */
function requireComputable({ studyId, computeNode, end }: StudyStanding, account: string, now: number): void {
  if (computeNode !== account) {
    throw new MedexError(
      "INPUT_INVALID",
      `the compute node of study ${studyId} is the account ${computeNode}, and this vault's is ${account}`,
    );
  }
  if (now < end) {
    throw new MedexError("INPUT_INVALID", `study ${studyId} ends at ${timeOf(BigInt(end))}: make its sum after that`);
  }
}

/** `medex study compute`. */
export async function compute(context: Context, studyId: Hex32, options: ComputeOptions): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner", "doctor", "hospital"]);
  await using session = await openSession(context);
  const account = walletOf(contents);
  const { site, study } = await openStudy(session, studyId, account, options.chain);
  requireComputable(study, account.address, Number(await chainTime(site.chain)));
  output.progress("fetching and adding the inputs");
  const summed = await sumStudy(site, study, site.fromBlock, new Set(options.leaveOut));
  output.result(studyComputeOutput, { studyId, ...summed }, () => {
    output.fact("patients", String(summed.count));
    for (const { patient, reason } of summed.lacking) output.fact("left out", `${patient}: ${reason}`);
    output.fact("transaction", summed.transactionHash);
  });
}

export interface ReleaseOptions {
  readonly chain?: string;
  readonly mayLack?: readonly Hex32[];
  /** Verify alone, and decrypt nothing. */
  readonly check?: boolean;
}

/** `medex study release`: a hospital's part, or, where all parts are there and the account is the compute node's, the result. */
export async function release(context: Context, studyId: Hex32, options: ReleaseOptions): Promise<void> {
  const { output } = context;
  const { contents, name } = await unlock(context, ["owner", "doctor", "hospital"]);
  await using session = await openSession(context);
  const account = walletOf(contents);
  const { site, study } = await openStudy(session, studyId, account, options.chain);
  // Its part, again, too, if a crash kept it from IPFS: the contract has it then, and only the document is put.
  const isComplete = study.partials === study.holders.length && study.computeNode === account.address;
  const hospitalId = contents.role === "hospital" ? pseudonymHash(contents.pseudonym) : undefined;
  const isHolder = hospitalId !== undefined && study.holders.includes(hospitalId);
  const isResult = isComplete && !(isHolder && !(await isPartPublished(site, study, { hospitalId })));
  if (options.check === true && contents.role !== "hospital") {
    throw new WrongUse("--check is for hospitals: a hospital verifies what it is to decrypt");
  }
  if (contents.role === "hospital" && (!isResult || options.check === true)) {
    using holder = holderOf(contents);
    requireHolder(study, holder);
    output.progress("making the sum again, and taking this hospital's masks off");
    const checks = { fromBlock: site.fromBlock, mayLack: new Set(options.mayLack) };
    if (options.check === true) {
      await checkSum(site, study, holder, checks);
      output.result(studyReleaseOutput, { studyId, step: "checked" }, () =>
        output.line("The sum is right, and this hospital can decrypt its part. Release when every hospital can."),
      );
      return;
    }
    const transactionHash = await decryptStudy(site, study, holder, keptSum(context, name, studyId), checks);
    const done = { studyId, step: "decrypted" as const };
    output.result(studyReleaseOutput, transactionHash === undefined ? done : { ...done, transactionHash }, () =>
      output.fact("decrypted", transactionHash ?? "was there already; published again"),
    );
    return;
  }
  const { outcome, transactionHash } = await releaseStudy(site, study);
  const matching = matchingOf(outcome);
  const result = { count: outcome.count, ...(matching && { matching }), figures: figuresOf(outcome) };
  output.result(studyReleaseOutput, { studyId, step: "released", ...result, transactionHash }, () => {
    for (const [name, value] of figureLines(outcome)) output.fact(name, value);
    output.fact("transaction", transactionHash);
  });
}
