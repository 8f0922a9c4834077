import { ask, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { MedexError, toJson } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { createMemberInvite, invitationOf } from "@medexchain/gateway";
import { formatEther, parseUnits } from "ethers";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { hospitalEntry } from "../session/config.ts";
import { networkOf } from "../session/network.ts";
import { openSession, unlock, walletOf } from "../session/session.ts";
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
  const { contents } = vault;
  const { pseudonym: name, scheme } = contents;
  await using session = await openSession(context);
  const entry = hospitalEntry(session.config, name);
  if (entry.gateway === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the configuration does not say where members reach the firewall of ${name}: add it with medex hospital add, or have it serve with --announce`,
    );
  }
  const chain = await session.chain(entry.chain);
  const hospitalId = pseudonymHash(name);
  const memberId = memberIdOf(hospitalId, pseudonymHash(pseudonym));
  const [{ serial }, { operator }, block] = await Promise.all([
    ask(chain, () => chain.hospitals.member(memberId)),
    ask(chain, () => chain.hospitals.hospital(hospitalId)),
    ask(chain, () => chain.provider.getBlock("latest")),
  ]);
  if (operator !== walletOf(contents).address) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `this vault's account is not the operator of ${name} on ${entry.chain}`,
    );
  }
  const now = Math.max(block?.timestamp ?? 0, Math.floor(Date.now() / 1000));
  const invite = await createMemberInvite(walletOf(contents), {
    network: networkOf(session.config, name),
    hospital: name,
    pseudonym,
    role: scheme === "ibe" ? "owner" : "doctor",
    serial: Number(serial) + 1,
    notAfter: now + options.days * 86_400,
    expiry: now + options.hours * 3600,
    gwei,
  });
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
