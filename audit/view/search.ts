import type { RequestSummary } from "../page/summary.ts";

/** What a history can be sorted by. */
export type SortKey = "asked" | "requester" | "hospital" | "record" | "purpose" | "decision" | "opened";

/** Which requests, in which order. Everything given must hold. */
export interface Search {
  /** In an id, in the name of a hospital, or in the purpose; case does not count. */
  readonly text?: string;
  /** Unix seconds, inclusive and exclusive: when it was asked for. */
  readonly since?: number;
  readonly until?: number;
  /** The id of the requester's hospital, or of the owner's. */
  readonly hospital?: string;
  /** A decision, or `none` for those without one yet. */
  readonly decision?: string;
  readonly purpose?: string;
  /** Only requests that are in this set. */
  readonly among?: ReadonlySet<string>;
  readonly sort?: SortKey;
  readonly descending?: boolean;
}

const nameIn = (names: ReadonlyMap<string, string>, id: string | undefined): string =>
  id === undefined ? "" : (names.get(id) ?? id);

const KEYS: Readonly<
  Record<SortKey, (summary: RequestSummary, names: ReadonlyMap<string, string>) => string | number>
> = {
  asked: ({ asked }) => Number(asked ?? 0),
  requester: ({ requester }) => requester,
  hospital: ({ requesterHospital }, names) => nameIn(names, requesterHospital),
  record: ({ record }) => record,
  purpose: ({ purpose }) => purpose,
  decision: ({ decision }) => decision ?? "",
  opened: ({ acknowledgement }) => acknowledgement ?? "",
};

/**
 * The positions of the requests that are searched for, in the order that is asked for; those that are the same in it stay in theirs.
 *
 * @param names of hospitals, by their ids
 */
export function search(
  summaries: readonly RequestSummary[],
  { sort = "asked", descending = false, ...wanted }: Search,
  names: ReadonlyMap<string, string>,
): number[] {
  const isWanted = filterOf(wanted, names);
  const found: number[] = [];
  for (const [at, summary] of summaries.entries()) if (isWanted(summary)) found.push(at);
  const keys = summaries.map((summary) => KEYS[sort](summary, names));
  const sign = descending ? -1 : 1;
  return found.sort((one, other) => sign * compare(keys[one] ?? "", keys[other] ?? ""));
}

const compare = (one: string | number, other: string | number): number => (one < other ? -1 : one > other ? 1 : 0);

function filterOf(
  { text = "", since, until, hospital, decision, purpose, among }: Search,
  names: ReadonlyMap<string, string>,
): (summary: RequestSummary) => boolean {
  const wanted = text.trim().toLowerCase();
  const named = new Set([...names].filter(([, name]) => name.toLowerCase().includes(wanted)).map(([id]) => id));
  const isIn = (id: string | undefined) => id !== undefined && (id.includes(wanted) || named.has(id));
  return (summary) =>
    (since === undefined || Number(summary.asked ?? 0) >= since) &&
    (until === undefined || Number(summary.asked ?? 0) < until) &&
    (hospital === undefined || summary.requesterHospital === hospital || summary.ownerHospital === hospital) &&
    (decision === undefined || (summary.decision ?? "none") === decision) &&
    (purpose === undefined || summary.purpose === purpose) &&
    (among === undefined || among.has(summary.id)) &&
    (wanted === "" ||
      isIn(summary.id) ||
      isIn(summary.requester) ||
      isIn(summary.record) ||
      isIn(summary.owner) ||
      isIn(summary.requesterHospital) ||
      isIn(summary.ownerHospital) ||
      summary.purpose.toLowerCase().includes(wanted));
}
