// A request as a row of the history, with its steps below it. Runs where the page is made, and in the page.
import { html } from "./html.js";

const STEP_WORDS = {
  done: "",
  refused: "refused",
  absent: "not on chain yet",
  "off-chain": "leaves no trace on a chain",
};

/** Unix seconds as people and programs read them. A time that no calendar has is shown as the number that it is. */
export function timeElement(seconds) {
  const instant = instantOf(seconds);
  return instant === undefined
    ? html`second ${seconds}`
    : html`<time datetime="${instant}">${instant.replace("T", " ").replace("Z", " UTC")}</time>`;
}

/** After the last second of the calendar that programs read (year 9999). */
const END_OF_TIME = 253_402_300_800;

function instantOf(seconds) {
  if (!(Number(seconds) < END_OF_TIME)) return undefined;
  return new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
}

/** A member, hospital or record: its name where it has one, else a short form; in full when pointed at. */
export function idElement(id, names) {
  if (id === undefined) return html`<span class="muted">unknown</span>`;
  const name = names.get(id);
  return name === undefined
    ? html`<code title="${id}">${shortId(id)}</code>`
    : html`<span title="${id}">${name}</span>`;
}

const shortId = (id) => (id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`);

/** The row, and the one of its steps. */
export function rowsOf(row, names) {
  const { id, findings, decision } = row;
  return html`<tbody id="r${id}" data-findings="${findings}">
<tr>
<td>${row.asked === undefined ? "" : timeElement(row.asked)}</td>
<th scope="row">${idElement(row.requester, names)}<span class="at">${idElement(row.requesterHospital, names)}</span></th>
<td class="wide">${row.purpose}</td>
<td>${idElement(row.record, names)}<span class="at">of ${idElement(row.owner, names)}</span></td>
<td>${decisionBadge(decision)}${findings === 0 ? undefined : html` <a class="badge error" href="#findings">${findings} ${findings === 1 ? "finding" : "findings"}</a>`}</td>
<td class="wide">${countOf(row.hospitalCount, row.hospitalLimit)}</td>
<td class="wide">${countOf(row.recordCount, row.recordLimit)}</td>
<td class="wide">${row.acknowledgement ?? html`<span class="muted">–</span>`}</td>
</tr>
<tr class="steps"><td colspan="8"><details><summary>Steps <span class="visually-hidden">of request ${id}</span></summary>
<dl class="ids">
<div><dt>Request</dt><dd><code class="hash">${id}</code></dd></div>
<div><dt>Requester</dt><dd><code class="hash">${row.requester}</code></dd></div>
<div><dt>Record</dt><dd><code class="hash">${row.record}</code></dd></div>
<div><dt>Patient</dt><dd>${row.owner === undefined ? "unknown" : html`<code class="hash">${row.owner}</code>`}, ${idElement(row.ownerHospital, names)}</dd></div>
<div><dt>Expires</dt><dd>${timeElement(row.expires)}</dd></div>
</dl>
<ol class="timeline">
${row.steps.map(stepItem)}</ol></details></td></tr>
</tbody>
`;
}

function stepItem({ message, title, note, outcome, at }) {
  const words = STEP_WORDS[outcome];
  return html`<li class="${outcome}"><span class="message">${message}</span><div><strong>${title}</strong>${
    words === "" ? undefined : html` <em>${words}</em>`
  }${note === undefined ? undefined : html`<br>${note}`}${at === undefined ? undefined : html`<br><small>${placeElement(at)}</small>`}</div></li>
`;
}

/** Where something was said, in full. */
const placeElement = ({ seconds, chain, block, transaction }) =>
  html`${timeElement(seconds)} · ${chain}, block ${block} · <code class="hash">${transaction}</code>`;

function decisionBadge(decision) {
  if (decision === undefined) return html`<span class="badge">none yet</span>`;
  const granted = decision === "Granted";
  return html`<span class="badge ${granted ? "granted" : "refused"}">${granted ? "✓" : "✕"} ${decision}</span>`;
}

const countOf = (count, limit) =>
  count === undefined || limit === undefined
    ? html`<span class="muted">–</span>`
    : html`<span class="count ${BigInt(count) >= BigInt(limit) ? "full" : ""}">${count} of ${limit}</span>`;

/**
 * A packed row as it was. Each string stands once in a part's `strings` and is a number in its rows, -1 where there is none.
 */
export function unpackRow(strings, packed) {
  const at = (index) => strings[index];
  const [
    id,
    asked,
    requester,
    requesterHospital,
    purpose,
    record,
    owner,
    ownerHospital,
    decision,
    findings,
    ...others
  ] = packed;
  const [hospitalCount, hospitalLimit, recordCount, recordLimit, acknowledgement, expires, steps] = others;
  return {
    id: at(id),
    asked: at(asked),
    requester: at(requester),
    requesterHospital: at(requesterHospital),
    purpose: at(purpose),
    record: at(record),
    owner: at(owner),
    ownerHospital: at(ownerHospital),
    decision: at(decision),
    findings,
    hospitalCount: at(hospitalCount),
    hospitalLimit: at(hospitalLimit),
    recordCount: at(recordCount),
    recordLimit: at(recordLimit),
    acknowledgement: at(acknowledgement),
    expires: at(expires),
    steps: steps.map(([message, title, note, outcome, seconds, chain, block, transaction]) => ({
      message: at(message),
      title: at(title),
      note: at(note),
      outcome: at(outcome),
      at: seconds === -1 ? undefined : { seconds: at(seconds), chain: at(chain), block, transaction: at(transaction) },
    })),
  };
}
