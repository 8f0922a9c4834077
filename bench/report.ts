import { cpus } from "node:os";
import type { Measurement } from "./measure.ts";

/** What one benchmark found. */
export interface Report {
  readonly title: string;
  readonly measurements: readonly Measurement[];
  /** Named ratios of medians from this run; above 1 means that ours is faster. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Bytes, by what was measured. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What a reader must know to read the figures. */
  readonly notes?: readonly string[];
}

/** The machine and versions that figures belong to. */
export function environment(): Record<string, string> {
  const [cpu] = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${cpus().length} × ${cpu?.model}`,
  };
}

/** A report as text for a person. */
export function formatReport({ title, measurements, ratios, sizes = {}, notes = [] }: Report): string {
  const width = Math.max(
    ...[...measurements.map(({ name }) => name), ...Object.keys(ratios), ...Object.keys(sizes)].map(
      (name) => name.length,
    ),
  );
  const ms = (value: number) => value.toFixed(3).padStart(11);
  const lines = [title, "", `${"".padEnd(width)} ${"median ms".padStart(11)} ${"quartiles".padStart(23)}   rounds`];
  for (const { name, median, lowerQuartile, upperQuartile, rounds } of measurements) {
    lines.push(
      `${name.padEnd(width)} ${ms(median)} ${ms(lowerQuartile)} ${ms(upperQuartile)} ${String(rounds).padStart(8)}`,
    );
  }
  if (Object.keys(sizes).length > 0) lines.push("", "sizes, bytes");
  for (const [name, bytes] of Object.entries(sizes)) lines.push(`${name.padEnd(width)} ${String(bytes).padStart(11)}`);
  if (Object.keys(ratios).length > 0) lines.push("", "ratios of medians, this run");
  for (const [name, ratio] of Object.entries(ratios))
    lines.push(`${name.padEnd(width)} ${ratio.toFixed(2).padStart(11)}×`);
  lines.push(...notes.map((note) => `\n${note}`));
  return lines.join("\n");
}
