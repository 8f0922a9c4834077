/** `npm run gas`: measures the contract calls and compares them with the table that is kept; `-- --update` writes it anew. */
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type AggregateRow, measureAggregates } from "./measure-aggregates.ts";
import { CALLS, type GasTable, measureGas } from "./measure-gas.ts";
import { measureProven, PROVEN_RATIO, type ProvenRow } from "./measure-proven.ts";
import { measureStudies, type StudyRow } from "./measure-studies.ts";
import { renderTable, unexplained } from "./render-table.ts";
import { TOLERANCE } from "./targets.ts";

const KEPT = new URL("gas-table.json", import.meta.url);
const KEPT_AGGREGATES = new URL("gas-aggregates.json", import.meta.url);
const KEPT_PROVEN = new URL("gas-proven.json", import.meta.url);
const KEPT_STUDIES = new URL("gas-studies.json", import.meta.url);
const PAGE = new URL("../../docs/gas.md", import.meta.url);
const row = z.strictObject({ first: z.int(), repeated: z.int(), batched: z.int().optional() });
const tableSchema = z.record(z.enum(CALLS), row);
const aggregatesSchema = z.array(z.strictObject({ signers: z.int(), singly: z.int(), aggregate: z.int() }));
const way = z.strictObject({ attested: z.int(), proven: z.int() });
const provenSchema = z.array(z.strictObject({ messages: z.int(), request: way, response: way }));

const studiesSchema = z.array(z.strictObject({ call: z.string(), gas: z.int() }));

/** How long a proof is depends on where drawn addresses come to lie in the trie of accounts. */
const TOLERANCE_OF_PROOFS = 0.15;

const differs = (before: number, now: number, tolerance = TOLERANCE): boolean =>
  Math.abs(now - before) > before * tolerance;

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

function differentStudies(kept: readonly StudyRow[], measured: readonly StudyRow[]): string[] {
  return measured.flatMap(({ call, gas }) => {
    const before = kept.find((row) => row.call === call)?.gas ?? 0;
    return differs(before, gas) ? [`${call} of a study: ${gas}, kept as ${before}`] : [];
  });
}

const WAYS = ["request", "response"] as const;

function differentProven(kept: readonly ProvenRow[], measured: readonly ProvenRow[]): string[] {
  return measured.flatMap((row, number) =>
    WAYS.flatMap((what) =>
      (["attested", "proven"] as const).flatMap((how) => {
        const before = kept[number]?.[what][how] ?? 0;
        const now = row[what][how];
        const tolerance = how === "proven" ? TOLERANCE_OF_PROOFS : TOLERANCE;
        return differs(before, now, tolerance) ? [`${row.messages} of ${what}, ${how}: ${now}, kept as ${before}`] : [];
      }),
    ),
  );
}

/** What is held against the goal: the most messages under a header. */
function tooDear(measured: readonly ProvenRow[]): string[] {
  const row = measured.at(-1);
  return WAYS.flatMap((what) => {
    const { attested, proven } = row?.[what] ?? { attested: 0, proven: 1 };
    return proven <= PROVEN_RATIO * attested ? [] : [`${what}: ${proven} proven is over ${PROVEN_RATIO} × ${attested}`];
  });
}

async function check(
  measured: GasTable,
  aggregates: readonly AggregateRow[],
  proven: readonly ProvenRow[],
  studies: readonly StudyRow[],
): Promise<string[]> {
  const kept = tableSchema.parse(JSON.parse(await readFile(KEPT, "utf8")));
  const keptAggregates = aggregatesSchema.parse(JSON.parse(await readFile(KEPT_AGGREGATES, "utf8")));
  const keptProven = provenSchema.parse(JSON.parse(await readFile(KEPT_PROVEN, "utf8")));
  const keptStudies = studiesSchema.parse(JSON.parse(await readFile(KEPT_STUDIES, "utf8")));
  const page = await readFile(PAGE, "utf8");
  const stale =
    page === renderTable(kept, keptAggregates, keptProven, keptStudies)
      ? []
      : ["docs/gas.md is not the table that is kept"];
  const different = [...differences(kept, measured), ...differentAggregates(keptAggregates, aggregates)];
  const ofProven = [...differentProven(keptProven, proven), ...tooDear(proven)];
  return [...different, ...ofProven, ...differentStudies(keptStudies, studies), ...unexplained(measured), ...stale];
}

const measured = await measureGas();
const aggregates = await measureAggregates();
const proven = await measureProven();
const studies = await measureStudies();
process.stdout.write(`${renderTable(measured, aggregates, proven, studies)}\n`);
if (process.argv.includes("--update")) {
  await writeFile(KEPT, `${JSON.stringify(measured, null, 2)}\n`);
  await writeFile(KEPT_AGGREGATES, `${JSON.stringify(aggregates, null, 2)}\n`);
  await writeFile(KEPT_PROVEN, `${JSON.stringify(proven, null, 2)}\n`);
  await writeFile(KEPT_STUDIES, `${JSON.stringify(studies, null, 2)}\n`);
  await writeFile(PAGE, renderTable(measured, aggregates, proven, studies));
}
const complaints = await check(measured, aggregates, proven, studies);
for (const complaint of complaints) process.stderr.write(`gas: ${complaint}\n`);
if (complaints.length > 0) process.stderr.write("gas: if this is meant, run npm run gas -- --update\n");
process.exit(complaints.length > 0 ? 1 : 0); // the simulated chains would keep the process alive
