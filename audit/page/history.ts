import { DECISIONS, purposeWords } from "@medexchain/chain";
import type { AccessHistoryEntry } from "../access-history.ts";
import { type Html, html } from "./html.js";
import type { PackedRow, RequestRow } from "./rows.js";
import type { Names } from "./show.ts";
import { summaryOf } from "./summary.ts";
import { type Step, type StepCounts, timelineOf, titleOf } from "./timeline.ts";

/** The heading of the history, its filters, and the table up to its rows. */
export function historyHead(count: number, most: number): Html {
  const decisions = DECISIONS.filter((decision) => decision !== "None");
  return html`<section aria-labelledby="history"><h2 id="history" tabindex="-1">Access history</h2>
${
  count > most
    ? html`<p class="left-out"><strong>The first ${most} of ${count} requests are shown.</strong> Narrow them with filters such as <code>--since</code>, or export CSV for all.</p>`
    : undefined
}
<form class="filters" hidden>
<label>Find <input type="search" id="find" placeholder="person, record, hash…" autocomplete="off"></label>
<label>Decision <select id="decision"><option value="">all</option><option value="none">none yet</option>${decisions.map(
    (decision) => html`<option>${decision}</option>`,
  )}</select></label>
<label class="check"><input type="checkbox" id="only-findings"> only with findings</label>
<output id="shown" aria-live="polite"></output>
</form>
<table>
<caption class="visually-hidden">Requests, oldest first. The steps of each are in the row below it.</caption>
<thead><tr><th scope="col">Asked</th><th scope="col">By</th><th scope="col" class="wide">Purpose</th><th scope="col">Record</th><th scope="col">Decision</th><th scope="col" class="wide">At hospital</th><th scope="col" class="wide">Of record</th><th scope="col" class="wide">Opened</th></tr></thead>
`;
}

/** What goes from one page of the table to the next, where a script shows them. */
export const pager = html`<nav class="pager" aria-label="Pages of requests" hidden>
<button type="button" data-go="first">First</button>
<button type="button" data-go="previous">Previous</button>
<output id="page"></output>
<button type="button" data-go="next">Next</button>
<button type="button" data-go="last">Last</button>
</nav>`;

/** A request as the page shows it. */
export function rowOf(entry: AccessHistoryEntry, findings: number, names: Names): RequestRow {
  const summary = summaryOf(entry);
  return {
    ...summary,
    purpose: purposeWords(summary.purpose),
    findings,
    steps: timelineOf(entry).map((step) => ({
      message: step.message,
      title: titleOf(step),
      note: noteOf(step),
      outcome: step.outcome,
      at: step.at && {
        seconds: step.at.timestamp.toString(),
        chain: names.chain(step.at.chainId),
        block: step.at.block,
        transaction: step.at.transactionHash,
      },
    })),
  };
}

function noteOf({ counts, consent }: Pick<Step, "counts" | "consent">): string | undefined {
  if (consent !== undefined) return `by the patient's device, by the standing consent ${consent}`;
  return counts && countsIn(counts);
}

const countsIn = ({ hospitalCount, hospitalLimit, recordCount, recordLimit, index }: StepCounts): string =>
  `${hospitalCount} of ${hospitalLimit} at the hospital, ${recordCount} of ${recordLimit} of the record; entry ${index}`;

/** Rows as `unpackRow` reads them: each string once, in place of it its number. */
export function packRows(rows: readonly RequestRow[]): { strings: readonly string[]; rows: readonly PackedRow[] } {
  const numbers = new Map<string, number>();
  const numberOf = (text: string | undefined): number => {
    if (text === undefined) return -1;
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const packed = rows.map((row) => [
    ...[row.id, row.asked, row.requester, row.requesterHospital, row.purpose].map(numberOf),
    ...[row.record, row.owner, row.ownerHospital, row.decision].map(numberOf),
    row.findings,
    ...[row.hospitalCount, row.hospitalLimit, row.recordCount, row.recordLimit].map(numberOf),
    ...[row.acknowledgement, row.expires].map(numberOf),
    row.steps.map(({ message, title, note, outcome, at }) => [
      ...[message, title, note, outcome, at?.seconds, at?.chain].map(numberOf),
      at?.block ?? -1,
      numberOf(at?.transaction),
    ]),
  ]);
  return { strings: [...numbers.keys()], rows: packed };
}
