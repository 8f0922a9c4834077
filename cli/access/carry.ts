import { carryApprovals, MAX_CARRIED } from "@medexchain/actors";
import type { SignedAuthorization } from "@medexchain/chain";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { hospitalEntry } from "../session/config.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
import { accessCarryOutput } from "./outputs.ts";
import { readSignedApproval } from "./signed-approval.ts";

/**
 * `medex access carry`: brings approvals that patients signed to the chain of the hospital, in one transaction. Where one is not granted the
 * exit code is 1.
 */
export async function carry(context: Context, files: readonly string[]): Promise<void> {
  const { output } = context;
  if (files.length > MAX_CARRIED) {
    throw new WrongUse(`one transaction carries ${MAX_CARRIED} approvals at most: give ${files.length} files in parts`);
  }
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const { chain: name } = hospitalEntry(session.config, contents.pseudonym);
  const chain = (await session.chain(name)).as(walletOf(contents));
  const approvals: SignedAuthorization[] = [];
  for (const file of files) approvals.push(await readSignedApproval(file, chain.deployment));
  const carried = await carryApprovals(chain, approvals);
  if (carried.some(({ decision }) => decision !== "Granted")) process.exitCode = 1;
  output.result(accessCarryOutput, { chain: name, carried }, () => {
    for (const { requestId, decision, refusal } of carried) {
      output.fact(requestId, decision ?? `not taken: ${refusal}`);
    }
  });
}
