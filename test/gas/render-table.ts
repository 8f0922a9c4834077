import { BATCH_SIZE, CALLS, type GasTable } from "./measure-gas.ts";
import { BATCH_SHARE, TARGETS, TOLERANCE } from "./targets.ts";

const gas = (value: number): string => value.toLocaleString("en-US");
const isOver = (call: (typeof CALLS)[number], table: GasTable) => ({
  single: table[call].repeated > TARGETS[call].gas,
  batched: (table[call].batched ?? 0) > table[call].repeated * BATCH_SHARE,
});

/** The gas table as the page that the repository keeps. */
export function renderTable(table: GasTable): string {
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
