import { useEffect, useState } from "react";
import type { HistoryFacts, Wanted } from "../../auditing/worker.ts";
import { en } from "../../words/en.ts";
import { purposeIn, useSay } from "../../words/index.tsx";
import { decisionIn } from "./show.tsx";

/** The decisions that there are words for: all of them, and `none`. */
const DECISIONS = Object.keys(en).flatMap((key) =>
  key.startsWith("decision.") ? [key.slice("decision.".length)] : [],
);

/** While somebody types, in milliseconds. */
const TYPING_MS = 200;

/** A time of a form, which is the reader's own, in Unix seconds. */
const secondsOf = (local: string): number | undefined =>
  local === "" ? undefined : Math.floor(new Date(local).getTime() / 1000);

/** What of the history is looked at. */
export function Filters({
  facts,
  wanted,
  onChange,
}: {
  readonly facts: HistoryFacts;
  readonly wanted: Wanted;
  readonly onChange: (change: (before: Wanted) => Wanted) => void;
}) {
  const say = useSay();
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => onChange((before) => with_(before, { text: text || undefined })), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  const change = (part: { [K in keyof Wanted]?: Wanted[K] | undefined }) => onChange((before) => with_(before, part));
  const choose = (name: "hospital" | "decision" | "purpose") => ({
    value: wanted[name] ?? "",
    onChange: ({ target }: React.ChangeEvent<HTMLSelectElement>) => change({ [name]: target.value || undefined }),
  });
  return (
    <form
      className="wide filters"
      aria-label={say("auditor.filters")}
      onSubmit={(event) => event.preventDefault()}
      onReset={() => {
        setText("");
        onChange(({ sort = "asked", descending = true }) => ({ sort, descending }));
      }}
    >
      <label className="find">
        {say("auditor.find")}
        <input type="search" value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      <label>
        {say("auditor.since")}
        <input type="datetime-local" onChange={({ target }) => change({ since: secondsOf(target.value) })} />
      </label>
      <label>
        {say("auditor.until")}
        <input type="datetime-local" onChange={({ target }) => change({ until: secondsOf(target.value) })} />
      </label>
      <label>
        {say("auditor.hospital")}
        <select {...choose("hospital")}>
          <option value="">{say("auditor.all")}</option>
          {[...facts.hospitals].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("auditor.decision")}
        <select {...choose("decision")}>
          <option value="">{say("auditor.all")}</option>
          {DECISIONS.map((decision) => (
            <option key={decision} value={decision}>
              {decisionIn(say, decision)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("auditor.purpose")}
        <select {...choose("purpose")}>
          <option value="">{say("auditor.all")}</option>
          {facts.purposes.map((purpose) => (
            <option key={purpose} value={purpose}>
              {purposeIn(say, purpose)}
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={wanted.onlyFindings ?? false}
          onChange={({ target }) => change({ onlyFindings: target.checked || undefined })}
        />
        {say("auditor.onlyFindings")}
      </label>
      <button type="reset">{say("auditor.reset")}</button>
    </form>
  );
}

/** With some of it changed; undefined takes away. */
function with_(before: Wanted, part: { [K in keyof Wanted]?: Wanted[K] | undefined }): Wanted {
  return Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined));
}
