import type { Command } from "commander";

/** What is wrong with a command line that begins with `medex`: a command or an option that is not there. */
export function faultOf(program: Command, line: string): string | undefined {
  const [, ...words] =
    line
      .replaceAll(/"[^"]*"/g, "quoted")
      .split(/ #| \| | > /)[0]
      ?.split(/\s+/) ?? [];
  const options = new Set(program.options.map(({ long }) => long));
  let command = program;
  for (const word of words) {
    if (word.startsWith("--")) {
      if (word !== "--help" && !options.has(word)) return `${line}: there is no option ${word}`;
      continue;
    }
    if (command.commands.length === 0) continue;
    const names = word.replace(/[,;.]$/, "").split("|");
    const children = names.map((name) =>
      command.commands.find((child) => [child.name(), ...child.aliases()].includes(name)),
    );
    if (children.includes(undefined)) return `${line}: there is no command ${word}`;
    command = children[0] ?? command;
    for (const child of children) for (const { long } of child?.options ?? []) options.add(long);
  }
  return undefined;
}
