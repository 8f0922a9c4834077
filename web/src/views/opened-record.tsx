import { useEffect, useMemo, useState } from "react";
import type { OpenedView } from "../device/doctor.ts";
import { dateTimeIn } from "../record/date-time.ts";
import { factsOf, type Observation, observationsOf, resourcesOf } from "../record/fhir.ts";
import { isImage, readTable } from "../record/other-formats.ts";
import { useSay, useSpeaking } from "../words/index.tsx";
import { Plot } from "./plot.tsx";
import { Table } from "./table.tsx";

/** What opening has checked when it returns. */
const CHECKS = [
  "verified.answer",
  "verified.digests",
  "verified.capsule",
  "verified.channel",
  "verified.values",
] as const;

/** Rows that are shown of a table, and resources beside it: all of it is in the file. */
const ROWS = 500;

/** A record that was opened, shown as what it is. */
export function OpenedRecord({ opened, name }: { readonly opened: OpenedView; readonly name: string }) {
  const say = useSay();
  const { document: bytes, format, withheld } = opened;
  const url = useMemo(() => URL.createObjectURL(new Blob([new Uint8Array(bytes)])), [bytes]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <article>
      <details>
        <summary>{say("doctor.verified")}</summary>
        <ul>
          {CHECKS.map((check) => (
            <li key={check}>{say(check)}</li>
          ))}
        </ul>
      </details>
      {withheld.length > 0 && <p className="aside">{say("doctor.withheld", { names: withheld.join(", ") })}</p>}
      <p className="actions">
        <a href={url} download={name}>
          {say("doctor.save")}
        </a>
      </p>
      {format.startsWith("fhir") && <Fhir bytes={bytes} />}
      {format === "csv" && <Table rows={readTable(bytes, ROWS)} />}
      {format === "binary" && isImage(bytes) && <img src={url} alt={name} />}
      {!(format === "binary") && (
        <details>
          <summary>{say("record.raw")}</summary>
          {/* Reached by keyboard, as what does not fit is scrolled to. */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
          <pre tabIndex={0}>{new TextDecoder().decode(bytes.subarray(0, 100_000))}</pre>
        </details>
      )}
    </article>
  );
}

function Fhir({ bytes }: { readonly bytes: Uint8Array }) {
  const { say, language } = useSpeaking();
  const [resources, setResources] = useState<readonly object[]>([]);
  useEffect(() => setResources(resourcesOf(new TextDecoder().decode(bytes))), [bytes]);
  const observations = useMemo(() => observationsOf(resources), [resources]);
  const facts = useMemo(() => resources.flatMap((resource) => factsOf(resource) ?? []), [resources]);
  const series = Object.values(Object.groupBy(observations, ({ what, unit }) => `${what} ${unit ?? ""}`));
  return (
    <>
      {facts.slice(0, ROWS).map((each, at) => (
        // A bundle's entries have no other name, and do not change while they are shown.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Facts key={at} {...each} />
      ))}
      {series.map((each = []) => each.length > 1 && <Plot key={each[0]?.what} points={each} />)}
      {observations.length > 0 && (
        <>
          <h4>{say("record.observations")}</h4>
          <Table
            rows={[
              [say("record.when"), say("record.what"), say("record.value")],
              ...observations
                .slice(0, ROWS)
                .map(({ when, what, text }: Observation) => [dateTimeIn(language, when), what, text]),
            ]}
          />
        </>
      )}
    </>
  );
}

function Facts({ title, facts }: { readonly title: string; readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h4>{title}</h4>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
