import { DECISIONS } from "@medexchain/chain";
import type { AccessHistoryEntry, LoggedDecision } from "../access-history.ts";
import { purposeText } from "../format/purpose.ts";
import { type Html, html } from "./html.ts";
import { type Names, placeElement, timeElement } from "./show.ts";
import { type Step, timelineOf } from "./timeline.ts";

const STEP_WORDS = {
  done: "",
  refused: "refused",
  absent: "not on chain yet",
  "off-chain": "leaves no trace on a chain",
};

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

/** One request: a row, and below it its steps. */
export function requestRows(entry: AccessHistoryEntry, findings: number, names: Names): Html {
  const { requestId, requester, requesterHospital, recordId, owner, ownerHospital, decision, acknowledgement } = entry;
  const asked = entry.requested ?? entry.delivered;
  return html`<tbody id="r${requestId}" data-decision="${decision?.decision ?? "none"}" data-findings="${findings}">
<tr>
<td>${asked === undefined ? "" : timeElement(asked.timestamp)}</td>
<th scope="row">${names.id(requester)}<span class="at">${names.id(requesterHospital)}</span></th>
<td class="wide">${purposeText(entry.purpose)}</td>
<td>${names.id(recordId)}<span class="at">of ${names.id(owner)}</span></td>
<td>${decisionBadge(decision)}${findings === 0 ? undefined : html` <a class="badge error" href="#findings">${findings} ${findings === 1 ? "finding" : "findings"}</a>`}</td>
<td class="wide">${countOf(decision?.hospitalCount, decision?.hospitalLimit)}</td>
<td class="wide">${countOf(decision?.recordCount, decision?.recordLimit)}</td>
<td class="wide">${acknowledgement === undefined ? html`<span class="muted">–</span>` : acknowledgement.acknowledgement}</td>
</tr>
<tr class="steps"><td colspan="8"><details><summary>Steps <span class="visually-hidden">of request ${requestId}</span></summary>
<dl class="ids">
<div><dt>Request</dt><dd><code class="hash">${requestId}</code></dd></div>
<div><dt>Requester</dt><dd><code class="hash">${requester}</code></dd></div>
<div><dt>Record</dt><dd><code class="hash">${recordId}</code></dd></div>
<div><dt>Patient</dt><dd>${owner === undefined ? "unknown" : html`<code class="hash">${owner}</code>`}, ${names.id(ownerHospital)}</dd></div>
<div><dt>Expires</dt><dd>${timeElement(entry.request.expiry)}</dd></div>
</dl>
<ol class="timeline">
${timelineOf(entry).map((step) => stepItem(step, names))}</ol></details></td></tr>
</tbody>
`;
}

function stepItem({ message, title, note, at, outcome }: Step, names: Names): Html {
  const words = STEP_WORDS[outcome];
  return html`<li class="${outcome}"><span class="message">${message}</span><div><strong>${title}</strong>${
    words === "" ? undefined : html` <em>${words}</em>`
  }${note === undefined ? undefined : html`<br>${note}`}${at === undefined ? undefined : html`<br><small>${placeElement(at, names)}</small>`}</div></li>
`;
}

function decisionBadge(decision: LoggedDecision | undefined): Html {
  if (decision === undefined) return html`<span class="badge">none yet</span>`;
  const granted = decision.decision === "Granted";
  return html`<span class="badge ${granted ? "granted" : "refused"}">${granted ? "✓" : "✕"} ${decision.decision}</span>`;
}

const countOf = (count: bigint | undefined, limit: bigint | undefined): Html =>
  count === undefined || limit === undefined
    ? html`<span class="muted">–</span>`
    : html`<span class="count ${count >= limit ? "full" : ""}">${count} of ${limit}</span>`;
