#!/usr/bin/env node
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { defaultHome } from "./environment.ts";
import { tolerateBrokenPipes } from "./output/broken-pipe.ts";
import { reportError } from "./output/report-error.ts";
import { createProgram, wantsJson } from "./program.ts";

// Halves the time to start. In a folder of the person's own: from a shared one, others' code would run.
if (existsSync(defaultHome())) enableCompileCache(join(defaultHome(), "cache"));

tolerateBrokenPipes();
const program = createProgram();
// What nobody handles would be printed whole. A command that serves has a handler of its own, which closes in order.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") === 1) process.exit(reportError(error, wantsJson(program)));
});
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, wantsJson(program));
}
