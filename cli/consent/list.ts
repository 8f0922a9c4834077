import { consentKeyOf, listConsents, revokeConsent } from "@medexchain/actors";
import { openConsentStore } from "@medexchain/actors/files";
import { purposeText } from "@medexchain/chain";
import { resolveId } from "@medexchain/core";
import type { Context } from "../context.ts";
import { timeOf } from "../output/output.ts";
import { openNames, shortId } from "../session/names.ts";
import { blockOf, consentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { dataWords, recipientName } from "./describe.ts";
import { consentListOutput, consentRevokeOutput } from "./outputs.ts";

/** `medex consent list`. */
export async function list(context: Context): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  using names = await openNames(context, session.config, vault);
  using store = openConsentStore(consentFolder(context, vault.name), consentKeyOf(vault.contents.secret, memberId));
  const { consents: kept, damaged } = await store.list();
  for (const path of damaged) output.note(`the consent in ${path} is damaged, and left out: sign it again`);
  const found = (await listConsents(chain, memberId, blockOf(session, chainName))).map(
    ({ consentId, consent, state, used }) => {
      const data = kept.get(consentId)?.data;
      return {
        consentId,
        state,
        recipients: consent.recipients.map((id) => recipientName(names, id)),
        purposes: consent.purposes.map(purposeText),
        records: consent.records,
        ...(data !== undefined && { data: dataWords(data) }),
        from: consent.from,
        until: consent.until,
        used,
        count: consent.maxAccessCount,
      };
    },
  );
  output.result(consentListOutput, found, () =>
    output.table([
      ["WHO", "PURPOSE", "DATA", "UNTIL", "USED", "STATE", "CONSENT"],
      ...found.map(({ consentId, recipients, purposes, data, until, used, count, state }) => [
        recipients.join(", "),
        purposes.join(", "),
        data === undefined ? "not known here" : data.length === 0 ? "all" : data.join(", "),
        timeOf(until),
        `${used} of ${count}`,
        state,
        shortId(consentId),
      ]),
    ]),
  );
}

/** `medex consent revoke`. */
export async function revoke(context: Context, reference: string): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner"]);
  await using session = await openSession(context);
  const { chain, chainName, memberId } = await placeMember(session, vault.contents);
  const from = blockOf(session, chainName);
  const among = (await listConsents(chain, memberId, from)).filter(({ state }) => state !== "revoked");
  const consentId = resolveId(
    "consent",
    reference,
    among.map((each) => ({ id: each.consentId, names: [] })),
  );
  const { transactionHash, withdrawn } = await revokeConsent(chain, consentId, from);
  output.result(consentRevokeOutput, { consentId, transactionHash, withdrawn }, () => {
    output.line(`Consent ${consentId} has ended (${transactionHash}).`);
    for (const requestId of withdrawn) output.line(`Your approval of request ${requestId} is withdrawn.`);
    if (withdrawn.length > 0) {
      output.note("Relayers may have published their parts of these already, which cannot be taken back.");
    }
  });
}
