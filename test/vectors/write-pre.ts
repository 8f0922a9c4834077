/** Writes the PRE vectors beside this file; format them afterwards. Run it when an algorithm or a format changes on purpose, and say so. */
import { writeFile } from "node:fs/promises";
import { initCurve } from "@medexchain/pre";
import { preVectors } from "./pre-vectors.ts";

await initCurve();
for (const [name, file] of Object.entries(await preVectors())) {
  await writeFile(new URL(`./${name}.json`, import.meta.url), `${JSON.stringify(file, null, 2)}\n`);
}
