/**
 * What n relayers on one database cost and reach, from what each part of the work costs. A request takes every part once, whoever does it; each
 * relayer costs something by being there. Of the rates that the parts allow, the lowest is reached.
 */

/** The parts that relayers share out, of requests from chain B to chain A. */
export const PARTS = ["read.31337", "read.31338", "deliver-request", "re-encrypt", "deliver-response"] as const;
export type Part = (typeof PARTS)[number];

/** One relayer in one run. */
export interface Observed {
  readonly requests: number;
  readonly seconds: number;
  readonly parts: ReadonlySet<Part>;
  /** Processor seconds. */
  readonly processor: number;
}

export interface Costs {
  /** Processor ms of a request, by part. */
  readonly parts: Readonly<Record<Part, number>>;
  /** Processor ms of a relayer in a second, whatever it has. */
  readonly presence: number;
}

const ROUNDS = 20_000;

/** The costs, none below zero, that come nearest to what was observed, each observation by the share by which it is missed. */
export function fitCosts(observed: readonly Observed[]): Costs {
  const rows = observed.map(({ requests, seconds, parts, processor }) => {
    const row = [...PARTS.map((part) => (parts.has(part) ? requests : 0)), seconds];
    const measured = processor * 1_000;
    return row.map((value) => value / measured);
  });
  const costs = Array<number>(PARTS.length + 1).fill(0);
  // Coordinate descent: each cost in turn is set to what is best while the others stay.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at] of costs.entries()) {
      let [above, below] = [0, 0];
      for (const row of rows) {
        const others = row.reduce((sum, value, index) => sum + (index === at ? 0 : value * (costs[index] ?? 0)), 0);
        above += (row[at] ?? 0) * (1 - others);
        below += (row[at] ?? 0) ** 2;
      }
      costs[at] = below === 0 ? 0 : Math.max(0, above / below);
    }
  }
  const parts = Object.fromEntries(PARTS.map((part, at) => [part, costs[at] ?? 0])) as Record<Part, number>; // all of them
  return { parts, presence: costs[PARTS.length] ?? 0 };
}

/** What of a run is no relayer's. */
export interface Rest {
  /** Processor ms of a request: the database server's; that of chains, IPFS and owners. */
  readonly database: number;
  readonly surroundings: number;
  /** The share of the processors that a run keeps busy. */
  readonly busy: number;
  readonly processors: number;
}

export interface Prediction {
  /** Processor ms of a request, of everything together. */
  readonly processor: number;
  readonly perSecond: number;
}

/** What n relayers cost and reach on the processors of one machine, with the chains and the database beside them. */
export function onOneMachine(relayers: number, { parts, presence }: Costs, rest: Rest): Prediction {
  const work = PARTS.reduce((sum, part) => sum + parts[part], 0) + rest.database + rest.surroundings;
  // What being there costs of a second, the work does not have.
  const left = rest.processors * rest.busy * 1_000 - relayers * presence;
  const perSecond = Math.max(0, left) / work;
  return { processor: (rest.processors * rest.busy * 1_000) / perSecond, perSecond };
}

/** What else bounds the rate, requests/s, however many relayers there are. */
export type Bounds = Readonly<Record<string, number>>;

export interface Reached {
  readonly relayers: number;
  readonly perSecond: number;
  /** What holds it. */
  readonly by: string;
}

/** What n relayers reach with a processor each: the parts are shared out by their cost, the dearest first, as evenly as they can be. */
export function apart(relayers: number, { parts, presence }: Costs, bounds: Bounds): Reached {
  const loads = Array.from({ length: relayers }, () => ({ cost: 0, names: [] as Part[] }));
  for (const part of [...PARTS].sort((one, other) => parts[other] - parts[one])) {
    const least = loads.reduce((best, load) => (load.cost < best.cost ? load : best));
    least.cost += parts[part];
    least.names.push(part);
  }
  const busiest = loads.reduce((most, load) => (load.cost > most.cost ? load : most));
  const ofRelayer = (1_000 - presence) / busiest.cost;
  const all = Object.entries({ ...bounds, [`a relayer with ${busiest.names.join(", ")}`]: ofRelayer });
  const [by, perSecond] = all.reduce((lowest, each) => (each[1] < lowest[1] ? each : lowest));
  return { relayers, perSecond, by };
}
