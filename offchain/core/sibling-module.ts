/**
 * The URL of a module that stands beside another and that a thread or a process is to run: with the same extension, since a source runs
 * beside sources (`.ts`), and what was built from it beside what was built (`.js`).
 *
 * @param from `import.meta.url` of the module that asks
 * @param name of the file beside it, without extension
 */
export function siblingModule(from: string, name: string): URL {
  return new URL(`./${name}${from.endsWith(".ts") ? ".ts" : ".js"}`, from);
}
