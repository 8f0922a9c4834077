import { type FormEvent, useEffect, useState } from "react";
import type { StudyValues, StudyView } from "../device/studies.ts";
import { device, result } from "../device.ts";
import { useList } from "../use-list.ts";
import { useTask } from "../use-task.ts";
import { type Say, useSay, useSpeaking } from "../words/index.tsx";
import { filterIn, statisticIn } from "../words/study-question.ts";
import { Table } from "./table.tsx";
import { Working } from "./working.tsx";

/** Each reading asks the chain about every study, and they change by the hour at most. */
const EVERY_MS = 5_000;

/** Studies that ask the patient, with those in which they take part. Without any there is nothing to see. */
export function Studies() {
  const say = useSay();
  const studies = useList(() => result(device.studies()), EVERY_MS);
  if (studies.list === undefined || studies.list.length === 0) {
    return studies.reason === undefined ? null : <Working busy={false} reason={studies.reason} />;
  }
  return (
    <section aria-labelledby="studies">
      <h2 id="studies">{say("studies.title")}</h2>
      <Working busy={false} reason={studies.reason} />
      <ul className="cards">
        {studies.list.map((study) => (
          <StudyCard key={study.studyId} study={study} onDone={studies.refresh} />
        ))}
      </ul>
    </section>
  );
}

interface StudyProps {
  readonly study: StudyView;
  readonly onDone: () => Promise<void>;
}

/** What a study asks and costs, and what the patient can do about it. */
function StudyCard({ study, onDone }: StudyProps) {
  const { say, language } = useSpeaking();
  const { question, holders, epsilonMilli, standing, obstacle, joinEnd, end, cohort, minimumCohort, state } = study;
  const at = (seconds: number): string => new Date(seconds * 1000).toLocaleString(language);
  const number = (milli: number): string => (milli / 1000).toLocaleString(language);
  const statistic = statisticIn(say, question);
  const filter = filterIn(say, question);
  const isOver = state === "Released";
  return (
    <li>
      <h3>{question.title}</h3>
      <p>{filter === undefined ? say("study.asks", { statistic }) : say("study.asksOf", { statistic, filter })}</p>
      <p className="aside">
        {question.filter === undefined
          ? say("study.minimum", { minimum: minimumCohort })
          : say("study.minimumOf", { minimum: question.filter.minimum })}{" "}
        {say("study.holders", { holders: holders.join(", ") })}
      </p>
      {!isOver && (
        <p className="aside">
          {say("study.cost", {
            cost: number(epsilonMilli),
            used: number(standing.used.epsilonMilli),
            limit: number(standing.limits.epsilonMilli),
            studies: standing.used.studies,
            most: standing.limits.studies,
          })}{" "}
          {say("study.until", { joinEnd: at(joinEnd), end: at(end), cohort })}
        </p>
      )}
      {obstacle === undefined && <Join study={study} onDone={onDone} />}
      {obstacle === "joined" && <TakingPart study={study} onDone={onDone} />}
      {obstacle !== undefined && obstacle !== "joined" && !isOver && <p>{say(`study.obstacle.${obstacle}`)}</p>}
      {isOver && <Result study={study} />}
    </li>
  );
}

/** The values, one by one, and the decision. They are read from the records when the patient opens them. */
function Join({ study, onDone }: StudyProps) {
  const say = useSay();
  const reading = useTask();
  const joining = useTask();
  const [values, setValues] = useState<StudyValues>();
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({});
  const { studyId } = study;
  const read = (typed?: Readonly<Record<string, string>>): void =>
    reading.run(async () => setValues(await result(device.studyValues(studyId, typed))));
  const give = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const typed = [...new FormData(event.currentTarget)].flatMap(([column, value]) =>
      typeof value === "string" && value.trim() !== "" ? [[column, value.trim()] as const] : [],
    );
    const all = { ...given, ...Object.fromEntries(typed) };
    setGiven(all);
    read(all);
  };
  const join = (): void =>
    joining.run(async () => {
      await result(device.joinStudy(studyId, given));
      await onDone();
    });
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && values === undefined && read()}>
      <summary>{say("study.values")}</summary>
      <Working {...reading} />
      {values?.left.map(({ record, reason }) => (
        <p key={record} className="aside">
          {say("study.left", { reason })}
        </p>
      ))}
      {values !== undefined && values.found.length > 0 && <Found study={study} values={values} />}
      {values !== undefined && values.missing.length > 0 && (
        <form onSubmit={give}>
          {values.missing.map((lacking) => (
            <Missing key={lacking.column} study={study} {...lacking} />
          ))}
          <button type="submit" className="quiet" disabled={reading.busy}>
            {say("study.use")}
          </button>
        </form>
      )}
      {values?.matches === false && <p>{say("study.noMatch")}</p>}
      {values !== undefined && values.missing.length === 0 && (
        <>
          <p className="aside">{say("study.warning")}</p>
          <p className="actions">
            <button type="button" disabled={joining.busy || reading.busy} onClick={join}>
              {say("study.join")}
            </button>
          </p>
        </>
      )}
      <Working {...joining} what={say("study.joining")} />
    </details>
  );
}

function columnOf({ question }: StudyView, name: string) {
  return question.columns.find((column) => column.name === name);
}

function Found({ study, values }: { readonly study: StudyView; readonly values: StudyValues }) {
  const { say, language } = useSpeaking();
  const rows = values.found.map(({ column: name, value, source, title }) => {
    const column = columnOf(study, name);
    const unit = column === undefined || "codes" in column || column.unit === "1" ? "" : ` ${column.unit}`;
    const where =
      source === undefined ? say("study.fromMe") : `${title ?? source.record.slice(0, 10)}, ${source.resource}`;
    // The name is the researcher's; what it is of, the code says.
    const named = column === undefined ? name : say("study.giveCode", { column: name, code: column.code });
    return [
      named,
      `${value}${unit}`,
      source?.date === undefined ? where : `${where}, ${dateIn(language, source.date)}`,
    ];
  });
  const head = [say("study.column"), say("study.value"), say("study.from")];
  return <Table rows={[head, ...rows]} label={`${say("study.values")}: ${study.question.title}`} />;
}

/** A FHIR date as it is precise: to the day or the moment; years and months as they are. */
function dateIn(language: string, date: string): string {
  if (/^\d{4}(-\d\d)?$/.test(date)) return date;
  const moment = new Date(date);
  if (Number.isNaN(moment.getTime())) return date;
  return date.length === 10
    ? moment.toLocaleDateString(language, { timeZone: "UTC" })
    : moment.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

/** A value that the records do not have: the patient can give it. */
function Missing({
  study,
  column: name,
  reason,
}: {
  readonly study: StudyView;
  readonly column: string;
  readonly reason: string;
}) {
  const say = useSay();
  const column = columnOf(study, name);
  if (column === undefined) return null;
  const { code } = column;
  const hint = <span className="aside">{say("study.lacking", { reason })}</span>;
  if ("codes" in column) {
    return (
      <label>
        {say("study.giveCode", { column: name, code })}
        <select name={name} defaultValue="">
          <option value="">{say("study.choose")}</option>
          {column.codes.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        {hint}
      </label>
    );
  }
  const { min, max, unit, scale } = column;
  return (
    <label>
      {say("study.give", { column: name, code, min, max, unit })}
      <input name={name} type="number" min={min} max={max} step={10 ** -scale} />
      {hint}
    </label>
  );
}

/** The patient takes part: the encrypted values go out by themselves once joining has ended. */
function TakingPart({ study, onDone }: StudyProps) {
  const say = useSay();
  const sending = useTask();
  const leaving = useTask();
  const { studyId, question, input, isFinal, state } = study;
  const { run } = sending;
  useEffect(() => {
    if (input === "due") run(async () => void (await result(device.publishStudyInput(studyId))));
  }, [input, studyId, run]);
  const send = (): void =>
    run(async () => {
      await result(device.publishStudyInput(studyId));
      await onDone();
    });
  const leave = (): void => {
    if (!window.confirm(say("study.leaveSure", { title: question.title }))) return;
    leaving.run(async () => {
      await result(device.leaveStudy(studyId));
      await onDone();
    });
  };
  return (
    <>
      <p>
        <strong>{say("study.joined")}</strong> {state !== "Released" && input && say(`study.input.${input}`)}
      </p>
      <p className="actions">
        {input === "due" && sending.reason !== undefined && (
          <button type="button" disabled={sending.busy} onClick={send}>
            {say("study.send")}
          </button>
        )}
        {!isFinal && (
          <button type="button" className="grave" disabled={leaving.busy} onClick={leave}>
            {say("study.leave")}
          </button>
        )}
      </p>
      <Working {...sending} />
      <Working {...leaving} />
    </>
  );
}

type Released = Extract<Awaited<ReturnType<typeof device.studyResult>>, { ok: unknown }>["ok"];

function Result({ study }: { readonly study: StudyView }) {
  const { say, language } = useSpeaking();
  const task = useTask();
  const [outcome, setOutcome] = useState<Released>();
  const read = (): void => task.run(async () => setOutcome(await result(device.studyResult(study.studyId))));
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && outcome === undefined && read()}>
      <summary>{say("study.result")}</summary>
      <Working {...task} />
      {outcome && (
        <>
          <p className="aside">{say("study.resultOf", { count: outcome.count })}</p>
          <Table rows={figureRows(say, language, outcome)} label={`${say("study.result")}: ${study.question.title}`} />
          {outcome.matching && outcome.matching.value < outcome.matching.minimum && (
            <p>{say("study.tooFew", { minimum: outcome.matching.minimum })}</p>
          )}
        </>
      )}
    </details>
  );
}

function figureRows(say: Say, language: string, { matching, figures }: Released): string[][] {
  const number = (value: number): string =>
    Number.isFinite(value) ? value.toLocaleString(language, { maximumSignificantDigits: 6 }) : say("study.anything");
  const named = matching === undefined ? figures : [{ name: say("study.matching"), ...matching }, ...figures];
  return [
    [say("study.figure"), say("study.figureValue"), say("study.figureError")],
    ...named.map(({ name, value, error }) => [name, number(value), `± ${number(error)}`]),
  ];
}
