/** A consent in words, for the patient. */
import { classesOf } from "@medexchain/actors";
import { type Hex32, purposeText, purposeWords, type StandingConsent } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import { type ConsentedData, NO_END } from "@medexchain/fhir";
import { timeOf } from "../output/output.ts";
import type { Names } from "../session/names.ts";

/** Hospitals' and members' names, or how their ids begin. */
export const recipientNames = (
  names: Names,
  { hospitals, members }: Pick<StandingConsent, "hospitals" | "members">,
): string[] => [...hospitals.map((id) => names.hospital(id)), ...members.map((id) => names.person(id))];

/** When a consent ends by itself. */
export const endOf = ({ until }: Pick<StandingConsent, "until">): string =>
  until === NO_END ? "you revoke it" : timeOf(until);

/** The data as a person reads it; what a class says is from a file. */
export const dataWords = (data: ConsentedData): string[] => classesOf(data).map((name) => displayText(name, 120));

/** What a consent lets the device approve: facts with their names. */
export function factsOfConsent(names: Names, consent: StandingConsent, data: ConsentedData): [string, string][] {
  const { hospitals, members, purposes, records, from, maxAccessCount } = consent;
  const words = dataWords(data);
  const ids = [...hospitals, ...members];
  return [
    [
      "who",
      recipientNames(names, consent)
        .map((name, at) => `${at < hospitals.length ? "all of " : ""}${name} (${ids[at]})`)
        .join("; "),
    ],
    ["purpose", purposes.map((purpose) => purposeWords(purposeText(purpose as Hex32))).join("; ")],
    [
      "records",
      records.length === 0
        ? "all of yours, and those to come"
        : records.map((id) => names.record(id as Hex32)).join("; "),
    ],
    [
      "data",
      words.length === 0
        ? "all of each record"
        : `only what is of each of: ${words.join("; ")}. A record whose public part has more waits for you`,
    ],
    ["from", from === 0n ? "now" : timeOf(from)],
    ["until", endOf(consent)],
    ["accesses", `${maxAccessCount} in all`],
  ];
}
