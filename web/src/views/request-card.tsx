import { proxy } from "comlink";
import { useEffect, useState } from "react";
import type { InboxEntry, PatientDevice } from "../device/patient.ts";
import { device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { purposeIn, useSpeaking } from "../words/index.tsx";
import { ChooseFeatures } from "./choose-features.tsx";
import { nameOf } from "./record-card.tsx";
import { type Steps, Working } from "./working.tsx";

/** Somebody asks for a record: who, what for, and the patient's answer. */
export function RequestCard({ entry, onDone }: { readonly entry: InboxEntry; readonly onDone: () => Promise<void> }) {
  const { say, language } = useSpeaking();
  const task = useTask();
  const [progress, setProgress] = useState<Steps>();
  const [features, setFeatures] = useState<readonly string[]>();
  const { requestId, requester, who, hospital, purpose, expiry, state, used, limit } = entry;
  const act = (work: () => Promise<unknown>) => () =>
    task.run(async () => {
      await work();
      await onDone();
    });
  const approve = async (): Promise<void> => {
    const watch = proxy((done: number, total: number) => setProgress({ done, total }));
    await result(device.approve(requestId, features, watch));
  };
  const asks = {
    who: who ?? "",
    hospital: hospital ?? say("patient.unknownHospital"),
    title: nameOf(say, entry),
    purpose: purposeIn(say, purpose),
  };
  return (
    <li>
      <p>{say(who === undefined ? "patient.asks" : "patient.asksByName", asks)}</p>
      <p className="aside">
        {say(`state.${state}`)} · {say("patient.used", { used, limit })} ·{" "}
        {say("patient.until", { time: new Date(expiry * 1000).toLocaleString(language) })} · {say("patient.who")}{" "}
        <code title={requester}>{requester.slice(0, 12)}…</code>
      </p>
      {state === "Pending" && (
        <>
          <Description requestId={requestId} />
          <ChooseFeatures recordId={entry.recordId} onChoose={setFeatures} />
          <p className="actions">
            <button type="button" disabled={task.busy || features?.length === 0} onClick={act(approve)}>
              {features === undefined ? say("patient.approve") : say("patient.approveSome", { count: features.length })}
            </button>
            <button
              type="button"
              className="grave"
              disabled={task.busy}
              onClick={act(() => result(device.deny(requestId)))}
            >
              {say("patient.deny")}
            </button>
          </p>
        </>
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
      <Working {...task} what={progress && say("patient.approving")} progress={progress} />
    </li>
  );
}

type Description = Awaited<ReturnType<PatientDevice["describe"]>>;

/** What else the chains know of who asks. */
function Description({ requestId }: Pick<InboxEntry, "requestId">) {
  const { say, language } = useSpeaking();
  const { reason, run } = useTask();
  const [known, setKnown] = useState<Description>();
  useEffect(() => run(async () => setKnown(await result(device.describe(requestId)))), [requestId, run]);
  if (known === undefined) return <Working busy={false} reason={reason} />;
  const { requester, earlier, hospital } = known;
  const { isActive, certificate } = requester;
  const day = (seconds: bigint): string => new Date(Number(seconds) * 1000).toLocaleDateString(language);
  const facts = [
    isActive ? undefined : say("request.inactive"),
    certificate.since === undefined
      ? undefined
      : say("request.certified", { since: day(certificate.since), until: day(certificate.notAfter) }),
    earlier.count === 0
      ? say("request.never")
      : say("request.earlier", { count: earlier.count, granted: earlier.granted, refused: earlier.refused }),
    say("request.hospitalLimit", { used: String(hospital.used), limit: String(hospital.limit) }),
  ];
  return <p className="aside">{facts.filter((fact) => fact !== undefined).join(" · ")}</p>;
}
