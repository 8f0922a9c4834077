/** Runs of a relayer's queue that die at one job, again and again, until it is parked. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Hex32, pseudonymHash } from "@medexchain/chain";
import { expect } from "chai";
import { insertJobs, jobKey, readJobs } from "../../../relayer/database/jobs.ts";
import { openDatabase } from "../../../relayer/database/open.ts";
import { testDatabase } from "./databases.ts";

const PROGRAM = fileURLToPath(new URL("crashing-queue.ts", import.meta.url));
export const job = (requestId: Hex32) => ({ kind: "re-encrypt", chainId: 7n, requestId }) as const;

interface Said {
  readonly type: string;
  readonly requestId?: string;
  readonly job?: string;
  readonly code?: string;
}

const doneIn = (said: readonly Said[]): string[] =>
  said.flatMap(({ type, requestId }) => (type === "job-done" && requestId !== undefined ? [requestId] : []));

/** Runs the queue until it dies, or `stop` says that it has come far enough. */
async function run(args: readonly string[], stop: (said: readonly Said[]) => boolean) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const said: Said[] = [];
  let stopping = false;
  const gone = once(child, "close") as Promise<[number | null, string | null]>;
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line) as Said); // what crashing-queue.ts prints
    if (!stopping && stop(said)) {
      stopping = true;
      child.kill("SIGTERM");
    }
  });
  const [code, signal] = await gone;
  return { code, signal, said };
}

/** Expects the job to be parked after three deaths, and the others to be done meanwhile. */
export async function expectParkedAfterDeaths(
  how: "throw" | "kill",
  ending: { readonly code: number | null; readonly signal: string | null },
): Promise<void> {
  await using database = await testDatabase();
  const { config } = database;
  if (!("directory" in config)) throw new TypeError("an embedded database has a directory");
  const poison = pseudonymHash("poison");
  const honest = ["a", "b", "c"].map(pseudonymHash);
  const opened = await openDatabase(config);
  await insertJobs(opened, [job(poison), ...honest.map(job)]); // the poisoned one is the oldest
  await opened.close();

  const isParked = (said: readonly Said[]) => said.some(({ type }) => type === "job-parked");
  const isOver = (said: readonly Said[]) =>
    isParked(said) && new Set([...done, ...doneIn(said)]).size === honest.length;
  const done = new Set<string>();
  let deaths = 0;
  for (;;) {
    const { code, signal, said } = await run([config.directory, how, poison], isOver);
    for (const id of doneIn(said)) done.add(id);
    if (isParked(said)) {
      expect(code).to.equal(0);
      break;
    }
    deaths += 1;
    expect({ code, signal }).to.deep.equal(ending);
    if (how === "throw") {
      expect(said.find(({ type }) => type === "crashed")).to.include({ job: jobKey(job(poison)) });
    }
    // What the first run is known to have died at does not come first again.
    if (how === "throw" && deaths >= 2) expect([...done]).to.have.members(honest);
    expect(deaths).to.be.lessThan(6);
  }
  expect(deaths).to.equal(3);
  expect([...done]).to.have.members(honest);
  const after = await openDatabase(config);
  const [parked] = await readJobs(after, [jobKey(job(poison))]);
  expect(parked).to.include({ state: "parked", parkedBy: "crash", code: "JOB_CRASHES" });
  await after.close();
}
