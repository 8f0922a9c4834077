/** How the auditor's view shows ids, times and decisions. */
import { en } from "../../words/en.ts";
import { type Say, useSay, useSpeaking } from "../../words/index.tsx";

/** After the last second of the calendar that programs read (year 9999). */
const END_OF_TIME = 253_402_300_800;

/** Unix seconds as people read them. A time that no calendar has is shown as the number that it is. */
export function Time({ seconds }: { readonly seconds: string | number | bigint | undefined }) {
  const { language } = useSpeaking();
  if (seconds === undefined) return null;
  const number = Number(seconds);
  if (!(number >= 0 && number < END_OF_TIME)) return <>{String(seconds)}</>;
  const date = new Date(number * 1000);
  return <time dateTime={date.toISOString()}>{date.toLocaleString(language)}</time>;
}

/** A person, record or hospital: by its name where it has one, else by how its id begins and ends. */
export function Id({ id, names }: { readonly id: string | undefined; readonly names?: ReadonlyMap<string, string> }) {
  const say = useSay();
  if (id === undefined) return <span className="aside">{say("auditor.unknown")}</span>;
  const name = names?.get(id);
  if (name !== undefined) return <span title={id}>{name}</span>;
  return <code title={id}>{id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`}</code>;
}

/** A decision in words; one that there are none for, as it is called. */
export function decisionIn(say: Say, decision: string): string {
  const key = `decision.${decision}`;
  return key in en ? say(key as keyof typeof en) : decision;
}

export function Decision({ decision }: { readonly decision: string | undefined }) {
  const say = useSay();
  const kind = decision === undefined ? "open" : decision === "Granted" ? "granted" : "refused";
  const mark = { open: "", granted: "✓ ", refused: "✕ " }[kind];
  return (
    <span className={`badge ${kind}`}>
      {mark}
      {decisionIn(say, decision ?? "none")}
    </span>
  );
}
