import type { PartView, Preview, ShownFeature } from "../device/preview.ts";
import { useSay } from "../words/index.tsx";

/** The private and the public part side by side; a click moves a feature to the other. */
export function Parts({
  parts,
  selectors,
  onChange,
}: {
  readonly parts: Preview;
  readonly selectors: readonly string[];
  readonly onChange: (selectors: readonly string[]) => void;
}) {
  const say = useSay();
  const hide = ({ selector }: ShownFeature): void => onChange([...selectors, selector]);
  /** What is private then has to be named one by one: all of it must be seen, or the rest would become public. */
  const areAllShown = parts.private.shown.length === parts.private.count;
  const show = ({ selector }: ShownFeature): void => {
    const others = parts.private.shown.map((feature) => feature.selector).filter((other) => other !== selector);
    onChange([...new Set(others)]);
  };
  return (
    <div className="row parts">
      <Part
        title={say("patient.private", { count: parts.private.count })}
        part={parts.private}
        mark="→"
        words="patient.makePublic"
        onPick={areAllShown && parts.private.count > 1 ? show : undefined}
      />
      <Part
        title={say("patient.public", { count: parts.public.count })}
        part={parts.public}
        mark="←"
        words="patient.makePrivate"
        onPick={hide}
      />
    </div>
  );
}

function Part({
  title,
  part,
  mark,
  words,
  onPick,
}: {
  readonly title: string;
  readonly part: PartView;
  readonly mark: string;
  readonly words: "patient.makePublic" | "patient.makePrivate";
  readonly onPick: ((feature: ShownFeature) => void) | undefined;
}) {
  const say = useSay();
  const { shown, count } = part;
  return (
    <div>
      <h3>{title}</h3>
      {/* Reached by keyboard, as what does not fit is scrolled to. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <ul className="features" tabIndex={0} aria-label={title}>
        {shown.map((feature, at) => (
          // Two features may have one name; their order does not change while they are shown.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={at}>
            {onPick && (
              <button
                type="button"
                className="quiet"
                aria-label={say(words, { name: feature.name })}
                onClick={() => onPick(feature)}
              >
                {mark}
              </button>
            )}
            <code>{feature.name}</code> <span>{feature.value}</span>
          </li>
        ))}
        {count > shown.length && <li>{say("patient.more", { count: count - shown.length })}</li>}
      </ul>
    </div>
  );
}
