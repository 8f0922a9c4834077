/** Writes traces.json: of runs of the model that are drawn from seeds, the few in which the most different things follow one another. */
import { writeFile } from "node:fs/promises";
import { type Settings, simulate } from "./spin.ts";

/** Two requests under one limit, two relayers, both needed; with all faults, and without pauses and revocations so that more is granted. */
const SETTINGS: readonly Settings[] = [
  { REQUESTS: 2, PAUSES: 0, REVOKES: 0 },
  { REQUESTS: 2, REVOKES: 0 },
  { REQUESTS: 2 },
];
const SEEDS = 60;
const KEPT = 16;

const candidates = [];
for (const settings of SETTINGS) {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const events = await simulate(seed, settings);
    candidates.push({ seed, settings, events, pairs: pairsOf(events) });
  }
}
const seen = new Set<string>();
const lines: string[] = [];
while (lines.length < KEPT) {
  const news = candidates.map(({ pairs }) => [...pairs].filter((pair) => !seen.has(pair)).length);
  const best = candidates[news.indexOf(Math.max(...news))];
  if (best === undefined) throw new Error("there are no runs");
  const { seed, settings, events, pairs } = best;
  for (const pair of pairs) seen.add(pair);
  lines.push(`  ${JSON.stringify({ seed, settings, events })}`);
}
await writeFile(new URL("./traces.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);

/** What follows what on chain, of either request with what concerns both. */
function pairsOf(events: readonly string[]): Set<string> {
  const onChain = events.filter((event) => !/^(attest|crash|tick|end)/.test(event));
  const pairs = [0, 1].flatMap((request) => {
    const own = onChain.filter((event) => !event.includes(" ") || event.endsWith(` ${request}`));
    const names = own.map((event) => event.split(" ")[0] ?? "");
    return names.slice(1).map((name, index) => `${names[index]} ${name}`);
  });
  return new Set(pairs);
}
