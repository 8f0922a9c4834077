/** `npm run gas`: measures the contract calls and compares them with the table that is kept; `-- --update` writes it anew. */
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { CALLS, type GasTable, measureGas } from "./measure-gas.ts";
import { renderTable, unexplained } from "./render-table.ts";
import { TOLERANCE } from "./targets.ts";

const KEPT = new URL("gas-table.json", import.meta.url);
const PAGE = new URL("../../docs/gas.md", import.meta.url);
const row = z.strictObject({ first: z.int(), repeated: z.int(), batched: z.int().optional() });
const tableSchema = z.record(z.enum(CALLS), row);

function differences(kept: GasTable, measured: GasTable): string[] {
  return CALLS.flatMap((call) =>
    (["first", "repeated", "batched"] as const).flatMap((column) => {
      const [before, now] = [kept[call][column] ?? 0, measured[call][column] ?? 0];
      if (Math.abs(now - before) <= before * TOLERANCE) return [];
      return [`${call}, ${column}: ${now}, kept as ${before}`];
    }),
  );
}

async function check(measured: GasTable): Promise<string[]> {
  const kept = tableSchema.parse(JSON.parse(await readFile(KEPT, "utf8")));
  const stale =
    (await readFile(PAGE, "utf8")) === renderTable(kept) ? [] : ["docs/gas.md is not the table that is kept"];
  return [...differences(kept, measured), ...unexplained(measured), ...stale];
}

const measured = await measureGas();
process.stdout.write(`${renderTable(measured)}\n`);
if (process.argv.includes("--update")) {
  await writeFile(KEPT, `${JSON.stringify(measured, null, 2)}\n`);
  await writeFile(PAGE, renderTable(measured));
}
const complaints = await check(measured);
for (const complaint of complaints) process.stderr.write(`gas: ${complaint}\n`);
if (complaints.length > 0) process.stderr.write("gas: if this is meant, run npm run gas -- --update\n");
process.exit(complaints.length > 0 ? 1 : 0); // the simulated chains would keep the process alive
