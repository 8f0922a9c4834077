import { styleText } from "node:util";

/** What the demo says, as a person reads it; colour only on a terminal. */
export interface Printer {
  /** A numbered step of the story. */
  step(title: string): void;
  /** A fact: a name, and what it is. */
  fact(name: string, value: string): void;
  /** Something that went as it must. */
  pass(what: string): void;
  /** Columns; the first row is the head. */
  table(rows: readonly (readonly string[])[]): void;
}

export function createPrinter(output: NodeJS.WritableStream = process.stdout): Printer {
  let steps = 0;
  const line = (text: string) => output.write(`${text}\n`);
  const style = (format: "bold" | "dim" | "green", text: string) =>
    styleText(format, text, { stream: output, validateStream: true });
  return {
    step(title) {
      steps += 1;
      line(`\n${style("bold", `${steps}. ${title}`)}`);
    },
    fact: (name, value) => line(`   ${style("dim", name.padEnd(24))} ${value}`),
    pass: (what) => line(`   ${style("green", "✓")} ${what}`),
    table(rows) {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
      rows.forEach((row, index) => {
        const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
        line(`   ${index === 0 ? style("dim", cells.trimEnd()) : cells.trimEnd()}`);
      });
    },
  };
}

/** Milliseconds of each step, as `split 12 ms, bfv 40 ms`. */
export function formatTimings(timings: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(timings)
    .map(([step, ms]) => `${step} ${Math.round(ms ?? 0)} ms`)
    .join(", ");
}

/** Bytes with thousands apart. */
export function formatBytes(bytes: number): string {
  return `${bytes.toLocaleString("en")} bytes`;
}

/** The beginning of an id: enough to tell two apart by eye. */
export function shortId(id: string): string {
  return `${id.slice(0, 10)}…`;
}
