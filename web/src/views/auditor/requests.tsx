import { memo, useEffect, useState } from "react";
import { flushSync } from "react-dom";
import type { HistoryFacts, Line, Wanted } from "../../auditing/worker.ts";
import { auditing } from "../../auditor.ts";
import { result } from "../../device.ts";
import { saveAs } from "../../save-as.ts";
import { useTask } from "../../use-task.ts";
import { purposeIn, useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";
import { Detail } from "./detail.tsx";
import { Decision, Id, Time } from "./show.tsx";

const PAGE_LENGTH = 50;
/** What is printed at most, as the static page does. */
const PRINTED = 5_000;

const COLUMNS = [
  ["asked", "auditor.asked", ""],
  ["requester", "auditor.by", ""],
  ["purpose", "auditor.purpose", "more"],
  ["record", "auditor.record", "more"],
  ["decision", "auditor.decision", ""],
  [undefined, "auditor.counts", "more"],
  ["opened", "auditor.opened", "more"],
] as const;

/** The requests that are searched for, a page of them at a time. Not drawn anew while something is read that they do not show yet. */
export const Requests = memo(function Requests({
  facts,
  wanted,
  version,
  onSort,
}: {
  readonly facts: HistoryFacts;
  readonly wanted: Wanted;
  readonly version: number;
  readonly onSort: (change: (before: Wanted) => Wanted) => void;
}) {
  const say = useSay();
  const [page, setPage] = useState(0);
  const [found, setFound] = useState<{ matched: number; lines: readonly Line[] }>();
  const [reason, setReason] = useState<unknown>();
  const task = useTask();
  const from = page * PAGE_LENGTH;
  // Another search begins with its first page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => setPage(0), [wanted]);
  // The version says that the thread has other lines than before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    let isOn = true;
    const read = async (): Promise<void> => {
      try {
        const lines = await result(auditing().lines(wanted, from, PAGE_LENGTH));
        if (!isOn) return;
        setFound(lines);
        setReason(undefined);
      } catch (why) {
        if (isOn) setReason(why);
      }
    };
    void read();
    return () => {
      isOn = false;
    };
  }, [wanted, from, version]);

  const matched = found?.matched ?? 0;
  const pages = Math.max(1, Math.ceil(matched / PAGE_LENGTH));
  const print = async (): Promise<void> => {
    const shown = found;
    const all = await result(auditing().lines(wanted, 0, PRINTED));
    flushSync(() => setFound(all));
    window.print();
    setFound(shown);
  };
  const save = (format: "csv" | "json") => async (): Promise<void> =>
    saveAs(await result(auditing().save(wanted, format)), format === "csv" ? "accesses.csv" : "accesses.ndjson");
  const sortBy = (key: NonNullable<Wanted["sort"]>) =>
    onSort((before) => ({ ...before, sort: key, descending: before.sort === key ? !before.descending : false }));

  return (
    <section className="wide" aria-labelledby="requests">
      <h3 id="requests">{say("auditor.matched", { matched, total: facts.total })}</h3>
      <p className="actions">
        <button type="button" disabled={task.busy || matched === 0} onClick={() => task.run(print)}>
          {say("auditor.print")}
        </button>
        <button type="button" disabled={task.busy || matched === 0} onClick={() => task.run(save("csv"))}>
          {say("auditor.csv")}
        </button>
        <button type="button" disabled={task.busy || matched === 0} onClick={() => task.run(save("json"))}>
          {say("auditor.json")}
        </button>
        {matched > PRINTED && <span className="aside">{say("auditor.printLimit", { most: PRINTED })}</span>}
      </p>
      <Working busy={task.busy || (found === undefined && reason === undefined)} reason={task.reason ?? reason} />
      {found && matched === 0 && <p>{say(facts.total === 0 ? "auditor.nothing" : "auditor.none")}</p>}
      {matched > 0 && (
        <div className="frame">
          <table className="requests">
            <thead>
              <tr>
                {COLUMNS.map(([key, word, kind]) => (
                  <th
                    key={word}
                    scope="col"
                    className={kind}
                    {...(key && key === wanted.sort && { "aria-sort": wanted.descending ? "descending" : "ascending" })}
                  >
                    {key === undefined ? (
                      say(word)
                    ) : (
                      <button
                        type="button"
                        className="sort"
                        aria-label={say("auditor.sortBy", { column: say(word) })}
                        onClick={() => sortBy(key)}
                      >
                        {say(word)}
                        {key === wanted.sort && <span aria-hidden="true">{wanted.descending ? " ↓" : " ↑"}</span>}
                      </button>
                    )}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            {found?.lines.map((line) => (
              <Request key={line.id} line={line} names={facts.hospitals} version={version} />
            ))}
          </table>
        </div>
      )}
      {pages > 1 && (
        <nav className="actions pager" aria-label={say("auditor.pages")}>
          <button type="button" disabled={page === 0} onClick={() => setPage(0)}>
            {say("auditor.first")}
          </button>
          <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
            {say("auditor.previous")}
          </button>
          <output>{say("auditor.page", { from: from + 1, to: Math.min(from + PAGE_LENGTH, matched), matched })}</output>
          <button type="button" disabled={page >= pages - 1} onClick={() => setPage(page + 1)}>
            {say("auditor.next")}
          </button>
          <button type="button" disabled={page >= pages - 1} onClick={() => setPage(pages - 1)}>
            {say("auditor.last")}
          </button>
        </nav>
      )}
    </section>
  );
});

function Request({
  line,
  names,
  version,
}: {
  readonly line: Line;
  readonly names: ReadonlyMap<string, string>;
  readonly version: number;
}) {
  const say = useSay();
  const [isOpen, setIsOpen] = useState(false);
  const { id, decision, acknowledgement, findings } = line;
  return (
    <tbody>
      <tr>
        <td>
          <Time seconds={line.asked} />
        </td>
        <th scope="row">
          <Id id={line.requester} />
          <span className="aside">
            <Id id={line.requesterHospital} names={names} />
          </span>
        </th>
        <td className="more">{purposeIn(say, line.purpose)}</td>
        <td className="more">
          <Id id={line.record} />
          <span className="aside">
            <Id id={line.ownerHospital} names={names} />
          </span>
        </td>
        <td>
          <Decision decision={decision} />
          {findings > 0 && <span className="badge refused">{say("auditor.findingCount", { count: findings })}</span>}
        </td>
        <td className="more">
          {line.hospitalCount !== undefined && (
            <>
              {say("auditor.ofHospital", { count: line.hospitalCount, limit: line.hospitalLimit ?? "" })}
              <br />
              {say("auditor.ofRecord", { count: line.recordCount ?? "", limit: line.recordLimit ?? "" })}
            </>
          )}
        </td>
        <td className="more">
          {(acknowledgement === "Opened" || acknowledgement === "Disputed") && say(`acknowledged.${acknowledgement}`)}
        </td>
        <td>
          <button
            type="button"
            className="quiet"
            aria-expanded={isOpen}
            aria-label={say("auditor.stepsOf", { id: id.slice(0, 10) })}
            onClick={() => setIsOpen(!isOpen)}
          >
            {say("auditor.steps")}
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr className="steps">
          <td colSpan={COLUMNS.length + 1}>
            <Detail id={id} names={names} version={version} />
          </td>
        </tr>
      )}
    </tbody>
  );
}
