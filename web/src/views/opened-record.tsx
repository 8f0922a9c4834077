import { useEffect, useMemo } from "react";
import type { OpenedView } from "../device/doctor.ts";
import { dateTimeFormat, dateTimeIn } from "../record/date-time.ts";
import { fileNameOf } from "../record/file-kind.ts";
import { isShownAsImage, type ShownRecord } from "../record/shown.ts";
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

/** A record that was opened, shown as what it is. */
export function OpenedRecord({ opened, name }: { readonly opened: OpenedView; readonly name: string }) {
  const say = useSay();
  const { file, shown, withheld } = opened;
  const url = useMemo(() => URL.createObjectURL(file), [file]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  const more = withheld.more > 0 ? ` ${say("patient.more", { count: withheld.more })}` : "";
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
      {withheld.shown.length > 0 && (
        <p className="aside">{say("doctor.withheld", { names: `${withheld.shown.join(", ")}${more}` })}</p>
      )}
      <p className="actions">
        <a href={url} download={fileNameOf(name, shown.kind)}>
          {say("doctor.save")}
        </a>
      </p>
      <Fhir shown={shown} />
      {shown.table.length > 0 && <Table rows={shown.table} />}
      {shown.isTableCut && <p className="aside">{say("record.cut")}</p>}
      {isShownAsImage(shown) && <img src={url} alt={name} />}
      {shown.text !== undefined && (
        <details>
          <summary>{say("record.raw")}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what does not fit is scrolled to, by keyboard too (WCAG 2.1.1) */}
          <pre tabIndex={0}>{shown.text}</pre>
        </details>
      )}
    </article>
  );
}

function Fhir({ shown: { facts, series, observations } }: { readonly shown: ShownRecord }) {
  const { say, language } = useSpeaking();
  const format = useMemo(() => dateTimeFormat(language), [language]);
  return (
    <>
      {facts.shown.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: resources may be alike, and do not change while they are shown
        <Facts key={at} {...each} />
      ))}
      <More count={facts.more} />
      {series.shown.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names that are cut may be alike, and do not change while they are shown
        <Plot key={at} series={each} />
      ))}
      <More count={series.more} />
      {observations.shown.length > 0 && (
        <>
          <h4>{say("record.observations")}</h4>
          <Table
            rows={[
              [say("record.when"), say("record.what"), say("record.value")],
              ...observations.shown.map(({ when, what, text }) => [dateTimeIn(format, when), what, text]),
            ]}
          />
          <More count={observations.more} />
        </>
      )}
    </>
  );
}

/** That there is more than is shown. */
function More({ count }: { readonly count: number }) {
  const say = useSay();
  return count === 0 ? null : <p className="aside">{say("record.more", { count })}</p>;
}

function Facts({ title, facts }: ShownRecord["facts"]["shown"][number]) {
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
