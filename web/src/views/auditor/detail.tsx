import { useEffect, useState } from "react";
import type { Detail as Facts } from "../../auditing/worker.ts";
import { auditing } from "../../auditor.ts";
import { result } from "../../device.ts";
import { saveAs } from "../../save-as.ts";
import { useTask } from "../../use-task.ts";
import { purposeIn, type Say, useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";
import { decisionIn, Id, Time } from "./show.tsx";

type Step = Facts["steps"][number];

/** One request, message by message, with the document of the patient's consent. */
export function Detail({
  id,
  names,
  version,
}: {
  readonly id: string;
  readonly names: ReadonlyMap<string, string>;
  /** Grows when the history does. */
  readonly version: number;
}) {
  const say = useSay();
  const [facts, setFacts] = useState<Facts>();
  const task = useTask();
  const { run } = task;
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads again when the history has grown
  useEffect(() => {
    let isOn = true;
    run(async () => {
      const read = await result(auditing().detail(id));
      if (isOn) setFacts(read);
    });
    return () => {
      isOn = false;
    };
  }, [run, id, version]);
  if (facts === undefined) return <Working {...task} />;
  const { summary, steps, consent, knowsRevocations } = facts;
  return (
    <>
      <dl className="ids">
        <Fact name={say("auditor.request")}>
          <code>{id}</code>
        </Fact>
        <Fact name={say("auditor.requester")}>
          <code>{summary.requester}</code>, <Id id={summary.requesterHospital} names={names} />
        </Fact>
        <Fact name={say("auditor.record")}>
          <code>{summary.record}</code>
        </Fact>
        <Fact name={say("auditor.owner")}>
          {summary.owner === undefined ? say("auditor.unknown") : <code>{summary.owner}</code>},{" "}
          <Id id={summary.ownerHospital} names={names} />
        </Fact>
        <Fact name={say("auditor.purpose")}>{purposeIn(say, summary.purpose)}</Fact>
        <Fact name={say("auditor.expires")}>
          <Time seconds={summary.expires} />
        </Fact>
      </dl>
      <ol className="timeline">
        {steps.map((step, at) => (
          // A request's steps have no other name, and stand in the protocol's order.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <StepItem key={at} step={step} />
        ))}
      </ol>
      {consent === undefined ? (
        <p className="aside">{say("auditor.consent.none")}</p>
      ) : (
        <details>
          <summary>{say("auditor.consent")}</summary>
          {!knowsRevocations && <p className="aside">{say("auditor.consent.unknown")}</p>}
          <button
            type="button"
            onClick={() =>
              saveAs(
                new Blob([JSON.stringify(consent, undefined, 2)], { type: "application/fhir+json" }),
                `consent-${id.slice(2, 10)}.json`,
              )
            }
          >
            {say("auditor.consent.save")}
          </button>
          {/* Reached by keyboard, as what does not fit is scrolled to. */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
          <pre tabIndex={0}>{JSON.stringify(consent, undefined, 2)}</pre>
        </details>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const titleIn = (say: Say, { kind, decision }: Step): string =>
  say(`step.${kind}`, { decision: decision === undefined ? "" : decisionIn(say, decision) });

function StepItem({ step }: { readonly step: Step }) {
  const say = useSay();
  const { message, outcome, counts, at } = step;
  return (
    <li className={outcome}>
      <span className="message">{message}</span>
      <div>
        <strong>{titleIn(say, step)}</strong>
        {outcome !== "done" && <em> {say(`auditor.outcome.${outcome}`)}</em>}
        {counts && (
          <p>
            {[
              say("auditor.ofHospital", { count: String(counts.hospitalCount), limit: String(counts.hospitalLimit) }),
              say("auditor.ofRecord", { count: String(counts.recordCount), limit: String(counts.recordLimit) }),
              say("auditor.entry", { index: String(counts.index) }),
            ].join(", ")}
          </p>
        )}
        {at && (
          <p className="aside">
            <Time seconds={at.timestamp} /> ·{" "}
            {say("auditor.chainBlock", { chain: String(at.chainId), block: at.block })} ·{" "}
            <code>{at.transactionHash}</code>
          </p>
        )}
      </div>
    </li>
  );
}
