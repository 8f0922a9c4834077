/** What a shell is told of files and vaults: the rest of its completion is read off the commands. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import tab from "@bomb.sh/tab/commander";
import type { Command, Option } from "commander";
import { defaultHome } from "./environment.ts";

/** Names of arguments, and placeholders of options, that are paths. */
const PATHS = new Set(["file", "folder", "path", "invite"]);
/** Names that are offered at most. */
const MOST = 500;

type Offer = (value: string, description: string) => void;

/** Adds `completion <shell>`, which prints a shell's script, and, hidden, `complete`, which that script calls. */
export function addCompletion(program: Command): void {
  const root = tab(program, { completionCommandName: "completion" });
  for (const [path, completed] of [["", root] as const, ...root.commands]) {
    const command = path
      .split(" ")
      .reduce<Command | undefined>((of, name) => of?.commands.find((child) => child.name() === name), program);
    for (const [name, argument] of completed.arguments) if (PATHS.has(name)) argument.handler = offerPaths;
    for (const option of command?.options ?? []) {
      const known = completed.options.get(option.name());
      const offer = offerOf(option);
      if (known !== undefined && offer !== undefined) known.handler = offer;
    }
    // Every command takes the program's own, too.
    for (const option of program.options) {
      const offer = offerOf(option) ?? (option.required ? () => undefined : undefined);
      if (offer === undefined) completed.option(option.name(), option.description);
      else completed.option(option.name(), option.description, offer);
    }
  }
}

/** What is offered for an option's value, by its placeholder. */
function offerOf({ flags }: Option): typeof offerPaths | undefined {
  const [, placeholder = ""] = /[<[]([a-z]+)/.exec(flags) ?? [];
  if (PATHS.has(placeholder)) return offerPaths;
  return placeholder === "vault" ? offerVaults : undefined;
}

/** What begins as the word that is being typed. */
function offerPaths(offer: Offer): void {
  const folder = /^.*\//.exec(process.argv.at(-1) ?? "")?.[0] ?? "";
  try {
    const entries = readdirSync(folder === "" ? "." : folder, { withFileTypes: true });
    for (const entry of entries.slice(0, MOST)) offer(`${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`, "");
  } catch {
    // No such folder: nothing to offer.
  }
}

function offerVaults(offer: Offer): void {
  try {
    for (const file of readdirSync(join(defaultHome(), "vaults")).slice(0, MOST)) {
      if (file.endsWith(".vault.json")) offer(file.slice(0, -".vault.json".length), "");
    }
  } catch {
    // No vaults yet.
  }
}
