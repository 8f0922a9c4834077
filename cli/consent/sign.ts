import { randomBytes } from "node:crypto";
import { consentIdOn, consentKeyOf, giveConsent, standingConsentOf } from "@medexchain/actors";
import { openConsentStore } from "@medexchain/actors/files";
import { PURPOSE_CODES } from "@medexchain/chain";
import { parseConsent } from "@medexchain/fhir";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { ownTerminal } from "../prompt/prompt.ts";
import { confirm } from "../record/confirm.ts";
import { readInput } from "../record/read-input.ts";
import { openNames } from "../session/names.ts";
import { consentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { factsOfConsent } from "./describe.ts";
import { consentSignOutput } from "./outputs.ts";

export interface SignOptions {
  readonly count: number;
  /** Sign without asking. */
  readonly yes?: boolean;
}

/** `medex consent sign`: shows what a Consent lets the device approve, asks, and signs. */
export async function sign(context: Context, file: string, { count, yes = false }: SignOptions): Promise<void> {
  const { output } = context;
  if (count < 1) throw new WrongUse("--count must be 1 or more: a consent for nothing is none");
  if (!yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new WrongUse("nobody is at a terminal to be asked: give --yes to sign without being asked");
  }
  const document = new Uint8Array(await readInput(file));
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, account, memberId, hospitalId } = await placeMember(session, vault.contents);
  const subject = { owner: memberId, hospital: hospitalId, purposes: new Set(PURPOSE_CODES) };
  const terms = parseConsent(document, subject);
  const salt = new Uint8Array(randomBytes(32));
  const consent = standingConsentOf({ owner: memberId, terms, document, salt, maxAccessCount: count });
  using names = await openNames(context, session.config, vault);
  if (!yes || !output.json) {
    output.note("Your device may approve, with nobody asking you:");
    for (const [name, value] of factsOfConsent(names, consent, terms.data)) output.note(`${name.padEnd(16)} ${value}`);
  }
  if (!yes) await confirm("Sign it?", ownTerminal());
  const consentId = consentIdOn(chain, consent);
  // Before it is given: what is on chain without its document can approve nothing.
  using store = openConsentStore(consentFolder(context, vault.name), consentKeyOf(vault.contents.secret, memberId));
  await store.put(consentId, { salt, document, data: terms.data });
  const transactionHash = await giveConsent(chain, account, consent);
  const { from, until } = consent;
  output.result(consentSignOutput, { consentId, from, until, count, transactionHash }, () => {
    output.fact("consent", consentId);
    output.fact("transaction", transactionHash);
    output.note("medex consent serve answers by it; medex consent revoke ends it.");
  });
}
