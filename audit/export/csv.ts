import { purposeText } from "@medexchain/chain";
import { stringify } from "#csv";
import type { AccessHistoryEntry, ChainPosition } from "../access-history.ts";
import { instantOf } from "../format/instant.ts";

/** What a column holds of an entry; undefined leaves its cell empty. */
type Column = readonly [name: string, read: (entry: AccessHistoryEntry) => string | number | bigint | undefined];

/** Where and when one step was said: four columns. */
function positionColumns(name: string, of: (entry: AccessHistoryEntry) => ChainPosition | undefined): Column[] {
  return [
    [`${name}_at`, (entry) => timeOf(of(entry))],
    [`${name}_chain`, (entry) => of(entry)?.chainId],
    [`${name}_block`, (entry) => of(entry)?.block],
    [`${name}_transaction`, (entry) => of(entry)?.transactionHash],
  ];
}

const timeOf = (at: ChainPosition | undefined) => (at === undefined ? undefined : instantOf(at.timestamp));

const COLUMNS: readonly Column[] = [
  ["request", ({ requestId }) => requestId],
  ["record", ({ recordId }) => recordId],
  ["requester", ({ requester }) => requester],
  ["requester_hospital", ({ requesterHospital }) => requesterHospital],
  ["owner", ({ owner }) => owner],
  ["owner_hospital", ({ ownerHospital }) => ownerHospital],
  ["purpose", ({ purpose }) => purposeText(purpose)],
  ["expires_at", ({ request }) => instantOf(request.expiry)],
  ["state_at_requester", ({ sourceState }) => sourceState],
  ["state_at_owner", ({ destinationState }) => destinationState],
  ...positionColumns("requested", ({ requested }) => requested),
  ...positionColumns("delivered", ({ delivered }) => delivered),
  ...positionColumns("decided", ({ decision }) => decision),
  ["decision", ({ decision }) => decision?.decision],
  ["ledger_entry", ({ decision }) => decision?.index],
  ["hospital_count", ({ decision }) => decision?.hospitalCount],
  ["hospital_limit", ({ decision }) => decision?.hospitalLimit],
  ["record_count", ({ decision }) => decision?.recordCount],
  ["record_limit", ({ decision }) => decision?.recordLimit],
  [
    "earlier_decisions",
    ({ decisions }) =>
      decisions
        .slice(0, -1)
        .map(({ decision }) => decision)
        .join(" "),
  ],
  ["standing_consent", ({ consent }) => consent],
  ...positionColumns("answered", ({ answer }) => answer),
  ["answer", ({ answer }) => answer?.decision],
  ...positionColumns("response", ({ response }) => response),
  ["response", ({ response }) => response?.decision],
  ...positionColumns("acknowledged", ({ acknowledgement }) => acknowledgement),
  ["acknowledgement", ({ acknowledgement }) => acknowledgement?.acknowledgement],
  ...positionColumns("unanswered", ({ expired }) => expired),
];

/** Rows that are turned into text at once. */
const PAGE = 500;

/**
 * Requests as CSV (RFC 4180, with a head), a line each, in pieces. A cell that a spreadsheet would take for a formula is quoted with an
 * apostrophe.
 *
 * @throws AUDIT_MISMATCH when a time is none
 */
export function* csvOf(entries: Iterable<AccessHistoryEntry>): Generator<string> {
  let rows: unknown[][] = [COLUMNS.map(([name]) => name)];
  for (const entry of entries) {
    rows.push(COLUMNS.map(([, read]) => read(entry)));
    if (rows.length < PAGE) continue;
    yield toCsv(rows);
    rows = [];
  }
  yield toCsv(rows);
}

const toCsv = (rows: unknown[][]): string => stringify(rows, { escape_formulas: true, record_delimiter: "windows" });
