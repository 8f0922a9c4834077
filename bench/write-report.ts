import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatMachines, formatMarkdown } from "./format-markdown.ts";
import { drawPlot } from "./plot.ts";
import type { Measured } from "./report.ts";

const HOW_TO_READ =
  "Absolute times are those of the machine that a section names (all of them are under [Machines](#machines)), and vary with what else it " +
  "does. What is compared was run in turn in one process, one call of " +
  "each a round; medians are given, with the middle half of all rounds, and the median processor time of the calling thread. Where the " +
  "machine was busy with other work (its load when the section began stands beside it), wall times are long and uneven: ratios are of " +
  "processor time unless they say otherwise. Figures marked *quoted* are a paper's; all others " +
  "were measured in one run of their section. Compare figures within a section, not between machines.";

/** The sections of a report that was written before, for those that are run alone to be put among them; none when there is no report. */
export function readReport(folder: string): Record<string, Measured> {
  const file = join(folder, "report.json");
  if (!existsSync(file)) return {};
  // Written by writeReport.
  return (JSON.parse(readFileSync(file, "utf8")) as { sections: Record<string, Measured> }).sections;
}

/**
 * Writes `report.md`, `report.json` and a plot for each of the sections' plots into a folder.
 *
 * @param sections by name, in the order in which they appear
 */
export async function writeReport(folder: string, sections: Readonly<Record<string, Measured>>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const markdown = [
    "# Benchmarks",
    HOW_TO_READ,
    formatMachines(Object.values(sections)),
    ...Object.entries(sections).map(([name, measured]) => formatMarkdown(name, measured)),
  ].join("\n\n");
  writeFileSync(join(folder, "report.md"), `${markdown}\n`);
  writeFileSync(join(folder, "report.json"), `${JSON.stringify({ sections }, null, 1)}\n`);
  for (const plot of Object.values(sections).flatMap(({ report: { plots = [] } }) => plots)) {
    writeFileSync(join(folder, `${plot.file}.svg`), `${await drawPlot(plot)}\n`);
  }
}
