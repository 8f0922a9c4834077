import type { Outcome } from "@medexchain/studies";

/** A result's figures as JSON has them, which has no infinity. */
export const figuresOf = ({ figures }: Outcome) =>
  figures.map(({ name, value, error }) => ({
    name,
    value: Number.isFinite(value) ? value : 0,
    error: Number.isFinite(error) && Number.isFinite(value) ? error : null,
  }));

/** How many match a filter, as JSON has it. */
export const matchingOf = ({ matching }: Outcome) =>
  matching && {
    value: matching.value,
    error: Number.isFinite(matching.error) ? matching.error : null,
    minimum: matching.minimum,
  };

const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(6)).toString() : "unknown");

const withError = ({ value, error }: { readonly value: number; readonly error: number }): string =>
  Number.isFinite(error) ? `${rounded(value)} ± ${rounded(error)} (noise, 95 of 100)` : "the noise is too large to say";

/** A result for people. */
export function figureLines({ count, matching, figures }: Outcome): [string, string][] {
  const lines: [string, string][] = [["patients", String(count)]];
  if (matching !== undefined) {
    lines.push(["matching", withError(matching)]);
    if (matching.value < matching.minimum) {
      lines.push(["no figure", `fewer than ${matching.minimum} match, of whom the study promised to say nothing`]);
    }
  }
  return [...lines, ...figures.map((figure): [string, string] => [figure.name, withError(figure)])];
}
