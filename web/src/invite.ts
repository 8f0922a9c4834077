/** A link that a patient gives a doctor: it names a record, and what it is called. All of it is in the fragment, which no server sees. */
import type { Hex32 } from "@medexchain/chain";

export interface Invite {
  readonly recordId: Hex32;
  readonly title?: string;
}

const RECORD_ID = /^0x[0-9a-f]{64}$/;
const LONGEST_TITLE = 200;

export function inviteLink({ recordId, title }: Invite): string {
  const named = new URLSearchParams({ record: recordId, ...(title !== undefined && { title }) });
  return `${location.origin}/#${named}`;
}

/** Reads a link, or a record's id alone. Undefined where it is neither. */
export function readInvite(text: string): Invite | undefined {
  const trimmed = text.trim().toLowerCase();
  if (RECORD_ID.test(trimmed)) return { recordId: trimmed as Hex32 };
  const named = new URLSearchParams(URL.parse(text.trim())?.hash.slice(1) ?? "");
  const record = named.get("record") ?? "";
  if (!RECORD_ID.test(record)) return undefined;
  const title = named.get("title")?.slice(0, LONGEST_TITLE);
  return { recordId: record as Hex32, ...(title !== undefined && title !== "" && { title }) };
}
