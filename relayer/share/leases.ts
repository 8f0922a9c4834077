/** The leases of one relayer: taken, prolonged, given up, and lost, by rounds that every relayer makes for itself. */
import { type Loop, startLoop } from "../concurrency/loop.ts";
import type { Database } from "../database/database.ts";
import {
  askForLease,
  countRelayers,
  type Lease,
  type LeaseHolder,
  type LeaseRow,
  readLeases,
  releaseLeases,
  renewLeases,
  seizeLease,
  takeLeases,
} from "../database/leases.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { LEFT_MS, type SeenLease, shareOut } from "./share-out.ts";

/** How long a lease lasts that is not prolonged: so long nobody does what a dead relayer's lease is for. */
const TTL_MS = 8_000;
const ROUND_MS = 1_000;
/** A relayer believes its lease to have ended so much before the database does. */
const MARGIN_MS = 1_000;
/** For how long others may take what a relayer gave up because it fails at it here. */
const LEFT_ALONE_MS = 30_000;

/** That a relayer may do alone what a lease is for. `lease` is undefined where no other process uses the database. */
export interface Right {
  readonly lease: Lease | undefined;
}

export interface Leases {
  /** Undefined while another may do what the lease is for. */
  held(name: string): Right | undefined;
  /** Leaves a lease to others for a while, as its work fails here and might not there. */
  leave(name: string): void;
  /** Takes a lease from its holder, who does not get on with the work. */
  seize(name: string): Promise<void>;
}

export interface LeasesOptions {
  readonly database: Database;
  readonly holder: LeaseHolder;
  /** All that this relayer can do. */
  readonly names: readonly string[];
  readonly observe: Observer;
  /** False while what is done cannot be written down. */
  takesWork(): boolean;
  /** Told after each round what is held; called again with the same where that failed. */
  changed(held: ReadonlySet<string>): Promise<void>;
}

/** Of the one process that uses a database: it holds everything. */
export const undivided = (): Leases => ({
  held: () => ({ lease: undefined }),
  leave: () => undefined,
  seize: async () => undefined,
});

interface Own {
  readonly lease: Lease;
  /** By `performance.now()`. */
  readonly until: number;
}

/** Takes part in sharing out the work until it is stopped, which leaves everything to the others at once. */
export function startLeases(options: LeasesOptions): Leases & Loop {
  const { database, holder, names, observe, takesWork } = options;
  const { run } = holder;
  const own = new Map<string, Own>();
  const left = new Map<string, number>();
  let relayers = 1;
  let rows: ReadonlyMap<string, LeaseRow> = new Map();

  const drop = (name: string): void => {
    if (own.delete(name)) observe({ type: "lease", lease: name, held: false });
  };
  const keep = (lease: Lease, since: number): void => {
    left.delete(lease.name);
    if (!own.has(lease.name)) observe({ type: "lease", lease: lease.name, held: true });
    own.set(lease.name, { lease, until: since + TTL_MS - MARGIN_MS });
  };
  /** Whoever has taken it gets on better with it, for now. */
  const lose = (name: string): void => {
    left.set(name, performance.now() + LEFT_ALONE_MS);
    drop(name);
  };
  const isLeft = (name: string): boolean => (left.get(name) ?? Number.NEGATIVE_INFINITY) > performance.now();
  const isOwn = ({ until }: Own): boolean => performance.now() < until;

  const round = async (): Promise<void> => {
    const since = performance.now();
    const renewed = await renewLeases(database, run, [...own.keys()], TTL_MS);
    const kept = new Set(renewed.map(({ name }) => name));
    for (const name of [...own.keys()]) if (!kept.has(name)) lose(name);
    for (const lease of renewed) if (!isLeft(lease.name)) keep(lease, since);

    rows = new Map((await readLeases(database)).map((row) => [row.name, row]));
    const seen = names.map((name) => seenOf(name, rows.get(name)));
    // What nobody else takes either is as well done here.
    const leases = seen.filter(({ name, freeMs }) => !isLeft(name) || freeMs >= LEFT_MS);
    relayers = await countRelayers(database, holder);
    const { take, release, ask } = shareOut({ run, relayers, leases }, atRandom);
    for (const name of release) drop(name);
    await releaseLeases(database, run, release);
    const before = performance.now();
    for (const lease of await takeLeases(database, holder, take, TTL_MS)) keep(lease, before);
    for (const name of ask) await askForLease(database, { name, token: rows.get(name)?.token ?? 0 });
  };

  const tell = (): Promise<void> =>
    options.changed(new Set([...own].flatMap(([name, held]) => (isOwn(held) ? [name] : []))));
  const loop = startLoop(
    async () => {
      try {
        if (takesWork()) await round();
      } finally {
        for (const [name, held] of [...own]) if (!isOwn(held)) drop(name);
        await tell();
      }
      return false;
    },
    ROUND_MS,
    (error) => {
      const { code, message } = failureOf(error);
      observe({ type: "failed", where: "leases", code, message });
    },
  );

  return {
    held: (name) => {
      const held = own.get(name);
      return held && isOwn(held) ? { lease: held.lease } : undefined;
    },
    leave: (name) => {
      if (relayers < 2 || !own.has(name)) return;
      lose(name);
      // What cannot be told to the database now ends there by itself.
      void releaseLeases(database, run, [name]).catch(() => undefined);
    },
    seize: async (name) => {
      const row = rows.get(name);
      if (!row?.alive || row.run === run || own.has(name) || !takesWork()) return;
      const since = performance.now();
      const lease = await seizeLease(database, holder, row, TTL_MS);
      if (lease) keep(lease, since);
    },
    stop: async () => {
      await loop.stop();
      const all = [...own.keys()];
      for (const name of all) drop(name);
      await releaseLeases(database, run, all).catch(() => undefined); // they end by themselves
    },
  };
}

function seenOf(name: string, row: LeaseRow | undefined): SeenLease {
  const isFree = !row?.alive;
  const holder = isFree ? undefined : row.run;
  return { name, holder, freeMs: row && isFree ? row.freeMs : 0, asked: row?.asked ?? false };
}

function atRandom<T>(of: readonly T[]): T | undefined {
  return of[Math.floor(Math.random() * of.length)];
}
