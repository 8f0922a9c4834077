import { type DragEvent, useEffect, useState } from "react";
import type { Preview } from "../device/patient.ts";
import { device, result } from "../device.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

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
  const [file, setFile] = useState<Chosen>();
  const [title, setTitle] = useState("");
  const [policy, setPolicy] = useState<Policy>("identifiers");
  const [also, setAlso] = useState<readonly string[]>([]);
  const [limit, setLimit] = useState(1);
  const [parts, setParts] = useState<Preview>();

  useEffect(() => {
    setParts(undefined);
    if (file !== undefined) {
      run(async () => setParts(await result(device.preview(file.bytes, file.name, [policy, ...also]))));
    }
  }, [file, policy, also, run]);

  const choose = (given: File | undefined): void => {
    if (given === undefined) return;
    run(async () => {
      setFile({ name: given.name, bytes: new Uint8Array(await given.arrayBuffer()) });
      setTitle(given.name.replace(/\.[^.]*$/, ""));
      setAlso([]);
    });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    choose(event.dataTransfer.files[0]);
  };
  const publish = (): void => {
    if (file === undefined) return;
    task.run(async () => {
      await result(device.publish(file.bytes, file.name, title, [policy, ...also], limit));
      setFile(undefined);
      await onDone();
    });
  };

  return (
    <section aria-labelledby="publish" className="wide" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2 id="publish">{say("patient.publish")}</h2>
      <label className="drop">
        {file ? file.name : say("patient.drop")}
        <input key={file?.name ?? ""} type="file" onChange={({ target }) => choose(target.files?.[0])} />
      </label>
      {file && (
        <>
          <div className="row">
            <label>
              {say("patient.title")}
              <input value={title} maxLength={200} onChange={({ target }) => setTitle(target.value)} />
            </label>
            <label>
              {say("patient.policy")}
              <select value={policy} onChange={({ target }) => setPolicy(target.value as Policy)}>
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
          <Working {...look} />
          {parts && (
            <div className="row parts">
              <Part
                title={say("patient.private", { count: parts.privateFeatures.length })}
                features={parts.privateFeatures}
              />
              <Part
                title={say("patient.public", { count: parts.publicFeatures.length })}
                features={parts.publicFeatures}
                onPick={(name) => setAlso([...also, name])}
              />
            </div>
          )}
          <p className="aside">{say("patient.parts")}</p>
          <button type="button" disabled={task.busy || parts === undefined} onClick={publish}>
            {say("patient.publishButton")}
          </button>
        </>
      )}
      <Working {...task} what={say("patient.publishing")} />
    </section>
  );
}

function Part({
  title,
  features,
  onPick,
}: {
  readonly title: string;
  readonly features: Preview["publicFeatures"];
  /** Makes one private. */
  readonly onPick?: (name: string) => void;
}) {
  const say = useSay();
  return (
    <div>
      <h3>{title}</h3>
      {/* Reached by keyboard, as what does not fit is scrolled to. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <ul className="features" tabIndex={0} aria-label={title}>
        {features.map(({ name, value }, at) => (
          // Two features may have one name; their order does not change while they are shown.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={at}>
            {onPick && (
              <button type="button" aria-label={say("patient.makePrivate", { name })} onClick={() => onPick(name)}>
                ←
              </button>
            )}
            <code>{name}</code> <span>{value}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
