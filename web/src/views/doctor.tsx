import { proxy } from "comlink";
import { type FormEvent, useState } from "react";
import type { AskedEntry, OpenedView } from "../device/doctor.ts";
import { device, result } from "../device.ts";
import { forgetLink, readRecordLink } from "../invite.ts";
import { useList } from "../use-list.ts";
import { useTask } from "../use-task.ts";
import { purposeIn, useSay, useSpeaking } from "../words/index.tsx";
import { OpenedRecord } from "./opened-record.tsx";
import { type Steps, Working } from "./working.tsx";

/** Codes of HL7 v3 PurposeOfUse. */
const PURPOSES = ["TREAT", "ETREAT", "HRESCH", "HPAYMT"];

/** What a doctor asks for, how far it is, and what was opened. */
export function DoctorView() {
  const say = useSay();
  const asked = useList(() => result(device.asked()));
  const task = useTask();
  const ask = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const target = event.currentTarget;
    const form = new FormData(target);
    task.run(async () => {
      const reference = String(form.get("link"));
      const invite = readRecordLink(reference);
      await result(device.ask(invite?.recordId ?? reference, invite?.title, String(form.get("purpose"))));
      target.reset();
      forgetLink();
      await asked.refresh();
    });
  };
  const invited = readRecordLink(location.href) === undefined ? "" : location.href;
  return (
    <>
      <form onSubmit={ask}>
        <h2>{say("doctor.ask")}</h2>
        <label>
          {say("doctor.link")}
          <input name="link" defaultValue={invited} required />
        </label>
        <label>
          {say("doctor.purpose")}
          <select name="purpose">
            {PURPOSES.map((code) => (
              <option key={code} value={code}>
                {purposeIn(say, code)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={task.busy}>
          {say("doctor.askButton")}
        </button>
        <Working {...task} />
      </form>
      <section aria-labelledby="asked" className="wide">
        <h2 id="asked">{say("doctor.asked")}</h2>
        <Working busy={asked.isNew} reason={asked.reason} />
        {asked.list?.length === 0 && <p>{say("doctor.none")}</p>}
        <ul className="cards">
          {asked.list?.map((entry) => (
            <Asked key={entry.requestId} entry={entry} onDone={asked.refresh} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Asked({ entry, onDone }: { readonly entry: AskedEntry; readonly onDone: () => Promise<void> }) {
  const { say, language } = useSpeaking();
  const task = useTask();
  const [opened, setOpened] = useState<OpenedView>();
  const [progress, setProgress] = useState<Steps>();
  const { requestId, recordId, title, purpose, expiry, state, acknowledged } = entry;
  const name = title ?? say("patient.untitled", { id: recordId.slice(0, 10) });
  const open = async (): Promise<void> => {
    const watch = proxy((done: number, total: number) => setProgress({ done, total }));
    setOpened(await result(device.open(requestId, watch)));
  };
  const acknowledge = (as: "Opened" | "Disputed") => async (): Promise<void> => {
    await result(device.acknowledge(requestId, as));
    await onDone();
  };
  return (
    <li>
      <h3>{name}</h3>
      <p className="aside">
        {say(`state.${state}`)} · {purposeIn(say, purpose)} ·{" "}
        {say("patient.until", { time: new Date(expiry * 1000).toLocaleString(language) })}
        {acknowledged !== "None" && ` · ${say(`acknowledged.${acknowledged}`)}`}
      </p>
      {state === "Granted" && (
        <p className="actions">
          {opened === undefined ? (
            <button type="button" disabled={task.busy} onClick={() => task.run(open)}>
              {say("doctor.open")}
            </button>
          ) : (
            <button type="button" onClick={() => setOpened(undefined)}>
              {say("doctor.close")}
            </button>
          )}
          {opened && acknowledged === "None" && (
            <>
              <button type="button" disabled={task.busy} onClick={() => task.run(acknowledge("Opened"))}>
                {say("doctor.opened")}
              </button>
              <button
                type="button"
                className="grave"
                disabled={task.busy}
                onClick={() => task.run(acknowledge("Disputed"))}
              >
                {say("doctor.dispute")}
              </button>
            </>
          )}
        </p>
      )}
      <Working {...task} what={say(opened ? "app.working" : "doctor.opening")} progress={progress} />
      {opened && <OpenedRecord opened={opened} name={name} />}
    </li>
  );
}
