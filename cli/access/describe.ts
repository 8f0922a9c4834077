/** A request in words, for the patient who decides about it. */
import { type ChainFrom, describeRequest, type RequestDescription } from "@medexchain/actors";
import { type Hex32, purposeDisplay, purposeWords } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import { timeOf } from "../output/output.ts";
import { type Names, shortId } from "../session/names.ts";
import { blockOf, type MemberSite, type Session } from "../session/session.ts";

/** Features and places that are named. */
const SHOWN = 6;

/** Asks the chains about a request. */
export async function describe(session: Session, site: MemberSite, requestId: Hex32): Promise<RequestDescription> {
  const at = (chain: ChainFrom["chain"], name: string): ChainFrom => ({ chain, from: blockOf(session, name) });
  return describeRequest(at(site.chain, site.chainName), site.memberId, requestId, async (chainId) => {
    const name = Object.entries(session.config.chains).find(
      ([, { deployment }]) => deployment.chainId === chainId,
    )?.[0];
    if (name === undefined) return undefined;
    // Without it the owner's own chain says what it knows.
    return session.chain(name).then(
      (chain) => at(chain, name),
      () => undefined,
    );
  });
}

/** What of it goes into the JSON. */
export function namesIn(names: Names, { recordId, requester, purpose }: RequestDescription) {
  const display = purposeDisplay(purpose);
  const [record, person] = [names.records.get(recordId), names.people.get(requester.memberId)];
  return {
    recordId,
    ...(record !== undefined && { recordName: record.label }),
    requester: requester.memberId,
    ...(person !== undefined && { requesterName: person.label }),
    hospital: names.hospitals.get(requester.hospitalId) ?? requester.hospitalId,
    purpose,
    ...(display !== undefined && { purposeDisplay: display }),
  };
}

/** Who, in a few words. */
export function whoOf(names: Names, { requester }: Pick<RequestDescription, "requester">): string {
  const { memberId, hospitalId } = requester;
  return `${names.person(memberId)} at ${names.hospital(hospitalId)}`;
}

/**
 * The request as a person reads it: facts with their names.
 *
 * @param features that were chosen; all unless given
 * @param now Unix seconds
 */
export function factsOfRequest(
  names: Names,
  request: RequestDescription,
  {
    features,
    ownHospital,
    now,
  }: { readonly features?: readonly string[]; readonly ownHospital: string; readonly now: bigint },
): (readonly [name: string, value: string])[] {
  const { requester, recordId, requestId, purpose, earlier, record, hospital, expiry } = request;
  const { certificate } = requester;
  const person = names.people.get(requester.memberId);
  const named = names.records.get(recordId);
  return [
    ["request", requestId],
    [
      "who",
      person === undefined
        ? `${whoOf(names, request)} (${requester.memberId}): nobody in your address book; if they told you their pseudonym, medex contacts add checks it`
        : `${whoOf(names, request)}, there ${displayText(person.pseudonym, 40)}`,
    ],
    ["certificate", `${requester.isActive ? "" : "NOT ACTIVE NOW; "}${certificateText(certificate, now)}`],
    ["asked before", earlierText(earlier)],
    [
      "record",
      named === undefined
        ? recordId
        : `${names.record(recordId)}${named.file === undefined ? "" : ` (${displayText(named.file, 40)})`}, ${shortId(recordId)}${record.isActive ? "" : ", REVOKED"}`,
    ],
    ["purpose", purposeWords(purpose)],
    ["would be sent", sentText(names, recordId, features)],
    [
      "limits",
      `${record.used} of ${record.limit} used by them of this record, ${hospital.used} of ${hospital.limit} of all records of ${displayText(ownHospital)}`,
    ],
    ["until", `${timeOf(expiry)}, ${spanOf(expiry - now)} from now`],
  ];
}

function certificateText(
  { since, knownAt, serial, notAfter }: RequestDescription["requester"]["certificate"],
  now: bigint,
): string {
  const age =
    since === undefined ? "of unknown age" : `${spanOf(now - since)} old${knownAt === "here" ? " on this chain" : ""}`;
  return `${age}, ${serial === 1n ? "their first" : `number ${serial}`}, expires ${timeOf(notAfter)}`;
}

function earlierText({ count, granted, refused, latest }: RequestDescription["earlier"]): string {
  if (count === 0) return "never";
  const when = latest === undefined ? "" : `, the latest ${timeOf(latest)}`;
  return `${count} ${count === 1 ? "time" : "times"}: ${granted} granted, ${refused} refused${when}`;
}

function sentText({ records }: Names, recordId: Hex32, chosen: readonly string[] | undefined): string {
  const { features, places = [] } = records.get(recordId) ?? {};
  const shown = (texts: readonly string[]) =>
    texts
      .slice(0, SHOWN)
      .map((text) => displayText(text))
      .join(", ") + (texts.length > SHOWN ? ", …" : "");
  const all = features === undefined ? "private features" : `${features.private} private features`;
  const what =
    chosen === undefined
      ? `all ${all}${places.length === 0 ? "" : ` (${shown(places)})`}`
      : `${chosen.length} of the ${all}: ${shown(chosen)}`;
  const open = features === undefined ? "its public ones" : `its ${features.public} public ones`;
  return `${what}; ${open} are readable to whoever is granted anything of it`;
}

/** Seconds as a person says them. */
export function spanOf(seconds: bigint): string {
  const s = seconds < 0n ? 0n : seconds;
  if (s < 120n) return `${s} s`;
  if (s < 7200n) return `${s / 60n} min`;
  return s < 172_800n ? `${s / 3600n} h` : `${s / 86_400n} days`;
}
