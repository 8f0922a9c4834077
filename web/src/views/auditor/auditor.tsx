import { proxy } from "comlink";
import { useCallback, useEffect, useState } from "react";
import type { HistoryFacts, Wanted } from "../../auditing/worker.ts";
import { auditing } from "../../auditor.ts";
import { DeviceError, result } from "../../device.ts";
import { useTask } from "../../use-task.ts";
import { useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";
import "../facts.css";
import "./auditor.css";
import { Filters } from "./filters.tsx";
import { Receipt } from "./receipt.tsx";
import { Requests } from "./requests.tsx";
import { Verdict } from "./verdict.tsx";

/** How often the chains are read again, in milliseconds. */
const EVERY_MS = 5_000;

/** What is read, and how far the reading is. */
interface Reading {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** The access history, live from the chains or from a file, for whoever audits it. */
export function AuditorView() {
  const say = useSay();
  const [facts, setFacts] = useState<HistoryFacts>();
  const [file, setFile] = useState<string>();
  const [reading, setReading] = useState<Reading>();
  const [wanted, setWanted] = useState<Wanted>({ sort: "asked", descending: true });
  /** Grows when the history, or what is known of it, changes. */
  const [version, setVersion] = useState(0);
  const task = useTask();
  const { run } = task;

  const show = useCallback((read: HistoryFacts, from?: string) => {
    setFacts(read);
    setFile(from);
    setVersion((before) => before + 1);
    setReading(undefined);
  }, []);
  const readChains = useCallback(
    () =>
      run(async () => {
        const watch = proxy((chain: string, block: number, last: number) =>
          setReading({ what: say("auditor.reading", { chain, block, last }), done: block, total: last }),
        );
        const read = await result(auditing().openLive(watch));
        if (read) show(read);
      }),
    [run, say, show],
  );
  const openFile = (chosen: File | undefined): void => {
    if (chosen === undefined) return;
    run(async () => {
      const watch = proxy((done: number, total: number) => setReading({ what: say("auditor.opening"), done, total }));
      const read = await result(auditing().openFile(chosen, watch));
      if (read) show(read, chosen.name);
    });
  };
  // Once; a change of language must not read everything again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(readChains, []);
  const stale = useRefreshing(file === undefined && facts !== undefined, show);

  return (
    <div className="auditor">
      <h2>{say("auditor.title")}</h2>
      <div className="columns">
        <section aria-labelledby="read">
          <h3 id="read">{file === undefined ? say("auditor.live") : say("auditor.fromFile", { name: file })}</h3>
          {facts?.heads?.map(({ name, chainId, block }) => (
            <p key={name} className="aside">
              {say("auditor.readTo", { chain: name, id: String(chainId), block })}
            </p>
          ))}
          <Working {...task} reason={task.reason ?? stale} what={reading?.what} progress={reading} />
          <p className="actions">
            <button type="button" disabled={task.busy} onClick={readChains}>
              {say("auditor.live")}
            </button>
          </p>
          <label className="drop" onDrop={(event) => dropped(event, openFile)} onDragOver={allowDrop}>
            {say("auditor.drop")}
            <input
              type="file"
              accept=".json,.ndjson"
              disabled={task.busy}
              onChange={({ target }) => openFile(target.files?.[0])}
            />
            <span className="aside">{say("auditor.drop.hint")}</span>
          </label>
        </section>
        {/* What was said of one history is not said of the next. */}
        <Verdict key={facts?.opened ?? 0} onRead={() => setVersion((before) => before + 1)} />
        {facts && (
          <>
            <Filters facts={facts} wanted={wanted} onChange={setWanted} />
            <Requests facts={facts} wanted={wanted} version={version} onSort={setWanted} />
          </>
        )}
        <Receipt />
      </div>
    </div>
  );
}

/** Reads the chains again and again while the page is looked at. @returns why it could not, the last time */
function useRefreshing(isOn: boolean, show: (facts: HistoryFacts) => void): unknown {
  const [reason, setReason] = useState<unknown>();
  useEffect(() => {
    if (!isOn) return;
    let timer: ReturnType<typeof setTimeout>;
    let isWanted = true;
    let before = "";
    const again = async (): Promise<void> => {
      if (document.visibilityState === "visible") {
        try {
          const read = await result(auditing().refresh(proxy(() => {})));
          const blocks = read?.heads?.map(({ block }) => block).join() ?? "";
          if (isWanted && read && blocks !== before) show(read);
          before = blocks;
          setReason(read?.brokeOff && new DeviceError(read.brokeOff));
        } catch (why) {
          setReason(why);
        }
      }
      if (isWanted) timer = setTimeout(again, EVERY_MS);
    };
    timer = setTimeout(again, EVERY_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [isOn, show]);
  return reason;
}

const allowDrop = (event: React.DragEvent): void => event.preventDefault();
function dropped(event: React.DragEvent, take: (file: File | undefined) => void): void {
  event.preventDefault();
  take(event.dataTransfer.files[0]);
}
