import type { Point, Series } from "../record/series.ts";
import { useSpeaking } from "../words/index.tsx";

const [WIDTH, HEIGHT, EDGE] = [480, 140, 28];
/** Beyond, the line says as much as dots on it would; nor are that many values read out one by one. */
const DOTS = 60;

/** Values of one kind over time, as a line, with its range of reference where there is one. */
export function Plot({ series }: { readonly series: Series }) {
  const { say, language } = useSpeaking();
  const { what, unit, points, count, low, high } = series;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const values = [...points.map(({ value }) => value), low, high].filter((value) => value !== undefined);
  const [bottom, top] = [Math.min(...values), Math.max(...values)];
  const x = ({ at }: Point) => EDGE + ((at - first.at) / (last.at - first.at || 1)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => HEIGHT - EDGE - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - 2 * EDGE);
  const day = ({ at }: Point) => new Date(at).toLocaleDateString(language);
  const isFew = count <= DOTS;
  const title = isFew
    ? `${what}, ${unit}: ${points.map(({ value }) => value).join(", ")}`
    : say("record.plot", { what, unit, count, bottom, top, since: day(first), until: day(last) });
  return (
    <figure>
      <figcaption>
        {what} ({unit})
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {low !== undefined && high !== undefined && (
          <rect className="reference" x={EDGE} width={WIDTH - 2 * EDGE} y={y(high)} height={y(low) - y(high)} />
        )}
        <polyline points={points.map((point) => `${x(point)},${y(point.value)}`).join(" ")} />
        {isFew &&
          points.map((point, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two values may be of one time, and do not change while they are shown
            <circle key={at} cx={x(point)} cy={y(point.value)} r={3} />
          ))}
        <text x={2} y={y(top) + 4}>
          {top}
        </text>
        <text x={2} y={y(bottom) + 4}>
          {bottom}
        </text>
        <text x={EDGE} y={HEIGHT - 4}>
          {day(first)}
        </text>
        <text x={WIDTH - EDGE} y={HEIGHT - 4} textAnchor="end">
          {day(last)}
        </text>
      </svg>
    </figure>
  );
}
