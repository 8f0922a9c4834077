import type { DataOwner, ApproveOptions as OwnersOptions } from "@medexchain/actors";
import { ask, type Chain, chainTime, type Hex32, requestStateOf, transact } from "@medexchain/chain";
import type { Context } from "../context.ts";
import { progressLine } from "../output/progress-line.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { confirm } from "../record/confirm.ts";
import { keepHeapLean } from "../record/lean-heap.ts";
import { type Names, openNames } from "../session/names.ts";
import { type MemberSite, openSession, placeMember, type Session, unlock } from "../session/session.ts";
import { describe, factsOfRequest, namesIn } from "./describe.ts";
import { findDeliveredRequest, inState } from "./find.ts";
import { accessApproveOutput, accessDenyOutput, accessResealOutput, accessWithdrawOutput } from "./outputs.ts";
import { refuseTaken, writeSignedApproval } from "./signed-approval.ts";
import { waitUntil } from "./wait-until.ts";

export interface ApproveOptions {
  readonly feature?: readonly string[];
  /** Seconds. */
  readonly wait: number;
  /** Approve without asking. */
  readonly yes?: boolean;
  /** A new file for the signed approval, which is then not sent. */
  readonly sign?: string;
}

/**
 * `medex access approve`: shows who asks for what, asks, and approves. A refusal by Algorithm₁ is shown and logged on chain, and the exit
 * code is 1.
 */
export async function approve(context: Context, reference: string, options: ApproveOptions): Promise<void> {
  const { output } = context;
  const { yes = false, feature: features, wait, sign } = options;
  if (sign !== undefined) refuseTaken(sign);
  const isWatched = process.stdin.isTTY && process.stderr.isTTY;
  if (!yes && !isWatched) {
    throw new WrongUse("nobody is at a terminal to be asked: give --yes to approve without being asked");
  }
  keepHeapLean();
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const site = await placeMember(session, vault.contents);
  using names = await openNames(context, session.config, vault);
  const requestId = await waitingRequest(session, site, names, reference, { wait, onlyOne: yes });
  const description = await describe(session, site, requestId);
  // What waits no more is refused below, with the reason.
  if (description.state === "Pending") {
    const now = await chainTime(site.chain);
    const ownHospital = vault.contents.membership?.hospital ?? "";
    const facts = factsOfRequest(names, description, { ...(features && { features }), ownHospital, now });
    if (!yes || !output.json) for (const [name, value] of facts) output.note(`${name.padEnd(16)} ${value}`);
    if (!yes) await confirm("Approve it?", ownTerminal());
  }
  const { openOwner } = await import("../session/devices.ts");
  using owner = await openOwner(context, session, vault);
  output.progress("sending the private features, and the re-encryption key through the firewall");
  const line = progressLine(process.stderr);
  const how = { ...(features && { features: new Set(features) }), onProgress: line.show };
  const approval = await (sign === undefined
    ? owner.approve(requestId, how)
    : signInto(owner, sign, requestId, how)
  ).finally(line.end);
  if (approval.decision !== "Granted") process.exitCode = 1;
  output.result(accessApproveOutput, { requestId, ...namesIn(names, description), ...approval }, () => {
    output.fact("decision", approval.decision);
    if ("file" in approval) output.fact("signed approval", approval.file);
    else if ("transactionHash" in approval) output.fact("transaction", approval.transactionHash);
    if (approval.sent) {
      output.fact("private part", `${approval.sent.sizes.message} bytes on the Tangle`);
      noteLeftOut(output, approval.sent.leftOutRelayers);
      if ("file" in approval) {
        output.note("Give the file to your hospital, and to nobody else: the request is approved once it is carried.");
      }
    } else {
      const what = sign === undefined ? "refused" : "would refuse it, so nothing is signed and no file is written";
      output.note(
        `The contract ${what}: a limit is reached, or the record or the requester is not active. Nothing was sent.`,
      );
    }
  });
}

/** Has the device sign an approval, and writes it to a file. Where the contract would refuse it, nothing is written. */
async function signInto(owner: DataOwner, file: string, requestId: Hex32, options: OwnersOptions) {
  const { authorization, foreseen: decision, ...signed } = await owner.signApproval(requestId, options);
  if (authorization === undefined) return { decision, ...signed };
  await writeSignedApproval(file, owner.chain.deployment, authorization);
  return { decision, file, ...signed };
}

/** `medex access deny`. */
export async function deny(context: Context, reference: string, options: { readonly wait: number }): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const site = await placeMember(session, vault.contents);
  const { chain } = site;
  using names = await openNames(context, session.config, vault);
  const requestId = await waitingRequest(session, site, names, reference, { ...options, onlyOne: true });
  const { hash } = await transact(chain, () => chain.grants.deny(requestId));
  output.result(accessDenyOutput, { requestId, decision: "DeniedByOwner", transactionHash: hash }, () => {
    output.line(`Request ${requestId} is denied (${hash}).`);
  });
}

/** The request that is meant, among those that wait for the patient. */
async function waitingRequest(
  session: Session,
  site: MemberSite,
  names: Names,
  reference: string,
  options: { readonly wait: number; readonly onlyOne: boolean },
): Promise<Hex32> {
  const requestId = await findDeliveredRequest(session, site, names, reference, {
    where: inState("Pending"),
    ...options,
  });
  await arrival(site.chain, requestId, options.wait);
  return requestId;
}

/** The approved request that is meant. */
const approvedRequest = (session: Session, site: MemberSite, names: Names, reference: string): Promise<Hex32> =>
  findDeliveredRequest(session, site, names, reference, { where: inState("Authorized"), onlyOne: true });

/** `medex access withdraw`. */
export async function withdraw(context: Context, reference: string): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const site = await placeMember(session, vault.contents);
  const { chain } = site;
  using names = await openNames(context, session.config, vault);
  const requestId = await approvedRequest(session, site, names, reference);
  const { hash } = await transact(chain, () => chain.grants.withdraw(requestId));
  output.result(accessWithdrawOutput, { requestId, decision: "Withdrawn", transactionHash: hash }, () => {
    output.line(`Your approval of request ${requestId} is withdrawn (${hash}).`);
    output.note(
      "The access stays counted, as relayers may have published their parts already, which cannot be taken back.",
    );
  });
}

/** `medex access reseal`. A refusal, of a request whose record was revoked since, is shown, and the exit code is 1. */
export async function reseal(context: Context, reference: string): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { openOwner } = await import("../session/devices.ts");
  using names = await openNames(context, session.config, vault);
  const site = await placeMember(session, vault.contents);
  const requestId = await approvedRequest(session, site, names, reference);
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
