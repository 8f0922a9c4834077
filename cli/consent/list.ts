import { consentKeyOf, listConsents, revokeConsent } from "@medexchain/actors";
import { openConsentStore } from "@medexchain/actors/files";
import { purposeText } from "@medexchain/chain";
import type { Context } from "../context.ts";
import { openNames, shortId } from "../session/names.ts";
import { blockOf, consentFolder, openSession, placeMember, unlock } from "../session/session.ts";
import { dataWords, endOf, recipientNames } from "./describe.ts";
import { findConsent } from "./find.ts";
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
        recipients: recipientNames(names, consent),
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
        endOf({ until }),
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
  const given = await listConsents(chain, memberId, from);
  const consentId = findConsent(given, reference);
  const { transactionHash, withdrawn } = await revokeConsent(chain, consentId, from);
  const result = { consentId, ...(transactionHash !== undefined && { transactionHash }), withdrawn };
  output.result(consentRevokeOutput, result, () => {
    const how = transactionHash === undefined ? "was revoked before" : `has ended (${transactionHash})`;
    output.line(`Consent ${consentId} ${how}.`);
    for (const requestId of withdrawn) output.line(`Your approval of request ${requestId} is withdrawn.`);
    if (withdrawn.length > 0) {
      output.note("Relayers may have published their parts of these already, which cannot be taken back.");
    }
  });
}
