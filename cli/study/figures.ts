import type { Outcome } from "@medexchain/studies";

/** A result's figures as JSON has them, which has no infinity. */
export const figuresOf = ({ figures }: Outcome) =>
  figures.map(({ name, value, error }) => ({
    name,
    value: Number.isFinite(value) ? value : 0,
    error: Number.isFinite(error) && Number.isFinite(value) ? error : null,
  }));

/** A result for people. */
export function figureLines({ count, figures }: Outcome): [string, string][] {
  const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(6)).toString() : "unknown");
  return [
    ["patients", String(count)],
    ...figures.map(({ name, value, error }): [string, string] => [
      name,
      Number.isFinite(error)
        ? `${rounded(value)} ± ${rounded(error)} (noise, 95 of 100)`
        : "the noise is too large to say",
    ]),
  ];
}
