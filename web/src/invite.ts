/** Links that patients and doctors give each other, so that nobody copies an id. What they say is in the fragment, which no server sees. */
import type { Hex32 } from "@medexchain/chain";

/** To a doctor: a record, and what it is called. */
export interface RecordInvite {
  readonly recordId: Hex32;
  readonly title?: string;
}

/** To a patient: who will ask. */
export interface PersonInvite {
  readonly hospital: string;
  readonly pseudonym: string;
}

const RECORD_ID = /^0x[0-9a-f]{64}$/;
const LONGEST = 256;

const linkTo = (said: Record<string, string>): string => `${location.origin}/#${new URLSearchParams(said)}`;

export const recordLink = ({ recordId, title }: RecordInvite): string =>
  linkTo({ record: recordId, ...(title !== undefined && { title }) });

export const personLink = ({ hospital, pseudonym }: PersonInvite): string => linkTo({ hospital, pseudonym });

/** What a link says. It may come from another server of the app: ours is asked for what it names. */
function said(link: string): (name: string) => string | undefined {
  const named = new URLSearchParams(URL.parse(link.trim())?.hash.slice(1) ?? "");
  return (name) => named.get(name)?.slice(0, LONGEST) || undefined;
}

/** Undefined where it is no link to a record. */
export function readRecordLink(link: string): RecordInvite | undefined {
  const get = said(link);
  const [recordId, title] = [get("record") ?? "", get("title")];
  if (!RECORD_ID.test(recordId)) return undefined;
  return { recordId: recordId as Hex32, ...(title !== undefined && { title }) };
}

/** Undefined where it is no link to a person. */
export function readPersonLink(link: string): PersonInvite | undefined {
  const get = said(link);
  const [hospital, pseudonym] = [get("hospital"), get("pseudonym")];
  return hospital !== undefined && pseudonym !== undefined ? { hospital, pseudonym } : undefined;
}

/** Forgets what the page's own link said, once it has been used. */
export const forgetLink = (): void => history.replaceState(undefined, "", "/");
