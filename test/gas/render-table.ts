import { LEAST_AGGREGATED } from "../../relayer/handle/aggregate.ts";
import type { AggregateRow } from "./measure-aggregates.ts";
import { BATCH_SIZE, CALLS, type GasTable } from "./measure-gas.ts";
import { PROVEN_RATIO, type ProvenRow, VALIDATORS } from "./measure-proven.ts";
import type { StudyRow } from "./measure-studies.ts";
import { BATCH_SHARE, TARGETS, TOLERANCE } from "./targets.ts";

const gas = (value: number): string => value.toLocaleString("en-US");
const isOver = (call: (typeof CALLS)[number], table: GasTable) => ({
  single: table[call].repeated > TARGETS[call].gas,
  batched: (table[call].batched ?? 0) > table[call].repeated * BATCH_SHARE,
});

/** The gas table as the page that the repository keeps. */
export function renderTable(
  table: GasTable,
  aggregates: readonly AggregateRow[],
  provenRows: readonly ProvenRow[],
  studies: readonly StudyRow[],
): string {
  const rows = CALLS.map((call) => {
    const { first, repeated, batched } = table[call];
    const over = isOver(call, table);
    const single = `${gas(repeated)}${over.single ? " ¹" : ""}`;
    const saved = batched === undefined ? "" : ` (−${(100 - (100 * batched) / repeated).toFixed(0)} %)`;
    const item = batched === undefined ? "–" : `${gas(batched)}${saved}${over.batched ? " ¹" : ""}`;
    return `| \`${call}\` | ${gas(first)} | ${single} | ≤ ${gas(TARGETS[call].gas)} | ${item} |`;
  });
  const notes = CALLS.flatMap((call) => {
    const { single, batched } = TARGETS[call].held ?? {};
    const over = isOver(call, table);
    return [
      ...(over.single ? [`- ¹ \`${call}\` is held by ${single}.`] : []),
      ...(over.batched ? [`- ¹ \`${call}\` in a batch is held by ${batched}.`] : []),
    ];
  });
  const attested = aggregates.map(({ signers, singly, aggregate }) => {
    const change = (100 * aggregate) / singly - 100;
    return `| ${signers} | ${gas(singly)} | ${gas(aggregate)} (${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(0)} %) |`;
  });
  const times = ({ attested, proven }: ProvenRow["request"]) => `${gas(proven)} (${(proven / attested).toFixed(2)} ×)`;
  const proven = provenRows.map(
    ({ messages, request, response }) =>
      `| ${messages} | ${gas(request.attested)} | ${times(request)} | ${gas(response.attested)} | ${times(response)} |`,
  );
  return `# Gas

Measured on the Hardhat EVM (cancun, optimiser 200 runs, no IR pipeline) by \`npm run gas\`, which fails when a figure differs
from this page by more than ${TOLERANCE * 100} %; \`npm run gas -- --update\` writes it anew. Batches have ${BATCH_SIZE} items of one doctor.
Re-encryptions are decided by one relayer (its own call, no attestation), responses by two of three.

| call | first on its chain | repeated | target | per item in a batch |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Targets are held against *repeated*: a call whose counters exist already. The *first* call on a chain also creates them, at 17,100
each: hourly counts of hospital and member, and sequence, in \`request\`; the same counts, and the slot of request count, open count and sequence, in
\`deliverRequest\`; the ledger's head and length, and both access counts, in \`authorize\`. A doctor's first access to a record, on a chain in use, creates the two access
counts only: 34,200 more than *repeated*. Of \`authorize\`, the ledger's Merkle range takes about 9,700 on average (6,700, and 3,000 for each
peak that is carried, one on average); at each power of two of entries it creates a peak, at 17,100, and the second entry, which is
*repeated* here, is one of those. A batch's items must cost at most ${BATCH_SHARE * 100} % of *repeated*.

${notes.join("\n")}

## By how many an answer is attested

\`deliverResponse\`, *repeated*, attested by a signature of each relayer, or by one aggregate of all (BLS12-381, which a chain has from Prague
on). The set has ${Math.max(...aggregates.map(({ signers }) => signers))} relayers with keys, whose keys are read for each aggregate; with fewer, an aggregate costs about 350 less for each. From
${LEAST_AGGREGATED} signers on relayers with \`attestation: "bls"\` send aggregates. A batch's item has 600,000 gas.

| relayers | a signature of each | one aggregate |
| --- | --- | --- |
${attested.join("\n")}

## By proof

Gas a message, of so many in one batch: requests, and answers that two of three relayers attest; each over an attested lane, and over a proven one.
Proven, a message bears its share of one header of a chain with ${VALIDATORS} validators, of the proofs of all peaks of its sender's range, and its own path.
The goal is at most ${PROVEN_RATIO} × at ${provenRows.at(-1)?.messages ?? 0} under a header.

| messages | request, signed | request, proven | answer, attested | answer, proven |
| --- | --- | --- | --- | --- |
${proven.join("\n")}

## Studies

\`StudyRegistry\`, in a study of two key holders; of calls that several make, the first one's.

| call | gas |
| --- | --- |
${studies.map(({ call, gas: used }) => `| \`${call}\` | ${gas(used)} |`).join("\n")}
`;
}

/** Calls over a target with no reason written down for it. */
export function unexplained(table: GasTable): string[] {
  return CALLS.flatMap((call) => {
    const over = isOver(call, table);
    const { single, batched } = TARGETS[call].held ?? {};
    return [
      ...(over.single && !single ? [`${call}: ${table[call].repeated} is over ${TARGETS[call].gas}`] : []),
      ...(over.batched && !batched ? [`${call}: an item of a batch saves less than 30 %`] : []),
    ];
  });
}
