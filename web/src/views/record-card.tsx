import { type FormEvent, useState } from "react";
import type { Access } from "../device/accesses.ts";
import type { RecordView } from "../device/patient.ts";
import { device, result } from "../device.ts";
import { recordLink } from "../invite.ts";
import { useTask } from "../use-task.ts";
import { purposeIn, type Say, useSay, useSpeaking } from "../words/index.tsx";
import { ShareLink } from "./share-link.tsx";
import { Table } from "./table.tsx";
import { Working } from "./working.tsx";

export const nameOf = (say: Say, { title, recordId }: Pick<RecordView, "title" | "recordId">): string =>
  title ?? say("patient.untitled", { id: recordId.slice(0, 10) });

/** One record: sharing it, its limit, who read it, and ending it. */
export function RecordCard({ record, onDone }: { readonly record: RecordView; readonly onDone: () => Promise<void> }) {
  const say = useSay();
  const task = useTask();
  const { recordId, title, revoked, limit, here } = record;
  const revoke = async (): Promise<void> => {
    if (!window.confirm(say("patient.revokeSure", { title: nameOf(say, record) }))) return;
    await result(device.revoke(recordId));
    await onDone();
  };
  return (
    <li>
      <h3>{nameOf(say, record)}</h3>
      <p className="aside">
        {revoked ? say("patient.revoked") : say("patient.readsAllowed", { limit })} ·{" "}
        <code title={recordId}>{recordId.slice(0, 12)}…</code>
      </p>
      {!here && <p className="aside">{say("patient.elsewhere")}</p>}
      {!revoked && (
        <div className="actions">
          <ShareLink
            link={recordLink({ recordId, ...(title !== undefined && { title }) })}
            words={say("patient.link")}
          />
        </div>
      )}
      <details>
        <summary>{say("patient.change")}</summary>
        <Change record={record} onDone={onDone} />
        {!revoked && (
          <button type="button" className="grave" disabled={task.busy} onClick={() => task.run(revoke)}>
            {say("patient.revoke")}
          </button>
        )}
      </details>
      <Accesses recordId={recordId} />
      <Working {...task} />
    </li>
  );
}

function Change({ record, onDone }: { readonly record: RecordView; readonly onDone: () => Promise<void> }) {
  const say = useSay();
  const task = useTask();
  const { recordId, revoked, limit } = record;
  const save = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [title, wanted] = [String(form.get("title")), Number(form.get("limit"))];
    task.run(async () => {
      if (title !== record.title) await result(device.rename(recordId, title));
      if (!revoked && wanted !== limit) await result(device.setLimit(recordId, wanted));
      await onDone();
    });
  };
  return (
    <form className="row" onSubmit={save}>
      <label>
        {say("patient.title")}
        <input name="title" maxLength={80} defaultValue={record.title ?? ""} required />
      </label>
      {!revoked && (
        <label>
          {say("patient.limit")}
          <input name="limit" type="number" min={1} max={1000} defaultValue={limit} required />
        </label>
      )}
      <button type="submit" disabled={task.busy}>
        {say("patient.save")}
      </button>
      <Working {...task} />
    </form>
  );
}

/** Who has asked, and who has read: read from both chains when it is opened. */
function Accesses({ recordId }: Pick<RecordView, "recordId">) {
  const { say, language } = useSpeaking();
  const task = useTask();
  const [accesses, setAccesses] = useState<readonly Access[]>();
  const read = (): void => task.run(async () => setAccesses(await result(device.accesses(recordId))));
  const at = (seconds: number | undefined): string =>
    seconds === undefined ? "–" : new Date(seconds * 1000).toLocaleString(language);
  const rows = accesses?.map((each) => [
    at(each.askedAt),
    each.who ?? `${each.requester.slice(0, 12)}…`,
    each.hospital ?? say("patient.unknownHospital"),
    purposeIn(say, each.purpose),
    `${say(`state.${each.state}`)} ${each.decidedAt === undefined ? "" : at(each.decidedAt)}`,
    each.read === undefined ? "–" : `${say(`acknowledged.${each.read.acknowledged}`)} ${at(each.read.at)}`,
  ]);
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && read()}>
      <summary>{say("patient.accesses")}</summary>
      <Working {...task} />
      {rows?.length === 0 && <p>{say("patient.norequests")}</p>}
      {rows !== undefined && rows.length > 0 && (
        <Table
          rows={[
            [
              say("access.asked"),
              say("access.who"),
              say("lobby.hospital"),
              say("doctor.purpose"),
              say("access.decided"),
              say("access.read"),
            ],
            ...rows,
          ]}
        />
      )}
    </details>
  );
}
