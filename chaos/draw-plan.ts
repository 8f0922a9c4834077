/** Draws everything that a run does to the system from one seed. */
import {
  type ClockJump,
  type DatabaseOutage,
  EDGES,
  type Edge,
  FAULTS_AT,
  type FaultPlan,
  type FaultWindow,
  HOSTILITIES,
  type HolderKill,
  type Intent,
  KILL_MOMENTS,
  type Kill,
  LEASES,
  type PlannedRequest,
  type Reorganisation,
  type Stall,
  type StartOutage,
} from "./plan.ts";
import { type Random, randomFrom } from "./random.ts";

export interface PlanOptions {
  readonly seed: number;
  readonly requests: number;
  /** Drawn unless given. */
  readonly relayers?: number;
  /** One database for all relayers; drawn unless given. */
  readonly shared?: boolean;
  /** Whether the relayers' database is a server, with connections that can break. */
  readonly databaseServer: boolean;
  /** Whether that server is the run's own, to be killed. */
  readonly ownDatabaseServer?: boolean;
}

/** A jump of either clock stays below this in all, so that what expires does so by the plan: see `lifetimeOf`. */
const MOST_JUMPED_SECONDS = 1_500;
const NO_LIMIT = 1_000_000;
/** The owner's chain believes a requester's clock that is up to 300 s ahead. */
const MOST_SKEW_SECONDS = 240;

/** Draws a plan. The same options give the same plan. */
export function drawPlan({
  seed,
  requests,
  relayers,
  shared,
  databaseServer,
  ownDatabaseServer = false,
}: PlanOptions): FaultPlan {
  const random = randomFrom(`medexchain/chaos/${seed}`);
  const relayerCount = relayers ?? random.fork("relayers").integer(1, 3);
  const duration = 20_000 + requests * 250;
  const depths = random.fork("confirmations");
  const confirmations = { chainA: depths.integer(0, 3), chainB: depths.integer(0, 3) };
  const drawn = drawGroup(random.fork("threshold"), relayerCount, databaseServer);
  const group = { ...drawn, ...(shared && { separate: false }) };
  const nodes = random.fork("nodes").chance(0.5) ? 1 : 2;
  const edges = EDGES.filter((edge) => {
    if (edge === "database") return databaseServer;
    return !edge.endsWith("-second") || nodes === 2;
  });
  return {
    seed,
    duration,
    relayers: relayerCount,
    ...group,
    nodes,
    blockInterval: random.fork("blocks").integer(100, 300),
    confirmations,
    hasty: confirmations.chainB > 0 && random.fork("haste").chance(0.4),
    ...drawLoad(random.fork("load"), requests, duration),
    ...drawCircumstances(random.fork("circumstances"), confirmations),
    windows: [
      ...drawWindows(random.fork("windows"), edges, relayerCount, duration),
      ...drawOutages(random.fork("outages"), relayerCount, duration),
    ].sort((one, other) => one.from - other.from),
    kills: drawKills(random.fork("kills"), relayerCount, duration),
    holderKills: relayerCount > 1 && !group.separate ? drawHolderKills(random.fork("leases"), duration) : [],
    reorganisations: drawReorganisations(random.fork("reorganisations"), confirmations, duration),
    clockJumps: drawClockJumps(random.fork("clocks"), duration),
    stalls: drawStalls(random.fork("stalls"), duration),
    startOutages: ownDatabaseServer ? drawStartOutages(random.fork("start")) : [],
    databaseOutages: ownDatabaseServer ? drawDatabaseOutages(random.fork("database"), duration) : [],
  };
}

function drawLoad(random: Random, count: number, duration: number) {
  const patients = Math.min(4, Math.max(1, Math.ceil(count / 10)));
  const doctors = Math.min(6, Math.max(2, Math.ceil(count / 10)));
  // One record in three lets each doctor in once or twice only, so that Algorithm 1 has to refuse.
  const records = Array.from({ length: patients * 3 }, (_, index) => ({
    patient: index % patients,
    maxAccessCount: index % 3 === 0 ? random.integer(1, 2) : 1_000,
  }));
  const shares: readonly Intent[] = [
    ...Array<Intent>(14).fill("approve"),
    ...Array<Intent>(2).fill("deny"),
    ...Array<Intent>(2).fill("ignore"),
    "late",
    "poison",
  ];
  const requests = Array.from(
    { length: count },
    (): PlannedRequest => ({
      doctor: random.integer(0, doctors - 1),
      record: random.integer(0, records.length - 1),
      intent: random.pick(shares),
      at: random.integer(0, Math.floor(duration / 2)),
    }),
  );
  // Hostile members come on top, early, so that whoever they hold up is noticed.
  const hostile = Array.from({ length: Math.ceil(count / 8) }, (): PlannedRequest => {
    const hostility = random.pick(HOSTILITIES);
    return { doctor: -1, record: -1, intent: "hostile", at: random.integer(0, Math.floor(duration / 3)), hostility };
  });
  return { patients, doctors, records, requests: [...requests, ...hostile].sort((one, other) => one.at - other.at) };
}

function drawCircumstances(random: Random, confirmations: FaultPlan["confirmations"]) {
  const hospitalLimit = random.chance(0.3) ? random.integer(3, 6) : NO_LIMIT;
  // Where later blocks are waited for, a chain that makes none is one on which nothing is ever final.
  const idle = (["chainA", "chainB"] as const).filter((chain) => confirmations[chain] === 0 && random.chance(0.5));
  return { hospitalLimit, idle };
}

/** A service that is gone for a quarter of the run. */
/** How many of the relayers re-encrypt, how they find each other, and whether one of them lies. */
function drawGroup(
  random: Random,
  relayers: number,
  databaseServer: boolean,
): Pick<FaultPlan, "threshold" | "separate" | "withholds"> {
  const threshold = random.integer(1, relayers);
  const separate = random.chance(0.5) || !databaseServer;
  const liar = random.integer(0, relayers - 1);
  const lies = random.chance(0.5);
  // With a threshold of one, what a liar alone grants nobody can open.
  return { threshold, separate, withholds: lies && threshold > 1 && threshold < relayers ? liar : undefined };
}

function drawOutages(random: Random, relayers: number, duration: number): FaultWindow[] {
  const windows: FaultWindow[] = [];
  for (let relayer = 0; relayer < relayers; relayer += 1) {
    if (!random.chance(0.5)) continue;
    const edge = random.pick(["ipfs", "chainA", "chainB"] as const);
    const from = random.integer(2_000, Math.floor(duration / 2));
    windows.push({ edge, relayer, fault: "lose", from, to: from + Math.floor(duration / 4), share: 1, amount: 0 });
  }
  return windows;
}

function drawWindows(random: Random, edges: readonly Edge[], relayers: number, duration: number): FaultWindow[] {
  const windows: FaultWindow[] = [];
  for (const edge of edges) {
    for (let relayer = 0; relayer < (edge === "tangle" ? 1 : relayers); relayer += 1) {
      for (let from = random.integer(0, 5_000); from < duration; ) {
        const fault = random.pick(FAULTS_AT[edge]);
        const outage = random.chance(0.2);
        const length = outage ? random.integer(500, 4_000) : random.integer(1_000, 10_000);
        const to = Math.min(duration, from + length);
        const inBlocks = fault === "behind" || fault === "stale";
        const amount = inBlocks ? random.integer(1, 5) : random.integer(50, 3_000);
        const drawn = random.integer(5, 60) / 100;
        // A node that is behind or withholds logs does so all the time; of most calls it makes no difference.
        const share = outage || fault === "behind" || fault === "fewer-logs" ? 1 : drawn;
        windows.push({ edge, relayer, fault, from, to, share, amount });
        from = to + random.integer(0, 6_000);
      }
    }
  }
  return windows.sort((one, other) => one.from - other.from);
}

function drawKills(random: Random, relayers: number, duration: number): Kill[] {
  const kills: Kill[] = [];
  for (let relayer = 0; relayer < relayers; relayer += 1) {
    for (let at = random.integer(1_500, 9_000); at < duration; at += random.integer(4_000, 15_000)) {
      const moment = random.pick(KILL_MOMENTS);
      kills.push({ relayer, at, moment, down: random.integer(0, 3_000) });
    }
  }
  return kills.sort((one, other) => one.at - other.at);
}

/** Each kind once at least, in an order of its own. Some are down for longer than a lease lasts. */
function drawHolderKills(random: Random, duration: number): HolderKill[] {
  const first = random.integer(0, LEASES.length - 1);
  const kills: HolderKill[] = [];
  const step = Math.floor(duration / (LEASES.length + 1));
  for (let index = 0; index < LEASES.length; index += 1) {
    const lease = LEASES[(first + index) % LEASES.length];
    if (lease === undefined) throw new RangeError("a remainder is an index");
    kills.push({
      lease,
      at: random.integer(index * step + 1_000, (index + 1) * step),
      down: random.integer(0, 12_000),
    });
  }
  return kills;
}

function drawReorganisations(
  random: Random,
  confirmations: FaultPlan["confirmations"],
  duration: number,
): Reorganisation[] {
  const reorganisations: Reorganisation[] = [];
  for (const chain of ["chainA", "chainB"] as const) {
    if (confirmations[chain] === 0) continue; // such a chain is final at once
    for (let at = random.integer(1_000, 6_000); at < duration; at += random.integer(3_000, 12_000)) {
      const forgotten = random.chance(0.3) ? 0 : random.integer(50, 100) / 100;
      reorganisations.push({ chain, at, depth: random.integer(1, confirmations[chain]), forgotten });
    }
  }
  return reorganisations.sort((one, other) => one.at - other.at);
}

/** Both clocks move by the same, one some time after the other. */
function drawClockJumps(random: Random, duration: number): ClockJump[] {
  const jumps: ClockJump[] = [];
  let left = MOST_JUMPED_SECONDS;
  let at = random.integer(3_000, 10_000);
  while (left > 0) {
    const seconds = Math.min(left, random.integer(30, MOST_SKEW_SECONDS));
    const later = at + random.integer(500, 8_000);
    if (later >= duration) break;
    left -= seconds;
    const ahead = random.chance(0.5) ? "chainA" : "chainB";
    jumps.push({ chain: ahead, at, seconds });
    jumps.push({ chain: ahead === "chainA" ? "chainB" : "chainA", at: later, seconds });
    at = later + random.integer(2_000, 10_000);
  }
  return jumps;
}

function drawStalls(random: Random, duration: number): Stall[] {
  const stalls: Stall[] = [];
  for (const chain of ["chainA", "chainB"] as const) {
    for (let at = random.integer(2_000, 8_000); at < duration; ) {
      const length = random.integer(1_000, 7_000);
      stalls.push({ chain, at, length });
      at += length + random.integer(3_000, 10_000);
    }
  }
  return stalls.sort((one, other) => one.at - other.at);
}

function drawStartOutages(random: Random): StartOutage[] {
  return (["connecting", "listening"] as const).map((when) => ({ when, down: random.integer(500, 5_000) }));
}

/** One after the other, each over before the next. */
function drawDatabaseOutages(random: Random, duration: number): DatabaseOutage[] {
  const outages: DatabaseOutage[] = [];
  for (let at = random.integer(3_000, 8_000); at < duration; ) {
    const down = random.integer(500, 5_000);
    outages.push({ kind: random.pick(["crash", "read-only"] as const), at, down });
    at += down + random.integer(4_000, 10_000);
  }
  return outages;
}
