import { useState } from "react";
import type { InboxEntry } from "../device/patient.ts";
import { device, result } from "../device.ts";
import { classOf } from "../record/feature-class.ts";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

/**
 * Which of a record's private features are sent: all, unless the patient chooses.
 *
 * @param props.onChoose is given names; undefined for all
 */
export function ChooseFeatures({
  recordId,
  onChoose,
}: {
  readonly recordId: InboxEntry["recordId"];
  readonly onChoose: (features: readonly string[] | undefined) => void;
}) {
  const say = useSay();
  const task = useTask();
  const [names, setNames] = useState<readonly string[]>();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const read = (): void => task.run(async () => setNames(await result(device.privateFeatures(recordId))));
  const choose = (changed: readonly string[], isSent: boolean): void => {
    const next = new Set(left);
    for (const name of changed) {
      if (isSent) next.delete(name);
      else next.add(name);
    }
    setLeft(next);
    onChoose(next.size === 0 ? undefined : names?.filter((name) => !next.has(name)));
  };
  const classes = Object.entries(Object.groupBy(names ?? [], classOf));
  return (
    <details onToggle={({ currentTarget }) => currentTarget.open && names === undefined && read()}>
      <summary>{say("patient.choose")}</summary>
      <Working {...task} />
      {names && <p className="aside">{say("patient.chooseHint")}</p>}
      <ul className="features">
        {classes.map(([name, features = []]) => (
          <FeatureClass key={name} name={name} features={features} left={left} onChoose={choose} />
        ))}
      </ul>
    </details>
  );
}

function FeatureClass({
  name,
  features,
  left,
  onChoose,
}: {
  readonly name: string;
  readonly features: readonly string[];
  readonly left: ReadonlySet<string>;
  readonly onChoose: (features: readonly string[], isSent: boolean) => void;
}) {
  const sent = features.filter((feature) => !left.has(feature)).length;
  const box = (label: string, changed: readonly string[], isSent: boolean, isPartly = false) => (
    <label className="check">
      <input
        type="checkbox"
        checked={isSent}
        ref={(input) => {
          if (input) input.indeterminate = isPartly;
        }}
        onChange={({ target }) => onChoose(changed, target.checked)}
      />
      <code>{label}</code>
    </label>
  );
  return (
    <li>
      {box(name, features, sent > 0, sent > 0 && sent < features.length)}
      {features.length > 1 && (
        <details>
          <summary aria-label={`${name}: ${sent} / ${features.length}`}>
            {sent} / {features.length}
          </summary>
          <ul>
            {features.map((feature) => (
              <li key={feature}>{box(feature, [feature], !left.has(feature))}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
