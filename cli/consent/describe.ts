/** A consent in words, for the patient. */
import { classesOf } from "@medexchain/actors";
import { type Hex32, purposeText, purposeWords, type StandingConsent } from "@medexchain/chain";
import { displayText } from "@medexchain/core";
import type { ConsentedData } from "@medexchain/fhir";
import { timeOf } from "../output/output.ts";
import type { Names } from "../session/names.ts";

/** A hospital's or a member's name, or how its id begins. */
export const recipientName = (names: Names, id: Hex32): string =>
  names.hospitals.has(id) ? names.hospital(id) : names.person(id);

/** The data as a person reads it; what a class says is from a file. */
export const dataWords = (data: ConsentedData): string[] => classesOf(data).map((name) => displayText(name, 120));

/** What a consent lets the device approve: facts with their names. */
export function factsOfConsent(
  names: Names,
  { recipients, purposes, records, from, until, maxAccessCount }: StandingConsent,
  data: ConsentedData,
): [string, string][] {
  const words = dataWords(data);
  return [
    ["who", recipients.map((id) => `${recipientName(names, id as Hex32)} (${id})`).join("; ")],
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
    ["until", timeOf(until)],
    ["accesses", `${maxAccessCount} in all`],
  ];
}
