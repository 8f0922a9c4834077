// Pages through the history and filters it. Without it, the first requests are shown, and no filter.
import { rowsOf, unpackRow } from "./rows.js";

const PAGE_LENGTH = 50;
/** What is printed: all that the filter lets through, up to here. */
const PRINTED = 5_000;

const [form, find, decision, onlyFindings, shown, noMatch, table, pager, pageShown] = [
  ".filters",
  "#find",
  "#decision",
  "#only-findings",
  "#shown",
  "#no-match",
  "table",
  ".pager",
  "#page",
].map((selector) => document.querySelector(selector));
const names = new Map(JSON.parse(document.querySelector("script.names").textContent));

/** The requests, part by part; each is parsed when it is looked at. */
const parts = [...document.querySelectorAll("script.requests")].map((element) => {
  let part;
  return () => {
    part ??= JSON.parse(element.textContent);
    return part;
  };
});

/** The requests that the filter lets through, each as its part's number and its own there. */
let matches = [];
let total = 0;
let page = 0;

function apply() {
  const wanted = find.value.trim().toLowerCase();
  const showsAll = wanted === "" && decision.value === "" && !onlyFindings.checked;
  matches = [];
  total = 0;
  parts.forEach((partOf, number) => {
    const { strings, rows } = partOf();
    total += rows.length;
    const isWanted = showsAll ? () => true : filterOf(strings, wanted);
    rows.forEach((row, index) => {
      if (isWanted(row)) matches.push([number, index]);
    });
  });
  page = 0;
  show();
}

/** Positions in a packed row, see `unpackRow`. */
const [ASKED, DECISION, FINDINGS, STEPS] = [1, 8, 9, 16];

function filterOf(strings, wanted) {
  const found = strings.map(
    (text) => text.toLowerCase().includes(wanted) || (names.get(text)?.toLowerCase().includes(wanted) ?? false),
  );
  const isTime = /^[\d:. -]+$/.test(wanted);
  const timeOf = (index) => {
    const seconds = Number(strings[index]);
    return seconds < 253_402_300_800 ? new Date(seconds * 1000).toISOString().replace("T", " ") : "";
  };
  const wantedDecision = decision.value === "none" ? -1 : strings.indexOf(decision.value);
  return (row) =>
    (decision.value === "" ||
      (row[DECISION] === wantedDecision && (wantedDecision !== -1 || decision.value === "none"))) &&
    (!onlyFindings.checked || row[FINDINGS] > 0) &&
    (wanted === "" ||
      row.some((value, position) => position !== FINDINGS && found[value] === true) ||
      row[STEPS].some((step) => found[step[1]] || found[step[2]] || found[step[5]] || found[step[7]]) ||
      (isTime && row[ASKED] !== -1 && timeOf(row[ASKED]).includes(wanted)));
}

/** Puts these in place of the table's rows. */
function fill(chosen) {
  const text = chosen.map(([number, index]) => {
    const { strings, rows } = parts[number]();
    return rowsOf(unpackRow(strings, rows[index]), names).text;
  });
  const template = document.createElement("template");
  template.innerHTML = text.join("");
  for (const body of table.querySelectorAll("tbody")) body.remove();
  table.append(template.content);
}

function show() {
  const pages = Math.max(1, Math.ceil(matches.length / PAGE_LENGTH));
  page = Math.min(Math.max(page, 0), pages - 1);
  const start = page * PAGE_LENGTH;
  const chosen = matches.slice(start, start + PAGE_LENGTH);
  fill(chosen);
  shown.textContent = `${matches.length} of ${total} requests`;
  noMatch.hidden = matches.length > 0 || total === 0;
  pager.hidden = pages === 1;
  pageShown.textContent = `${start + 1} to ${start + chosen.length} of ${matches.length}`;
  for (const button of pager.querySelectorAll("button")) {
    const isBack = button.dataset.go === "first" || button.dataset.go === "previous";
    button.disabled = isBack ? page === 0 : page === pages - 1;
  }
}

/** Shows a request that a link leads to, whatever the filter hides. */
function follow() {
  const id = location.hash.slice(1);
  if (id.startsWith("r0x") && document.getElementById(id) === null) {
    form.reset();
    apply();
    const at = matches.findIndex(([number, index]) => {
      const { strings, rows } = parts[number]();
      return strings[rows[index][0]] === id.slice(1);
    });
    if (at === -1) return;
    page = Math.floor(at / PAGE_LENGTH);
    show();
  }
  const target = document.getElementById(id);
  if (target === null) return;
  const details = target.querySelector("details");
  if (target.tagName === "TBODY" && details !== null) details.open = true;
  target.scrollIntoView();
}

form.hidden = false;
let timer;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(apply, 150); // while somebody types
});
form.addEventListener("submit", (event) => event.preventDefault());
pager.addEventListener("click", ({ target }) => {
  const last = Math.ceil(matches.length / PAGE_LENGTH) - 1;
  const to = { first: 0, previous: page - 1, next: page + 1, last }[target.dataset.go];
  if (to === undefined) return;
  page = to;
  show();
  document.querySelector("#history").scrollIntoView();
});
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => fill(matches.slice(0, PRINTED)));
addEventListener("afterprint", show);
apply();
follow();
