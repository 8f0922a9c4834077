import { MedexError, toJson } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { invitationOf } from "@medexchain/gateway";
import { formatEther, parseUnits } from "ethers";
import type { Context } from "../context.ts";
import { makeInvite, operatorOf } from "../hospital/operator.ts";
import { timeOf } from "../output/output.ts";
import { openSession, unlock } from "../session/session.ts";
import { slugOf } from "../session/slug.ts";
import { gweiOf } from "./ether.ts";
import { memberInviteOutput } from "./outputs.ts";
import { rememberMember } from "./remember.ts";

export interface InviteOptions {
  readonly days: number;
  /** Hours until the invite itself expires. */
  readonly hours: number;
  /** What the hospital gives the member's account, in ether. */
  readonly ether: string;
  readonly output?: string;
}

/** `medex member invite`. */
export async function inviteMember(context: Context, pseudonym: string, options: InviteOptions): Promise<void> {
  const { output } = context;
  const gwei = gweiOf(options.ether);
  const vault = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const { days, hours } = options;
  const { invite, memberId } = await makeInvite(operatorOf(session, vault.contents), pseudonym, { days, hours, gwei });
  const file = options.output ?? `${slugOf(pseudonym)}.invite.json`;
  await writeFileDurably(file, `${toJson(invite, { integer: Number })}\n`, { exclusive: true }).catch((cause) => {
    throw new MedexError("INPUT_INVALID", `cannot create ${file}: if it exists, give --output`, { cause });
  });
  await rememberMember(context, vault, memberId, pseudonym);
  const { fingerprint } = invitationOf(invite);
  const expiry = BigInt(invite.expiry);
  output.result(memberInviteOutput, { memberId, file, fingerprint, role: invite.role, expiry }, () => {
    output.fact("invite", file);
    output.fact("member", memberId);
    output.fact("role", invite.role === "owner" ? "patient" : "doctor");
    output.fact("fingerprint", fingerprint);
    output.fact("expires", `${timeOf(expiry)}; it can be used once`);
    if (gwei > 0) output.fact("gives", `${formatEther(parseUnits(String(gwei), "gwei"))} ether for transactions`);
    output.note(
      `Give it to the member by a way that nobody reads along: until it is used, whoever has the file can join as ${pseudonym}. They run: medex member join ${file}`,
    );
  });
}
