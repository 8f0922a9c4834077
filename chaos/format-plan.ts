import { EDGES, type FaultPlan, INTENTS } from "./plan.ts";

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const name = (relayer: number): string => `relayer ${relayer + 1}`;

/** A plan as text: what is drawn, then every fault in the order in which it comes. */
export function formatPlan(plan: FaultPlan): string {
  const intents = INTENTS.map((intent) => {
    const count = plan.requests.filter((request) => request.intent === intent).length;
    return `${intent} ${count}`;
  });
  const limited = plan.records.filter(({ maxAccessCount }) => maxAccessCount < 1_000).length;
  const lines = [
    `seed ${plan.seed}: ${plan.requests.length} requests, ${plan.relayers} relayer${plan.relayers > 1 ? "s" : ""}, faults for ${seconds(plan.duration)}`,
    `relayers       ${plan.threshold} of ${plan.relayers} re-encrypt; ${plan.relayers > 1 && plan.separate ? "a database each, as peers" : "on one database"}${plan.withholds === undefined ? "" : `; ${name(plan.withholds)} signs and publishes nothing`}`,
    `load           ${plan.doctors} doctors, ${plan.patients} patients, ${plan.records.length} records (${limited} with a low limit); ${intents.join(", ")}${plan.hospitalLimit < 1_000 ? `; the hospital allows ${plan.hospitalLimit} to each` : ""}`,
    `chains         a block each ${plan.blockInterval} ms; ${plan.nodes} node${plan.nodes > 1 ? "s" : ""} each; confirmations A ${plan.confirmations.chainA}, B ${plan.confirmations.chainB}${plan.hasty ? ", for which the relayers do not wait" : ""}${plan.idle.length > 0 ? `; no empty blocks on ${plan.idle.join(" and ")}` : ""}`,
  ];
  for (const edge of EDGES) {
    const count = plan.windows.filter((window) => window.edge === edge).length;
    if (count > 0) lines.push(`${edge.padEnd(14)} ${count} windows of faults`);
  }
  const faults = [
    ...plan.windows.map(({ edge, relayer, fault, from, to, share, amount }) => ({
      at: from,
      text: `${edge}${edge === "tangle" ? "" : ` of ${name(relayer)}`}: ${fault} ${Math.round(share * 100)}% for ${seconds(to - from)} (${amount}${fault === "behind" || fault === "stale" ? " blocks" : " ms"})`,
    })),
    ...plan.requests.flatMap(({ hostility, at }) =>
      hostility ? [{ at, text: `a hostile member: ${hostility}` }] : [],
    ),
    ...plan.kills.map(({ relayer, at, moment, down }) => ({
      at,
      text: `${name(relayer)}: SIGKILL ${moment}, back after ${seconds(down)}`,
    })),
    ...plan.holderKills.map(({ lease, at, down }) => ({
      at,
      text: `whoever holds a lease of kind ${lease}: SIGKILL, back after ${seconds(down)}`,
    })),
    ...plan.reorganisations.map(({ chain, at, depth, forgotten }) => ({
      at,
      text: `${chain}: ${depth} block${depth > 1 ? "s" : ""} replaced, ${Math.round(forgotten * 100)}% of the relayers' transactions forgotten`,
    })),
    ...plan.clockJumps.map(({ chain, at, seconds: by }) => ({ at, text: `${chain}: clock ${by} s forward` })),
    ...plan.stalls.map(({ chain, at, length }) => ({ at, text: `${chain}: no blocks for ${seconds(length)}` })),
    ...plan.startOutages.map(({ when, down }) => ({
      at: 0,
      text: `database: SIGKILL as the first relayer is ${when}, back after ${seconds(down)}`,
    })),
    ...plan.databaseOutages.map(({ kind, at, down }) => ({
      at,
      text: `database: ${kind === "crash" ? "SIGKILL, back" : "takes no writes, again"} after ${seconds(down)}`,
    })),
  ].sort((one, other) => one.at - other.at);
  lines.push(...faults.map(({ at, text }) => `${seconds(at).padStart(9)} ${text}`));
  return lines.join("\n");
}
