/** The auditor's page: one HTML file that needs no server and no network. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AccessHistoryEntry } from "../access-history.ts";
import type { Finding } from "../finding.ts";
import { type ChainFacts, chainsSection } from "./chains.ts";
import { findingsSection, verdictSection } from "./findings.ts";
import { historyHead, packRows, pager, rowOf } from "./history.ts";
import { Html, html } from "./html.js";
import { rowsOf, timeElement } from "./rows.js";
import { createNames } from "./show.ts";

export interface ReportInput {
  /** When it was read, Unix seconds. */
  readonly at: bigint;
  readonly chains: readonly ChainFacts[];
  /** What verification found; undefined where none was made. */
  readonly findings: readonly Finding[] | undefined;
  /** What of the history is shown, in words; empty for all of it. */
  readonly filter: string;
  /** Undefined where it could not be read, which findings tell of. */
  readonly entries: Iterable<AccessHistoryEntry> | undefined;
  /** How many there are in all. */
  readonly count: number;
  /** Names of hospitals and members, by their ids. */
  readonly names: ReadonlyMap<string, string>;
}

/** Requests in one file: what browsers load in a second or two. The rest is counted, and said to be left out. */
export const MAX_REQUESTS = 100_000;
/** The first requests stand in the file as HTML, for readers without a script; all of them as data. */
const SHOWN_WITHOUT_SCRIPT = 50;
/** Requests in one piece of data, which is parsed when it is looked at. */
const PART_LENGTH = 1_000;

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
/** A module as part of one script. */
const withoutModules = (source: string): string => source.replaceAll(/^import .*\n/gm, "").replaceAll(/^export /gm, "");
/** Data that a script reads. In it, no text ends the element. */
const dataOf = (name: string, value: unknown): Html =>
  new Html(
    `<script type="application/json" class="${name}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>\n`,
  );
const sourceHash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * The page, in pieces. Nothing in it is loaded from elsewhere, and its content security policy lets only its own style and script run,
 * by their digests: what a hostile log might smuggle in stays text.
 */
export function* renderReport(input: ReportInput): Generator<string> {
  const style = asset("report.css");
  const script = ["html.js", "rows.js", "report.js"].map((name) => withoutModules(asset(name))).join("");
  const policy = `default-src 'none'; style-src ${sourceHash(style)}; script-src ${sourceHash(script)}; base-uri 'none'; form-action 'none'`;
  const names = createNames(input.names, input.chains);
  const { findings } = input;
  yield html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Access audit</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#history">Skip to the history</a>
<header>
<p class="product">MedExChain</p>
<h1>Access audit</h1>
<p class="read">Read on ${timeElement(input.at)}${input.filter === "" ? "" : `, ${input.filter}`}</p>
</header>
<main>
${verdictSection(findings)}
${findingsSection(findings ?? [], names)}
${chainsSection(input.chains)}
${historyHead(input.count, MAX_REQUESTS)}`.text;

  const ofRequest = new Map<string, number>();
  for (const { where } of findings ?? []) {
    if (where.requestId !== undefined) ofRequest.set(where.requestId, (ofRequest.get(where.requestId) ?? 0) + 1);
  }
  let shown = 0;
  for (const part of partsOf(input.entries ?? [])) {
    const rows = part.map((entry) => rowOf(entry, ofRequest.get(entry.requestId) ?? 0, names));
    if (shown === 0) yield html`${rows.map((row) => rowsOf(row, input.names))}</table>\n`.text;
    yield dataOf("requests", packRows(rows)).text;
    shown += part.length;
  }
  yield html`${shown === 0 ? html`</table>` : undefined}
${input.entries === undefined ? html`<p class="none">The history could not be read; see the findings.</p>` : undefined}
${shown === 0 && input.entries !== undefined ? html`<p class="none">No requests.</p>` : undefined}
${
  shown > SHOWN_WITHOUT_SCRIPT
    ? html`<noscript><p class="none">The first ${SHOWN_WITHOUT_SCRIPT} requests. The others need this page's script, or an export as CSV.</p></noscript>`
    : undefined
}
<p class="none" id="no-match" hidden>No request matches.</p>
${pager}
</section>
</main>
<footer><p>Ids are hashes of pseudonyms. This page holds no record, name or key, and loads nothing.</p></footer>
${dataOf("names", [...input.names])}<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** The entries of one file: first those that are shown without a script, then pieces of data. */
function* partsOf(entries: Iterable<AccessHistoryEntry>): Generator<AccessHistoryEntry[]> {
  let part: AccessHistoryEntry[] = [];
  let taken = 0;
  for (const entry of entries) {
    if (taken === MAX_REQUESTS) break;
    taken += 1;
    part.push(entry);
    if (taken !== SHOWN_WITHOUT_SCRIPT && part.length < PART_LENGTH) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
