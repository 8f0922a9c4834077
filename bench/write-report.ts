import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatMarkdown } from "./format-markdown.ts";
import { drawPlot } from "./plot.ts";
import { environment, type Report } from "./report.ts";

const HOW_TO_READ =
  "Absolute times are this machine's, and vary with what else it does. What is compared was run in turn in one process, one call of " +
  "each a round; medians are given, with the middle half of all rounds, and the median processor time of the calling thread. Where the " +
  "machine is busy with other work (its load is below), wall times are long and uneven: ratios are of processor time unless they say otherwise. " +
  "Figures marked *quoted* are a paper's; all others " +
  "were measured in this run.";

/**
 * The sections of a report that was written before, for one that is run alone to be put among them; none when there is no report.
 *
 * @throws when it is of another machine or of other versions: figures of both do not belong in one report
 */
export function readReport(folder: string): Record<string, Report> {
  const file = join(folder, "report.json");
  if (!existsSync(file)) return {};
  // Written by writeReport; a file that is something else fails below.
  const stored = JSON.parse(readFileSync(file, "utf8")) as {
    environment: Record<string, string>;
    sections: Record<string, Report>;
  };
  const { date: _, load: __, ...machine } = environment();
  for (const [name, value] of Object.entries(machine)) {
    if (stored.environment[name] !== value) {
      throw new Error(
        `the report in ${folder} has another ${name} (${stored.environment[name]}); run all sections, without a name`,
      );
    }
  }
  return stored.sections;
}

/**
 * Writes `report.md`, `report.json` and a plot for each of the sections' plots into a folder.
 *
 * @param reports by section, in the order in which they appear
 */
export async function writeReport(folder: string, reports: Readonly<Record<string, Report>>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const machine = environment();
  const markdown = [
    "# Benchmarks",
    HOW_TO_READ,
    Object.entries(machine)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join("\n"),
    ...Object.entries(reports).map(([name, report]) => formatMarkdown(name, report)),
  ].join("\n\n");
  writeFileSync(join(folder, "report.md"), `${markdown}\n`);
  writeFileSync(
    join(folder, "report.json"),
    `${JSON.stringify({ environment: machine, sections: reports }, null, 1)}\n`,
  );
  for (const plot of Object.values(reports).flatMap(({ plots = [] }) => plots)) {
    writeFileSync(join(folder, `${plot.file}.svg`), `${await drawPlot(plot)}\n`);
  }
}
