/**
 * Writes the API reference of every published package into `docs/api`, from the doc comments, and fails on a link that leads nowhere.
 * A program and not a configuration alone, since the entries are those of the packages' exports maps.
 */
import { join } from "node:path";
import { Application, TSConfigReader, TypeDocReader } from "typedoc";
import { publishedPackages, ROOT } from "../workspaces.ts";

const entryPoints = publishedPackages().flatMap(({ folder, manifest }) =>
  Object.values(manifest.exports).flatMap((target) => {
    const source = typeof target === "string" ? undefined : target["@medexchain/source"];
    return source === undefined ? [] : [join(ROOT, folder, source)];
  }),
);
const options = { options: join(import.meta.dirname, "typedoc.json"), entryPoints };
const app = await Application.bootstrapWithPlugins(options, [new TypeDocReader(), new TSConfigReader()]);
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (app.logger.hasErrors() || app.logger.validationWarningCount > 0) process.exit(1);
await app.generateOutputs(project);
