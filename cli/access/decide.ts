import { ask, type Chain, type Hex32, requestStateOf, transact } from "@medexchain/chain";
import type { Context } from "../context.ts";
import { progressLine } from "../output/progress-line.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { accessApproveOutput, accessDenyOutput, accessResealOutput, accessWithdrawOutput } from "./outputs.ts";
import { waitUntil } from "./wait-until.ts";

/** `medex access approve`. A refusal by Algorithm₁ is shown and logged on chain, and the exit code is 1. */
export async function approve(
  context: Context,
  requestId: Hex32,
  options: { readonly feature?: readonly string[]; readonly wait: number },
): Promise<void> {
  const { output } = context;
  keepHeapLean();
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  await arrival(owner.chain, requestId, options.wait);
  output.progress("sending the private features, and the re-encryption key through the firewall");
  const line = progressLine(process.stderr);
  const approval = await owner
    .approve(requestId, {
      ...(options.feature && { features: new Set(options.feature) }),
      onProgress: line.show,
    })
    .finally(line.end);
  if (approval.decision !== "Granted") process.exitCode = 1;
  output.result(accessApproveOutput, { requestId, ...approval }, () => {
    output.fact("decision", approval.decision);
    output.fact("transaction", approval.transactionHash);
    if (approval.sent) {
      output.fact("private part", `${approval.sent.sizes.message} bytes on the Tangle`);
      noteLeftOut(output, approval.sent.leftOutRelayers);
    } else {
      output.note(
        "The contract refused: a limit is reached, or the record or the requester is not active. Nothing was sent.",
      );
    }
  });
}

/** `medex access deny`. */
export async function deny(context: Context, requestId: Hex32, options: { readonly wait: number }): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain } = await placeMember(session, contents);
  await arrival(chain, requestId, options.wait);
  const { hash } = await transact(chain, () => chain.grants.deny(requestId));
  output.result(accessDenyOutput, { requestId, decision: "DeniedByOwner", transactionHash: hash }, () => {
    output.line(`Request ${requestId} is denied (${hash}).`);
  });
}

/** `medex access withdraw`. */
export async function withdraw(context: Context, requestId: Hex32): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain } = await placeMember(session, contents);
  const { hash } = await transact(chain, () => chain.grants.withdraw(requestId));
  output.result(accessWithdrawOutput, { requestId, decision: "Withdrawn", transactionHash: hash }, () => {
    output.line(`Your approval of request ${requestId} is withdrawn (${hash}).`);
    output.note(
      "The access stays counted, as relayers may have published their parts already, which cannot be taken back.",
    );
  });
}

/** `medex access reseal`. A refusal, of a request whose record was revoked since, is shown, and the exit code is 1. */
export async function reseal(context: Context, requestId: Hex32): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  output.progress("having the re-encryption key dealt and sealed anew");
  const resealing = await owner.reseal(requestId);
  if (resealing.decision !== "Granted") process.exitCode = 1;
  output.result(accessResealOutput, { requestId, ...resealing }, () => {
    output.fact("decision", resealing.decision);
    output.fact("transaction", resealing.transactionHash);
    if (resealing.sealedRekey) {
      output.fact("relayers", `of epoch ${resealing.epoch}`);
      noteLeftOut(output, resealing.leftOutRelayers);
    } else output.note("The contract refused: the record or the requester is not active any more. Nothing was sent.");
  });
}

/** Who takes no part, where there are such relayers: fewer others may fail then. */
function noteLeftOut({ note }: Context["output"], leftOut: readonly number[] = []): void {
  if (leftOut.length === 0) return;
  note(
    `Without ${leftOut.length === 1 ? "relayer" : "relayers"} ${leftOut.join(", ")}, to whom nothing can be sealed: tell their operators, or your chain's relayer manager.`,
  );
}

function arrival(chain: Chain, requestId: Hex32, seconds: number): Promise<void> {
  return waitUntil(seconds, async () => {
    const { state } = await ask(chain, () => chain.grants.grant(requestId));
    return requestStateOf(state) !== "None";
  });
}
