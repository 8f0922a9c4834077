// Filters the history. Without it, the page shows everything.
const rows = [...document.querySelectorAll("tbody")].map((body) => ({ body, text: body.textContent.toLowerCase() }));
const [form, find, decision, onlyFindings, shown, noMatch] = [
  ".filters",
  "#find",
  "#decision",
  "#only-findings",
  "#shown",
  "#no-match",
].map((selector) => document.querySelector(selector));

function apply() {
  const wanted = find.value.trim().toLowerCase();
  let count = 0;
  for (const { body, text } of rows) {
    body.hidden =
      !text.includes(wanted) ||
      (decision.value !== "" && body.dataset.decision !== decision.value) ||
      (onlyFindings.checked && body.dataset.findings === "0");
    if (!body.hidden) count += 1;
  }
  shown.textContent = `${count} of ${rows.length} requests`;
  noMatch.hidden = count > 0 || rows.length === 0;
}

/** Shows a request that a link leads to, whatever the filter hides. */
function follow() {
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  if (target.hidden) {
    form.reset();
    apply();
  }
  const details = target.querySelector("details");
  if (target.tagName === "TBODY" && details !== null) details.open = true;
  target.scrollIntoView();
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);
apply();
follow();
