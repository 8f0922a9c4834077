import { proxy } from "comlink";
import { useState } from "react";
import type { InboxEntry, RecordView } from "../device/patient.ts";
import { device, result } from "../device.ts";
import { inviteLink } from "../invite.ts";
import { useList } from "../use-list.ts";
import { useTask } from "../use-task.ts";
import { purposeIn, type Say, useSay, useSpeaking } from "../words/index.tsx";
import { Publish } from "./publish.tsx";
import { Working } from "./working.tsx";

const nameOf = (say: Say, { title, recordId }: Pick<RecordView, "title" | "recordId">): string =>
  title ?? say("patient.untitled", { id: recordId.slice(0, 10) });

/** A patient's records, what others ask for, and publishing. */
export function PatientView() {
  const say = useSay();
  const records = useList(() => result(device.records()));
  const inbox = useList(() => result(device.inbox()));
  const pending = inbox.list?.filter(({ state }) => state === "Pending").length ?? 0;
  return (
    <div className="columns">
      <section aria-labelledby="requests">
        <h2 id="requests">
          {say("patient.requests")} {pending > 0 && <span className="count">{pending}</span>}
        </h2>
        <Working busy={inbox.list === undefined && inbox.error === undefined} error={inbox.error} />
        {inbox.list?.length === 0 && <p>{say("patient.norequests")}</p>}
        <ul className="cards">
          {inbox.list?.map((entry) => (
            <Request key={entry.requestId} entry={entry} onDone={inbox.refresh} />
          ))}
        </ul>
      </section>
      <section aria-labelledby="records">
        <h2 id="records">{say("patient.records")}</h2>
        <Working busy={records.list === undefined && records.error === undefined} error={records.error} />
        {records.list?.length === 0 && <p>{say("patient.none")}</p>}
        <ul className="cards">
          {records.list?.map((record) => (
            <Card key={record.recordId} record={record} onDone={records.refresh} />
          ))}
        </ul>
      </section>
      <Publish onDone={records.refresh} />
    </div>
  );
}

function Card({ record, onDone }: { readonly record: RecordView; readonly onDone: () => Promise<void> }) {
  const say = useSay();
  const task = useTask();
  const [copied, setCopied] = useState(false);
  const { recordId, title, revoked, limit, here } = record;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(inviteLink({ recordId, ...(title !== undefined && { title }) }));
    setCopied(true);
  };
  const revoke = async (): Promise<void> => {
    await result(device.revoke(recordId));
    await onDone();
  };
  return (
    <li>
      <h3>{nameOf(say, record)}</h3>
      <p className="aside">
        {revoked ? say("patient.revoked") : say("patient.readsAllowed", { limit })} ·{" "}
        <code>{recordId.slice(0, 12)}…</code>
      </p>
      {!here && <p className="aside">{say("patient.elsewhere")}</p>}
      {!revoked && (
        <p className="actions">
          <button type="button" onClick={() => task.run(copy)}>
            {say("patient.link")}
          </button>
          <button type="button" className="grave" disabled={task.busy} onClick={() => task.run(revoke)}>
            {say("patient.revoke")}
          </button>
          {copied && <span role="status">{say("app.copied")}</span>}
        </p>
      )}
      <Working {...task} />
    </li>
  );
}

function Request({ entry, onDone }: { readonly entry: InboxEntry; readonly onDone: () => Promise<void> }) {
  const { say, language } = useSpeaking();
  const task = useTask();
  const [progress, setProgress] = useState<{ done: number; total: number }>();
  const { requestId, requester, hospital, purpose, expiry, state, used, limit } = entry;
  const act = (work: () => Promise<unknown>) => () =>
    task.run(async () => {
      await work();
      await onDone();
    });
  const approve = async (): Promise<void> => {
    const watch = proxy((done: number, total: number) => setProgress({ done, total }));
    await result(device.approve(requestId, watch));
  };
  return (
    <li>
      <p>
        {say("patient.asks", {
          hospital: hospital ?? say("patient.unknownHospital"),
          title: nameOf(say, entry),
          purpose: purposeIn(say, purpose),
        })}
      </p>
      <p className="aside">
        {say(`state.${state}`)} · {say("patient.used", { used, limit })} ·{" "}
        {say("patient.until", { time: new Date(expiry * 1000).toLocaleString(language) })} · {say("patient.who")}{" "}
        <code>{requester.slice(0, 12)}…</code>
      </p>
      {state === "Pending" && (
        <p className="actions">
          <button type="button" disabled={task.busy} onClick={act(approve)}>
            {say("patient.approve")}
          </button>
          <button type="button" disabled={task.busy} onClick={act(() => result(device.deny(requestId)))}>
            {say("patient.deny")}
          </button>
        </p>
      )}
      {state === "Authorized" && (
        <p className="actions">
          <button
            type="button"
            className="grave"
            disabled={task.busy}
            onClick={act(() => result(device.withdraw(requestId)))}
          >
            {say("patient.withdraw")}
          </button>
        </p>
      )}
      <Working {...task} what={say("patient.approving")} progress={progress} />
    </li>
  );
}
