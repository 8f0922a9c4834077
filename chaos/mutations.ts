import type { Edit } from "./edit.ts";

/**
 * Relayers, and an audit, that are broken on purpose, to see that a run or a test finds what is wrong with them.
 */
export interface Mutation {
  readonly name: string;
  /** What is wrong with such a relayer. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /**
   * What is known to find it: the run of a seed, and a test file, for machines on which that run does not come to it; undefined where
   * nothing should.
   */
  readonly foundBy: { readonly seed?: number; readonly test?: string } | undefined;
}

/** Reconciliation mends what most other faults break: they are looked for without it. */
const WITHOUT_RECONCILIATION: Edit = {
  file: "relayer/watch/reconcile.ts",
  from: "  for (const [chainId, here] of context.chains) {",
  to: "  for (const [chainId, here] of [...context.chains].slice(0, 0)) {",
};

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "no-reconciliation",
    what: "never looks at the chains' state for open requests: events alone must do, and nothing is to be found",
    edits: [WITHOUT_RECONCILIATION],
    foundBy: undefined,
  },
  {
    name: "cursor-first",
    what: "moves its cursor before it has read and stored the events",
    edits: [
      WITHOUT_RECONCILIATION,
      {
        file: "relayer/watch/watch-range.ts",
        from: "  const { events, next } = await readPaced(context, cursor, from, end);\n",
        to: `  const sequences = { requests: Number(await sequenceAt(chain, "requests", to)), grants: Number(await sequenceAt(chain, "grants", to)) };
  await database.transaction((tx) => moveCursor(tx, chainId, cursor, { block: to, hash: end.hash, ...sequences }, config.rollbackBlocks));
  const { events, next } = await readPaced(context, cursor, from, end);
`,
      },
      {
        file: "relayer/watch/watch-range.ts",
        from: "    if (!(await moveCursor(tx, chainId, cursor, next, config.rollbackBlocks))) return false;\n",
        to: "",
      },
    ],
    foundBy: { seed: 3, test: "test/relayer/watcher.test.ts" },
  },
  {
    name: "believes-logs",
    what: "does not compare the events that a node sends with what the contract has counted",
    edits: [
      WITHOUT_RECONCILIATION,
      {
        file: "relayer/watch/watch-range.ts",
        from: "    checkGapFree(name, cursor?.[outbox] ?? 0, next[outbox], sequences);\n",
        to: "    void [name, sequences];\n",
      },
    ],
    foundBy: { seed: 9, test: "test/relayer/watcher.test.ts" },
  },
  {
    name: "forgets-what-it-sent",
    what: "does not look in its database for transactions that an earlier run sent: after a crash it signs the step anew",
    edits: [
      {
        file: "relayer/submit/submitter.ts",
        from: "    for (const row of rows) {\n",
        to: "    for (const row of rows.slice(0, 0)) {\n",
      },
    ],
    // A run must be killed with a step's transaction in the pool, and come to the step again before it is mined.
    foundBy: { test: "test/relayer/submitter.test.ts" },
  },
  {
    name: "answers-twice",
    what: "carries each response a second time",
    edits: [
      {
        file: "relayer/handle/deliver-response.ts",
        from: "  const outcome = await submitter.submit({\n",
        to: `  const data = () => abi.encodeFunctionData("deliverResponse", [job.chainId, response, attestations]);
  const again = { requestId, action: "deliverResponse", to: chain.deployment.requests, data };
  const outcome = await submitter.submit({
`,
      },
      {
        file: "relayer/handle/deliver-response.ts",
        from: "  });\n  return finish(outcome);\n",
        to: `  });
  const batch = batchOf("again", "deliverResponses", { response, attestations }, (items) =>
    abi.encodeFunctionData("deliverResponses", [job.chainId, items]),
  );
  const twin = { response, attestations };
  const isSent = async () => false;
  const pair = [0, 1].map(() => submitter.submit({ ...again, batch: { ...batch, item: twin }, isDone: isSent }));
  await Promise.allSettled(pair);
  return finish(outcome);
`,
      },
    ],
    foundBy: { seed: 1 },
  },
  {
    name: "sends-once",
    what: "does not send a transaction again that a reorganisation made the node forget",
    edits: [
      {
        file: "relayer/submit/follow.ts",
        from: "    flight.refusal = await broadcast(chain, liveVersion(flight));\n  }\n",
        to: "    void chain;\n  }\n",
      },
    ],
    foundBy: { seed: 8, test: "test/relayer/submitter.test.ts" },
  },
  {
    name: "gives-up",
    what: "takes a job whose attempt failed for done",
    edits: [
      WITHOUT_RECONCILIATION,
      {
        file: "relayer/queue/attempt.ts",
        from: "    await store({ key, failure, ...verdict });\n",
        to: '    await store({ key, failure, ...verdict, state: "done" });\n',
      },
    ],
    foundBy: { seed: 4, test: "test/relayer/second-opinion.test.ts" },
  },
  {
    name: "no-sweep",
    what: "does not end requests that have expired",
    edits: [
      {
        file: "relayer/watch/sweep.ts",
        from: "  for (const [chainId, { chain }] of context.chains) {\n",
        to: "  for (const [chainId, { chain }] of [...context.chains].slice(0, 0)) {\n",
      },
    ],
    foundBy: { seed: 1, test: "test/relayer/relayer.test.ts" },
  },
  {
    name: "turned-away-is-final",
    what: "takes an overloaded node's refusal to answer for final",
    edits: [
      {
        file: "relayer/queue/verdict.ts",
        from: '  if (isPoison(error)) return { state: "parked", parkedBy: "poison" };\n',
        to: '  if (isPoison(error) || isTurnedAway((error as Error).cause)) return { state: "parked", parkedBy: "poison" };\n',
      },
      {
        file: "relayer/queue/verdict.ts",
        from: 'import { ContractRefusal } from "@medexchain/chain";\n',
        to: 'import { ContractRefusal, isTurnedAway } from "@medexchain/chain";\n',
      },
    ],
    // A run's load has to be under way in the seconds in which a node turns calls away: on a slow machine it is not.
    foundBy: { test: "test/relayer/passing-faults.test.ts" },
  },
  {
    name: "late-by-a-second",
    what: "re-encrypts in the very second in which a request expires",
    edits: [
      {
        file: "relayer/handle/re-encrypt.ts",
        from: "(await chainTime(chain, maxAgeMs)) >= expiry;\n",
        to: "(await chainTime(chain, maxAgeMs)) > expiry;\n",
      },
    ],
    // No run stops a chain's clock in that second.
    foundBy: { test: "test/relayer/expiry-second.test.ts" },
  },
  {
    name: "audit-forgets-hospital-limit",
    what: "audits without the limit of the owner's hospital",
    edits: [
      {
        file: "audit/verify/ledger.ts",
        from: "  const within = [before[0] < limits[0], before[1] < limits[1]] as const;\n",
        to: "  const within = [true, before[1] < limits[1]] as const;\n",
      },
    ],
    foundBy: { seed: 10 },
  },
];
