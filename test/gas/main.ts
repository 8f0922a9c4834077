/** `npm run gas`: measures the contract calls and compares them with the table that is kept; `-- --update` writes it anew. */
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type AggregateRow, measureAggregates } from "./measure-aggregates.ts";
import { CALLS, type GasTable, measureGas } from "./measure-gas.ts";
import { renderTable, unexplained } from "./render-table.ts";
import { TOLERANCE } from "./targets.ts";

const KEPT = new URL("gas-table.json", import.meta.url);
const KEPT_AGGREGATES = new URL("gas-aggregates.json", import.meta.url);
const PAGE = new URL("../../docs/gas.md", import.meta.url);
const row = z.strictObject({ first: z.int(), repeated: z.int(), batched: z.int().optional() });
const tableSchema = z.record(z.enum(CALLS), row);
const aggregatesSchema = z.array(z.strictObject({ signers: z.int(), singly: z.int(), aggregate: z.int() }));

const differs = (before: number, now: number): boolean => Math.abs(now - before) > before * TOLERANCE;

function differences(kept: GasTable, measured: GasTable): string[] {
  return CALLS.flatMap((call) =>
    (["first", "repeated", "batched"] as const).flatMap((column) => {
      const [before, now] = [kept[call][column] ?? 0, measured[call][column] ?? 0];
      if (!differs(before, now)) return [];
      return [`${call}, ${column}: ${now}, kept as ${before}`];
    }),
  );
}

function differentAggregates(kept: readonly AggregateRow[], measured: readonly AggregateRow[]): string[] {
  return measured.flatMap(({ signers, ...now }, number) =>
    (["singly", "aggregate"] as const).flatMap((column) => {
      const before = kept[number]?.signers === signers ? kept[number][column] : 0;
      if (!differs(before, now[column])) return [];
      return [`attested by ${signers}, ${column}: ${now[column]}, kept as ${before}`];
    }),
  );
}

async function check(measured: GasTable, aggregates: readonly AggregateRow[]): Promise<string[]> {
  const kept = tableSchema.parse(JSON.parse(await readFile(KEPT, "utf8")));
  const keptAggregates = aggregatesSchema.parse(JSON.parse(await readFile(KEPT_AGGREGATES, "utf8")));
  const page = await readFile(PAGE, "utf8");
  const stale = page === renderTable(kept, keptAggregates) ? [] : ["docs/gas.md is not the table that is kept"];
  const different = [...differences(kept, measured), ...differentAggregates(keptAggregates, aggregates)];
  return [...different, ...unexplained(measured), ...stale];
}

const measured = await measureGas();
const aggregates = await measureAggregates();
process.stdout.write(`${renderTable(measured, aggregates)}\n`);
if (process.argv.includes("--update")) {
  await writeFile(KEPT, `${JSON.stringify(measured, null, 2)}\n`);
  await writeFile(KEPT_AGGREGATES, `${JSON.stringify(aggregates, null, 2)}\n`);
  await writeFile(PAGE, renderTable(measured, aggregates));
}
const complaints = await check(measured, aggregates);
for (const complaint of complaints) process.stderr.write(`gas: ${complaint}\n`);
if (complaints.length > 0) process.stderr.write("gas: if this is meant, run npm run gas -- --update\n");
process.exit(complaints.length > 0 ? 1 : 0); // the simulated chains would keep the process alive
