import { formatCell } from "./format-cell.ts";
import type { Report, Table } from "./report.ts";

/** A report as text for a person at a terminal. */
export function formatText({
  title,
  measurements,
  ratios,
  watched = {},
  sizes = {},
  tables = [],
  notes = [],
}: Report): string {
  const blocks = [title, ...tables.map((table) => formatTable(table))];
  if (measurements.length > 0) {
    const rows = measurements.map(({ name, median, lowerQuartile, upperQuartile, cpu, rounds }) => [
      name,
      ...[median, lowerQuartile, upperQuartile, cpu ?? Number.NaN].map((value) => value.toFixed(3)),
      rounds,
    ]);
    blocks.push(
      formatTable({
        title: "times, ms",
        columns: ["", "median", "quarter", "three quarters", "processor", "rounds"],
        rows,
      }),
    );
  }
  if (Object.keys(sizes).length > 0) {
    blocks.push(formatTable({ title: "sizes", columns: ["", "bytes"], rows: Object.entries(sizes) }));
  }
  for (const [name, some] of Object.entries({ "ratios, this run": ratios, "ratios that are watched": watched })) {
    if (Object.keys(some).length === 0) continue;
    const rows = Object.entries(some).map(([each, ratio]) => [each, `${ratio.toFixed(2)}×`]);
    blocks.push(formatTable({ title: name, columns: ["", "ratio"], rows }));
  }
  return [...blocks, ...notes].join("\n\n");
}

function formatTable({ title, columns, rows, note }: Table): string {
  const cells = [columns, ...rows].map((row) => row.map((cell) => formatCell(cell)));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [title, ...lines, ...(note === undefined ? [] : [note])].join("\n");
}
