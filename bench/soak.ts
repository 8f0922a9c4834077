/** One relayer under a steady load for long: does its memory stay where it is? */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startRelayerChild } from "../chaos/relayer-child.ts";
import { follow } from "./e2e/follow.ts";
import { prepareLoad } from "./e2e/load.ts";
import { growth, sampleAt, type Usage, usageOf } from "./e2e/process-usage.ts";
import type { Report, RunOptions } from "./report.ts";
import { parseSoakOptions } from "./soak-options.ts";

const SAMPLE_MS = 1_000;
/** After the last request is filed, the others must be answered within so long. */
const REST_MS = 120_000;

/**
 * Files requests one by one at a steady rate, has them carried, approved and answered, and samples the relayer's resident memory.
 *
 * @throws CONFIG_INVALID when an option is out of range
 */
export async function benchSoak({ given = {} }: RunOptions): Promise<Report> {
  const { minutes, rate } = parseSoakOptions(given);
  const directory = await mkdtemp(join(tmpdir(), "medexchain-soak-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const load = stack.use(await prepareLoad({ requests: 0, relayers: 1, directory }));
  const [keys] = load.relayers;
  if (keys === undefined) throw new RangeError("one relayer was asked for");
  const config = {
    chains: [load.cast.chainA, load.cast.chainB].map(({ deployment }) => ({
      deployment: { ...deployment, chainId: String(deployment.chainId) },
    })),
    ipfs: { url: load.ipfsUrl },
    database: { directory: join(directory, "database") },
    workers: 1,
  };
  const relayer = stack.use(await startRelayerChild({ directory, name: "relayer", config, secrets: keys.secrets }));
  const following = follow(load);
  stack.defer(() => following.stop());

  const samples: Usage[] = [];
  const sampling = setInterval(async () => {
    const usage = relayer.pid === undefined ? undefined : await usageOf(relayer.pid);
    if (usage) samples.push(usage);
  }, SAMPLE_MS);
  stack.defer(() => clearInterval(sampling));

  const started = Date.now();
  const count = Math.ceil(minutes * 60 * rate);
  const filing = async (): Promise<void> => {
    for (let filed = 0; filed < count; filed += 1) {
      await sleep(Math.max(0, started + (filed / rate) * 1_000 - Date.now()));
      await load.file(1);
    }
  };
  await Promise.race([filing(), following.failed]);
  const end = Date.now();
  while (following.answered() < count && Date.now() < end + REST_MS) await sleep(SAMPLE_MS);
  if (relayer.counts.crashes > 0) throw new Error(`the relayer ended by itself: see ${relayer.logFile}`);
  if (following.answered() < count) throw new Error(`${following.answered()} of ${count} requests were answered`);
  const during = samples.filter(({ at }) => at >= started && at <= end);
  return reportOf({ minutes, rate, count, seconds: (end - started) / 1_000, samples: during });
}

interface Soaked {
  readonly minutes: number;
  readonly rate: number;
  readonly count: number;
  readonly seconds: number;
  readonly samples: readonly Usage[];
}

/** Memory at each tenth of the time in which requests were filed. */
export function reportOf({ minutes, rate, count, seconds, samples }: Soaked): Report {
  const [first, last] = [samples[0]?.at ?? Number.NaN, samples.at(-1)?.at ?? Number.NaN];
  const rows = Array.from({ length: 10 }, (_, index) => {
    const share = (index + 1) / 10;
    const at = sampleAt(samples, first + (last - first) * share);
    return [`${index + 1}/10`, Math.round(((last - first) * share) / 1_000), at?.memory ?? Number.NaN];
  });
  const ratio = growth(samples);
  return {
    title: `one relayer, ${rate} requests/s for ${minutes} minutes`,
    measurements: [],
    ratios: {},
    tables: [{ title: "resident memory of the relayer", columns: ["of the time", "seconds", "MiB"], rows }],
    notes: [
      `${count} requests filed in ${seconds.toFixed(0)} s, ${(count / seconds).toFixed(2)} a second, and all answered`,
      `memory in the last third over the middle third: ${ratio.toFixed(3)} (1 is flat; the first third warms up)`,
    ],
  };
}
