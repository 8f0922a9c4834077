import { approveStudy, publishKeyShare, type StudyHolder, type StudyStanding } from "@medexchain/actors/studies";
import { ask, type Hex32, pseudonymHash, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentsOf } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
import { holderSeed } from "./holder-seed.ts";
import { openStudy, openStudySite, type StudySite } from "./open-place.ts";
import { studyApproveOutput, studyLimitOutput } from "./outputs.ts";

/** A hospital as a key holder. Dispose of it, which wipes the seed. */
export function holderOf(contents: ContentsOf<"hospital">): StudyHolder & Disposable {
  const seed = holderSeed(contents);
  return { hospitalId: pseudonymHash(contents.pseudonym), seed, [Symbol.dispose]: () => void seed.fill(0) };
}

/**
 * That the hospital holds a share of the study's key.
 * @throws INPUT_INVALID it does not
 */
export function requireHolder({ studyId, holders }: StudyStanding, { hospitalId }: StudyHolder): void {
  if (holders.includes(hospitalId)) return;
  throw new MedexError("INPUT_INVALID", `study ${studyId} does not name your hospital as a holder of its key`);
}

/** @throws INPUT_INVALID the hospital has approved the study already, and others have not */
async function requireNew({ chain, studies }: StudySite, { studyId }: StudyStanding, { hospitalId }: StudyHolder) {
  const { commitment } = await ask(chain, () => studies.holder(studyId, hospitalId));
  if (BigInt(commitment) === 0n) return;
  throw new MedexError(
    "INPUT_INVALID",
    `your hospital has approved study ${studyId} already: run this again when all others have, to publish the key share`,
  );
}

/** `medex study approve`: commits, or shares where all holders have committed. */
export async function approve(context: Context, studyId: Hex32, options: { readonly chain?: string }): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const { site, study } = await openStudy(session, studyId, walletOf(contents), options.chain);
  using holder = holderOf(contents);
  requireHolder(study, holder);
  const isShared = study.state !== "Proposed";
  if (!isShared) await requireNew(site, study, holder);
  const transactionHash = await (isShared ? publishKeyShare : approveStudy)(site, study, holder);
  const done = { studyId, step: isShared ? ("shared" as const) : ("committed" as const) };
  output.result(studyApproveOutput, transactionHash === undefined ? done : { ...done, transactionHash }, () => {
    output.fact(isShared ? "key share" : "approval", transactionHash ?? "was there already; published again");
    if (!isShared) output.note("When all hospitals have approved, run this again: it publishes the key share.");
  });
}

/** `medex study limit`. */
export async function limit(
  context: Context,
  studies: number,
  epsilonMilli: number,
  options: { readonly chain?: string },
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const hospitalId = pseudonymHash(contents.pseudonym);
  const site = await openStudySite(session, options.chain, walletOf(contents));
  const { hash } = await transact(site.chain, () => site.studies.setLimits(hospitalId, { studies, epsilonMilli }));
  output.result(studyLimitOutput, { hospitalId, studies, epsilonMilli, transactionHash: hash }, () => {
    output.line(
      `Each patient of ${contents.pseudonym} can take part in ${studies} ${studies === 1 ? "study" : "studies"} of a year, for ε ${epsilonMilli / 1000} in all (${hash}).`,
    );
  });
}
