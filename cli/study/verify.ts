import { verifyStudies } from "@medexchain/actors/studies";
import type { Context } from "../context.ts";
import { openSession } from "../session/session.ts";
import { openStudySite } from "./open-place.ts";
import { studyVerifyOutput } from "./outputs.ts";

/** `medex study verify`. The exit code is 1 when something is found. */
export async function verify(context: Context, options: { readonly chain?: string }): Promise<void> {
  const { output } = context;
  await using session = await openSession(context);
  const site = await openStudySite(session, options.chain);
  const audit = await verifyStudies(site, site.fromBlock);
  if (audit.findings.length > 0) process.exitCode = 1;
  output.result(studyVerifyOutput, audit, () => {
    output.fact("studies", `${audit.studies}, of which ${audit.released} have a result`);
    output.fact("patients", `${audit.patients} in released sums`);
    for (const { studyId, what } of audit.findings) output.fact("finding", `${studyId ?? "registry"}: ${what}`);
    if (audit.findings.length === 0) output.line("Everything is as it must be.");
  });
}
