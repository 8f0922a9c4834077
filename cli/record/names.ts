/** Names of a patient's records. */
import { basename, extname } from "node:path";
import type { Hex32 } from "@medexchain/chain";
import { MedexError, skeletonOf } from "@medexchain/core";
import type { RecordSummary } from "@medexchain/sfe";
import { keptText, labelFrom, MAX_LABEL, MAX_PLACES, parseLabel, type RecordName } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { findAnyRecord, findOwnRecord, type Names, openNames } from "../session/names.ts";
import { openSession, placeMember, unlock } from "../session/session.ts";
import { recordNameOutput } from "./outputs.ts";

/** What is known of a record before it has an id. */
export type UnpublishedName = Omit<RecordName, "id">;

/**
 * What a record is to be called: as the patient says, else by the title that it gives itself, or by its file.
 *
 * @param given by the patient
 * @throws INPUT_INVALID of a name that another record has, or that cannot be one
 */
export async function nameOf(
  names: Names,
  {
    document,
    file,
    summary,
  }: { readonly document: Uint8Array; readonly file: string; readonly summary: RecordSummary },
  given: string | undefined,
): Promise<UnpublishedName> {
  const [{ titleOf }, { sha256 }] = await Promise.all([import("@medexchain/sfe"), import("@medexchain/core")]);
  const title = titleOf(document, summary.format);
  const name = basename(file);
  const stem = name.slice(0, name.length - extname(name).length);
  return {
    kind: "record",
    label: given === undefined ? freeLabel(names, labelFrom(title ?? stem, "record")) : ownLabel(names, given),
    file: keptText(name),
    ...(title !== undefined && { title: keptText(title) }),
    date: Math.floor(Date.now() / 1000),
    digest: sha256(document),
    features: { public: summary.public.features, private: summary.private.features },
    places: summary.private.names.slice(0, MAX_PLACES).map(keptText),
  };
}

const isTaken = ({ records }: Names, label: string, by?: Hex32): boolean =>
  [...records.values()].some((other) => other.id !== by && skeletonOf(other.label) === skeletonOf(label));

function ownLabel(names: Names, given: string, of?: Hex32): string {
  const label = parseLabel(given);
  if (isTaken(names, label, of)) {
    throw new MedexError("INPUT_INVALID", `another record is called ${label}, or looks so: choose another name`);
  }
  return label;
}

/** The label, with a number where another record has it. */
function freeLabel(names: Names, label: string): string {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : ` (${number})`;
    const numbered = `${[...label].slice(0, MAX_LABEL - ending.length).join("")}${ending}`;
    if (!isTaken(names, numbered)) return numbered;
  }
}

/** Has the new version of a record called what the earlier one was. */
export async function nameNextVersion(names: Names, earlier: Hex32, next: Hex32): Promise<void> {
  const name = names.records.get(earlier);
  if (name === undefined) return;
  await names.store.put({ ...name, id: next, date: Math.floor(Date.now() / 1000) });
  await names.store.put({ ...name, label: freeLabel(names, labelFrom(`${name.label}, earlier`, "record")) });
}

/** `medex record name`. Also for a doctor, of records that they have heard of. */
export async function nameRecord(context: Context, reference: string, given: string): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ["owner", "doctor"]);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const recordId =
    vault.contents.role === "owner"
      ? await findOwnRecord(session, await placeMember(session, vault.contents), names, reference)
      : await findAnyRecord(session, names, reference);
  const label = ownLabel(names, given, recordId);
  const date = Math.floor(Date.now() / 1000);
  await names.store.put({ kind: "record", date, ...names.records.get(recordId), id: recordId, label });
  output.result(recordNameOutput, { recordId, name: label }, () => output.line(`${recordId} is called ${label}.`));
}
