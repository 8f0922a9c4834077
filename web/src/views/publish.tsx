import { proxy } from "comlink";
import { type DragEvent, useEffect, useRef, useState } from "react";
import type { Preview } from "../device/preview.ts";
import { DeviceError, device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Parts } from "./parts.tsx";
import { Sizes } from "./sizes.tsx";
import { Explanation, type Steps, Working } from "./working.tsx";

const POLICIES = ["identifiers", "research", "vitals-only"] as const;
type Policy = (typeof POLICIES)[number];

interface Chosen {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file, the two parts that it would become, and publishing it. */
export function Publish({ onDone }: { readonly onDone: () => Promise<void> }) {
  const say = useSay();
  const task = useTask();
  const look = useTask();
  const { run } = look;
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<Chosen>();
  /** How many were: each begins with an empty input. */
  const [published, setPublished] = useState(0);
  const [title, setTitle] = useState("");
  /** Names of a policy, and places beside it. */
  const [selectors, setSelectors] = useState<readonly string[]>(["identifiers"]);
  const [limit, setLimit] = useState(1);
  const [parts, setParts] = useState<Preview>();
  const [before, setBefore] = useState<string>();
  const [progress, setProgress] = useState<Steps>();

  useEffect(() => {
    setParts(undefined);
    if (file === undefined) return;
    let isOn = true;
    run(async () => {
      const next = await result(device.preview(file.bytes, file.name, selectors));
      if (isOn) setParts(next);
    });
    return () => {
      isOn = false;
    };
  }, [file, selectors, run]);

  const choose = (given: File | undefined): void => {
    if (given === undefined) return;
    run(async () => {
      const bytes = new Uint8Array(await given.arrayBuffer());
      setBefore(await result(device.publishedBefore(bytes)));
      setTitle(given.name.replace(/\.[^.]*$/, ""));
      setSelectors(given.type.startsWith("image/") ? ["0-"] : ["identifiers"]);
      setFile({ name: given.name, bytes });
    });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    if (input.current) input.current.files = event.dataTransfer.files; // which shows its name
    choose(event.dataTransfer.files[0]);
  };
  const publish = (): void => {
    if (file === undefined) return;
    const draft = { document: file.bytes, name: file.name, title, selectors, limit };
    const watch = proxy((done: number, total: number) => setProgress({ done, total }));
    task.run(async () => {
      await result(device.publish(draft, watch));
      setFile(undefined);
      setPublished((before) => before + 1);
      await onDone();
    });
  };
  const policy = POLICIES.find((name) => selectors.includes(name));

  return (
    <section aria-labelledby="publish" className="wide" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2 id="publish">{say("patient.publish")}</h2>
      <label className="drop">
        {say("patient.drop")}
        <input ref={input} key={published} type="file" onChange={({ target }) => choose(target.files?.[0])} />
      </label>
      <Working {...look} />
      {file && (
        <>
          {before !== undefined && <p className="warning">{say("patient.before", { title: before })}</p>}
          <div className="row">
            <label>
              {say("patient.title")}
              <input value={title} maxLength={80} onChange={({ target }) => setTitle(target.value)} />
            </label>
            <label>
              {say("patient.policy")}
              <select value={policy ?? ""} onChange={({ target }) => setSelectors([target.value as Policy])}>
                {policy === undefined && <option value="">{say("patient.policy.own")}</option>}
                {POLICIES.map((name) => (
                  <option key={name} value={name}>
                    {say(`patient.policy.${name}`)}
                  </option>
                ))}
              </select>
            </label>
            <label>
              {say("patient.limit")}
              <input
                type="number"
                min={1}
                max={1000}
                value={limit}
                onChange={({ target }) => setLimit(Math.max(1, target.valueAsNumber || 1))}
              />
            </label>
          </div>
          {parts && <Parts parts={parts} selectors={selectors} onChange={setSelectors} />}
          {parts?.leak && (
            <p className="warning">
              <Explanation reason={new DeviceError(parts.leak)} />
            </p>
          )}
          <p className="aside">{say("patient.parts")}</p>
          {parts && <Sizes parts={parts} length={file.bytes.length} />}
          <button
            type="button"
            disabled={task.busy || parts === undefined || parts.leak !== undefined}
            onClick={publish}
          >
            {say("patient.publishButton")}
          </button>
        </>
      )}
      <Working {...task} what={say("patient.publishing")} progress={progress} />
    </section>
  );
}
