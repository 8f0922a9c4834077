import { formatCell } from "./format-cell.ts";
import type { Environment, Measured, Table } from "./report.ts";

/** The machines, with versions, that sections were measured on, each once, as a section of its own. */
export function formatMachines(sections: readonly Measured[]): string {
  const machines = new Map(sections.map(({ environment }) => [machineOf(environment), environment]));
  const blocks = [...machines.values()].map(({ date: _, load: __, ...machine }) =>
    Object.entries(machine)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join("\n"),
  );
  return ["## Machines", ...blocks.flatMap((block) => [block, "---"]).slice(0, -1)].join("\n\n");
}

const machineOf = ({ date: _, load: __, ...machine }: Environment): string => JSON.stringify(machine);

/** One section as Markdown, its plots as links to files beside it. */
export function formatMarkdown(name: string, { environment, report }: Measured): string {
  const { measurements, ratios, watched = {}, sizes = {}, tables = [], plots = [], notes = [] } = report;
  const { date, cpu, curve, load } = environment;
  const blocks = [
    `## ${report.title}`,
    `\`npm run bench -- ${name}\`, ${date}, ${cpu}, curve by ${curve}, load before it ${load}`,
  ];
  blocks.push(...tables.map((table) => formatTable(table)));
  blocks.push(...plots.map((plot) => `![${plot.title}](${plot.file}.svg)`));
  if (Object.keys(sizes).length > 0) {
    blocks.push(formatTable({ title: "Sizes", columns: ["", "bytes"], rows: Object.entries(sizes) }));
  }
  for (const [title, some] of Object.entries({ Ratios: ratios, "Ratios that are watched": watched })) {
    const rows = Object.entries(some).map(([each, ratio]) => [each, `${ratio.toFixed(2)}×`]);
    if (rows.length > 0) blocks.push(formatTable({ title, columns: ["", "ratio"], rows }));
  }
  if (measurements.length > 0) {
    const rows = measurements.map((each) => [
      each.name,
      each.median,
      `${formatCell(each.lowerQuartile)} – ${formatCell(each.upperQuartile)}`,
      each.cpu ?? Number.NaN,
      each.rounds,
    ]);
    const columns = ["", "median, ms", "middle half, ms", "processor, ms", "rounds"];
    blocks.push(folded("All times", formatTable({ title: "", columns, rows })));
  }
  blocks.push(...notes.map((note) => `- ${note}`));
  return blocks.join("\n\n");
}

/** A table in Markdown, under its title in bold. */
export function formatTable({ title, columns, rows, note }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const table = [
    line(columns),
    line(columns.map((_, column) => (column === 0 ? ":--" : "--:"))),
    ...rows.map((row) => line(row.map((cell) => formatCell(cell)))),
  ].join("\n");
  return [...(title === "" ? [] : [`**${title}**`]), table, ...(note === undefined ? [] : [`*${note}*`])].join("\n\n");
}

function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}
