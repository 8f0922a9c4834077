/** MedExChain's Fig. 6: each stage for 10 to 50 users, and for 1,000, with one worker thread and with two. */
import { deepStrictEqual } from "node:assert/strict";
import { Piscina } from "piscina";
import { initMclCurve } from "./mcl-curve.ts";
import type { Point, Report, RunOptions } from "./report.ts";
import { makeHospitals, newUser, USER_STAGES, type UserStage, type UserState } from "./users/stages.ts";
import type { UserAnswer, UserTask } from "./users/worker.ts";

const WORKERS = [1, 2] as const;
type Workers = (typeof WORKERS)[number];

/** Users that a thread takes at a time. */
const SHARE = 5;

const NOTES = [
  "Each user is an owner with one record and another person who asks for it, new at every stage: nothing is kept of them. The firewalls' steps " +
    "are in Enc, KeyGen and ReKeyGen. What each decrypts at the end is compared with what was encrypted. One pass for each number of users, " +
    "one worker and two in turn.",
  "Wall: from the first task to the last answer. Processor: what the threads took together, per user. Two workers that share nothing would " +
    "have the same processor time per user and half the wall time. The control, arithmetic without memory, shows what of that the machine " +
    "gives while it is busy with other work: a stage whose speed-up is the control's is limited by the machine.",
];

interface Pass {
  readonly users: number;
  readonly workers: Workers;
  /** Milliseconds for all users. */
  readonly wall: Readonly<Record<UserStage, number>>;
  /** Milliseconds per user. */
  readonly cpu: Readonly<Record<UserStage, number>>;
}

/** Benchmarks many users. */
export async function benchUsers({ quick }: RunOptions): Promise<Report> {
  await initMclCurve();
  const counts = quick ? [10, 20] : [10, 20, 30, 40, 50, 1000];
  const passes: Pass[] = [];
  const pools = { 1: startPool(1), 2: startPool(2) };
  try {
    for (const workers of WORKERS) await runPass(pools[workers], workers, 10); // warms the threads up
    for (const users of counts) {
      for (const workers of WORKERS) passes.push(await runPass(pools[workers], workers, users));
    }
  } finally {
    await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
  }
  const largest = Math.max(...counts);
  const passOf = (users: number, workers: Workers): Pass => {
    const found = passes.find((pass) => pass.users === users && pass.workers === workers);
    if (found === undefined) throw new Error(`there is no pass of ${users} users with ${workers} workers`);
    return found;
  };
  const speedUp = (stage: UserStage): number => passOf(largest, 1).wall[stage] / passOf(largest, 2).wall[stage];
  const sameWork = (stage: UserStage): number => passOf(largest, 1).cpu[stage] / passOf(largest, 2).cpu[stage];
  return {
    title: "MedExChain Fig. 6: many users",
    measurements: [],
    ratios: Object.fromEntries(USER_STAGES.map((stage) => [`${stage}: two workers over one, wall`, speedUp(stage)])),
    watched: Object.fromEntries(
      USER_STAGES.map((stage) => [`${stage}: processor time per user, one worker over two`, sameWork(stage)]),
    ),
    tables: [
      {
        title: "Wall time for all users, ms",
        columns: ["users", "workers", ...USER_STAGES],
        rows: passes.map(({ users, workers, wall }) => [users, workers, ...USER_STAGES.map((stage) => wall[stage])]),
      },
      {
        title: "Processor time per user, ms",
        columns: ["users", "workers", ...USER_STAGES],
        rows: passes.map(({ users, workers, cpu }) => [users, workers, ...USER_STAGES.map((stage) => cpu[stage])]),
      },
    ],
    plots: WORKERS.map((workers) => ({
      file: `fig-6-users-${workers}`,
      title: `Fig. 6: time by number of users, ${workers === 1 ? "one worker" : "two workers"}`,
      kind: "line",
      x: "users",
      y: "ms",
      log: ["x", "y"],
      points: pointsOf(passes.filter((pass) => pass.workers === workers)),
    })),
    notes: NOTES,
  };
}

function pointsOf(passes: readonly Pass[]): Point[] {
  return passes.flatMap(({ users, wall }) =>
    USER_STAGES.filter((stage) => stage !== "control").map((stage) => ({ series: stage, x: users, y: wall[stage] })),
  );
}

type Pool = Piscina<UserTask, UserAnswer>;

function startPool(threads: Workers): Pool {
  return new Piscina({
    filename: new URL("./users/worker.ts", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
}

async function runPass(pool: Pool, workers: Workers, count: number): Promise<Pass> {
  const hospitals = makeHospitals();
  let users = Array.from({ length: count }, () => newUser());
  const wall: Partial<Record<UserStage, number>> = {};
  const cpu: Partial<Record<UserStage, number>> = {};
  for (const stage of USER_STAGES) {
    const shares = Array.from({ length: Math.ceil(count / SHARE) }, (_, i) => users.slice(SHARE * i, SHARE * (i + 1)));
    const started = performance.now();
    const answers = await Promise.all(shares.map((share) => pool.run({ stage, hospitals, users: share })));
    wall[stage] = performance.now() - started;
    cpu[stage] = answers.reduce((sum, answer) => sum + answer.cpu, 0) / count;
    users = answers.flatMap((answer): UserState[] => answer.users);
  }
  for (const { m, opened } of users) deepStrictEqual(opened, m);
  return { users: count, workers, wall: complete(wall), cpu: complete(cpu) };
}

function complete(times: Partial<Record<UserStage, number>>): Record<UserStage, number> {
  const entries = USER_STAGES.map((stage) => [stage, times[stage] ?? Number.NaN]);
  return Object.fromEntries(entries) as Record<UserStage, number>; // made of every stage
}
