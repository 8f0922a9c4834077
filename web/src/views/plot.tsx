import type { Observation } from "../record/fhir.ts";
import { useSpeaking } from "../words/index.tsx";

const [WIDTH, HEIGHT, EDGE] = [480, 140, 28];

/** Values of one kind over time, as a line, with its range of reference where there is one. */
export function Plot({ points }: { readonly points: readonly Observation[] }) {
  const { language } = useSpeaking();
  const known = points.flatMap(({ when, value, low, high }) =>
    value === undefined || Number.isNaN(Date.parse(when)) ? [] : [{ at: Date.parse(when), value, low, high }],
  );
  const [first, ...others] = known.toSorted((one, other) => one.at - other.at);
  const last = others.at(-1);
  if (first === undefined || last === undefined) return null;
  const all = [first, ...others];
  const values = all.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const [bottom, top] = [Math.min(...values), Math.max(...values)];
  const x = (at: number) => EDGE + ((at - first.at) / (last.at - first.at || 1)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => HEIGHT - EDGE - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - 2 * EDGE);
  const day = (at: number) => new Date(at).toLocaleDateString(language);
  const { what = "", unit = "" } = points[0] ?? {};
  const title = `${what}, ${unit}: ${all.map(({ value }) => value).join(", ")}`;
  return (
    <figure>
      <figcaption>
        {what} ({unit})
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {first.low !== undefined && first.high !== undefined && (
          <rect
            className="reference"
            x={EDGE}
            width={WIDTH - 2 * EDGE}
            y={y(first.high)}
            height={y(first.low) - y(first.high)}
          />
        )}
        <polyline points={all.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ")} />
        {all.map(({ at, value }) => (
          <circle key={`${at} ${value}`} cx={x(at)} cy={y(value)} r={3} />
        ))}
        <text x={2} y={y(top) + 4}>
          {top}
        </text>
        <text x={2} y={y(bottom) + 4}>
          {bottom}
        </text>
        <text x={EDGE} y={HEIGHT - 4}>
          {day(first.at)}
        </text>
        <text x={WIDTH - EDGE} y={HEIGHT - 4} textAnchor="end">
          {day(last.at)}
        </text>
      </svg>
    </figure>
  );
}
