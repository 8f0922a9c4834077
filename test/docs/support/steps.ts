import type { Section } from "./markdown.ts";

/** A block of commands of a guide that is run. */
export interface Step {
  /** Whose terminal: each person has one, which remembers its variables. */
  readonly person: string;
  readonly script: string;
  /** The exit code; undefined where the last command stays. */
  readonly exit: number | undefined;
  /** Lines that must be printed, in this order; `…` stands for anything. */
  readonly output: readonly string[];
  readonly line: number;
}

/** The steps of a section: blocks marked ```` ```sh run as=PERSON [fails=CODE] [stays] ````, each with the `output` block after it. */
export function stepsOf({ blocks }: Section): Step[] {
  return blocks.flatMap(({ info, text, line }, index) => {
    const [language, run, ...marks] = info.split(" ");
    if (language !== "sh" || run !== "run") return [];
    const options = new Map(
      marks.map((mark) => {
        const [name = "", value = ""] = mark.split("=", 2);
        return [name, value];
      }),
    );
    const person = options.get("as");
    if (!person) throw new Error(`line ${line}: say in whose terminal it is run, as=…`);
    for (const name of options.keys()) {
      if (!["as", "fails", "stays"].includes(name)) throw new Error(`line ${line}: there is no mark ${name}`);
    }
    const next = blocks[index + 1];
    const output = next?.info === "output" ? next.text.split("\n") : [];
    const exit = options.has("stays") ? undefined : Number(options.get("fails") ?? 0);
    return [{ person, script: text, exit, output, line }];
  });
}

/** The first stated line that was not printed after those before it; undefined when all were. Blanks count as one. */
export function missingLine(stated: readonly string[], printed: string): string | undefined {
  const lines = printed.split("\n").map((line) => line.replaceAll(/\s+/g, " ").trim());
  let from = 0;
  for (const line of stated) {
    const parts = line.replaceAll(/\s+/g, " ").trim().split("…");
    const pattern = new RegExp(`^${parts.map((part) => RegExp.escape(part)).join(".*")}$`);
    const at = lines.findIndex((candidate, index) => index >= from && pattern.test(candidate));
    if (at < 0) return line;
    from = at + 1;
  }
  return undefined;
}
