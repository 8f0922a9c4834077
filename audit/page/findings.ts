import { type Finding, passes, type Severity } from "../finding.ts";
import { type Html, html } from "./html.js";
import type { Names } from "./show.ts";

const SEVERITIES: readonly Severity[] = ["error", "unchecked", "warning", "notice"];

/** Whether the audit passes, in one line. Nothing that was not verified passes. */
export function verdictSection(findings: readonly Finding[] | undefined): Html {
  if (findings === undefined) {
    return html`<section class="verdict unverified"><h2>Not verified</h2>
<p>The history is shown as the nodes reported it. Run <code>medex audit verify</code>.</p></section>`;
  }
  const counted = SEVERITIES.map(
    (severity) => [severity, findings.filter((f) => f.severity === severity).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => plural(count, severity));
  return passes(findings)
    ? html`<section class="verdict passed"><h2>Nothing is wrong</h2>
<p>Every check passed${counted.length === 0 ? "" : `, with ${counted.join(" and ")}`}.</p></section>`
    : html`<section class="verdict failed"><h2>The audit failed</h2><p>${counted.join(", ")}. See the findings below.</p></section>`;
}

function plural(count: number, severity: Severity): string {
  const noun = severity === "unchecked" ? "check that could not be made" : severity;
  if (count === 1) return `1 ${noun}`;
  return severity === "unchecked" ? `${count} checks that could not be made` : `${count} ${noun}s`;
}

/** The findings, the gravest first. */
export function findingsSection(findings: readonly Finding[], names: Names): Html | undefined {
  if (findings.length === 0) return undefined;
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
<ol class="findings">
${sorted.map(
  (finding) => html`<li class="${finding.severity}">
<h3><span class="badge ${finding.severity}">${finding.severity}</span> ${finding.message}</h3>
<dl>
<div><dt>Code</dt><dd><code>${finding.code}</code></dd></div>
<div><dt>Where</dt><dd>${placeOf(finding, names)}</dd></div>
<div><dt>Expected</dt><dd><code class="hash">${finding.evidence.expected}</code></dd></div>
<div><dt>Found</dt><dd><code class="hash">${finding.evidence.found}</code></dd></div>
<div><dt>Next</dt><dd>${finding.advice}</dd></div>
</dl></li>
`,
)}</ol></section>`;
}

function placeOf({ where }: Finding, names: Names): Html {
  const { chainId, block, transactionHash, logIndex, entry, requestId, recordId, memberId, studyId } = where;
  const parts = [
    chainId === undefined ? undefined : html`${names.chain(chainId)}`,
    block === undefined ? undefined : html`block ${block}`,
    logIndex === undefined ? undefined : html`log ${logIndex}`,
    entry === undefined ? undefined : html`ledger entry ${entry}`,
    transactionHash === undefined ? undefined : html`transaction <code class="hash">${transactionHash}</code>`,
    requestId === undefined
      ? undefined
      : html`request <a href="#r${requestId}"><code class="hash">${requestId}</code></a>`,
    recordId === undefined ? undefined : html`record <code class="hash">${recordId}</code>`,
    memberId === undefined ? undefined : html`member ${names.id(memberId)}`,
    studyId === undefined ? undefined : html`study <code class="hash">${studyId}</code>`,
  ].filter((part) => part !== undefined);
  return html`${parts.map((part, index) => (index === 0 ? part : html`, ${part}`))}`;
}
