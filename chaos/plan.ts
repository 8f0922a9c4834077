/** Everything that a run does to the system: see `drawPlan`. */
/**
 * What an owner does with a request. `late`: approves one that may expire first. `poison`: authorises with a key that opens to nothing.
 * `hostile`: one side of it wants to harm the relayers, see `HOSTILITIES`.
 */
export const INTENTS = ["approve", "deny", "ignore", "late", "poison", "hostile"] as const;
export type Intent = (typeof INTENTS)[number];

/**
 * What members of the network do to stop the others. A patient publishes a capsule, or a doctor's hospital keys, that cannot be read:
 * `hollow`, with blocks missing below the first; `bomb`, a few blocks that claim to be many megabytes; `garbage`, well-formed and
 * meaningless. Such a patient gives the same as sealed keys.
 */
export const HOSTILITIES = [
  "hollow-capsule",
  "bomb-capsule",
  "garbage-capsule",
  "hollow-keys",
  "bomb-keys",
  "garbage-keys",
] as const;
export type Hostility = (typeof HOSTILITIES)[number];

/** Where a relayer meets the world: two nodes of each chain, IPFS, the database. The Tangle is met by owners and doctors. */
export const EDGES = ["chainA", "chainA-second", "chainB", "chainB-second", "ipfs", "tangle", "database"] as const;
export type Edge = (typeof EDGES)[number];

/**
 * What happens to a call at an edge. `error`: an error is answered. `lose`: the call never arrives. `lose-answer`: it is done, the
 * answer is lost. `hang`: silence, then the connection breaks. `slow`: done at once, answered late. `late`: done late. `twice`: done
 * twice. `behind`: a node that is some blocks behind answers. `fewer-logs`: a node withholds logs. `node-error`: a node has an error of
 * its own (-32603, or -32000 "header not found"). `stale`: a node's state is some blocks old. `wrong-bytes`: other bytes than were asked
 * for. `trickle`: an answer that comes a byte at a time, and never ends. A database knows `lose` (its connections break) and `hang` only.
 */
export const FAULTS = [
  "error",
  "lose",
  "lose-answer",
  "hang",
  "slow",
  "late",
  "twice",
  "behind",
  "fewer-logs",
  "node-error",
  "stale",
  "wrong-bytes",
  "trickle",
] as const;
export type Fault = (typeof FAULTS)[number];

const CHAIN_FAULTS = FAULTS.filter((fault) => fault !== "wrong-bytes" && fault !== "trickle");

/** What can go wrong at each edge. */
export const FAULTS_AT: Record<Edge, readonly Fault[]> = {
  chainA: CHAIN_FAULTS,
  "chainA-second": CHAIN_FAULTS,
  chainB: CHAIN_FAULTS,
  "chainB-second": CHAIN_FAULTS,
  ipfs: ["error", "lose", "lose-answer", "hang", "slow", "late", "twice", "wrong-bytes", "trickle"],
  tangle: ["error", "lose", "lose-answer", "hang", "slow", "twice"],
  database: ["lose", "hang"],
};

/** For a while, a share of the calls at an edge of one relayer go wrong; all of them is an outage. Times from the start, in ms. */
export interface FaultWindow {
  readonly edge: Edge;
  /** Which relayer; at the Tangle, which has none, 0. */
  readonly relayer: number;
  readonly fault: Fault;
  readonly from: number;
  readonly to: number;
  readonly share: number;
  /** How long to hang or delay, ms; how many blocks to be behind. */
  readonly amount: number;
}

/**
 * SIGKILL: at a time, or as the next transaction goes out after it. `before-send`, `after-send`: before or after the node has it.
 * `in-pool`: after, and it stays in the node's pool, in no block, until the next run sends something, or for a while.
 */
export const KILL_MOMENTS = ["at-once", "before-send", "after-send", "in-pool"] as const;

export interface Kill {
  readonly relayer: number;
  readonly at: number;
  readonly moment: (typeof KILL_MOMENTS)[number];
  /** Until the process is started again, ms. */
  readonly down: number;
}

/**
 * What relayers that share a database have of it: reading a chain, the jobs of a kind and chain, what is looked for once for all, one job. See
 * `relayer/share/names.ts`.
 */
export const LEASES = ["read", "lane", "upkeep", "job"] as const;

/** SIGKILL to whichever relayer then holds a lease of a kind. */
export interface HolderKill {
  readonly lease: (typeof LEASES)[number];
  readonly at: number;
  /** Until the process is started again, ms. */
  readonly down: number;
}

/** The last `depth` blocks are replaced; a share of the relayers' transactions in them is forgotten, the rest is mined again. */
export interface Reorganisation {
  readonly chain: "chainA" | "chainB";
  readonly at: number;
  readonly depth: number;
  readonly forgotten: number;
}

/** A chain's clock jumps forward. */
export interface ClockJump {
  readonly chain: "chainA" | "chainB";
  readonly at: number;
  readonly seconds: number;
}

/** A chain makes no blocks for a while: what is sent meanwhile waits in the node's pool. */
export interface Stall {
  readonly chain: "chainA" | "chainB";
  readonly at: number;
  /** ms. */
  readonly length: number;
}

/** The database server dies (SIGKILL) and is started again, or takes no writes for a while, as with a full disk. */
export interface DatabaseOutage {
  readonly kind: "crash" | "read-only";
  readonly at: number;
  /** ms. */
  readonly down: number;
}

/**
 * The database server dies (SIGKILL) while the relayers start, and is started again. `connecting`: as the first has connected, and brings the schema
 * up to date. `listening`: as the first has opened the database, and none has said that it relays.
 */
export interface StartOutage {
  readonly when: "connecting" | "listening";
  /** ms. */
  readonly down: number;
}

/** One request of the load. */
export interface PlannedRequest {
  readonly doctor: number;
  readonly record: number;
  readonly intent: Intent;
  /** When it is filed, ms. */
  readonly at: number;
  /** Only with the intent `hostile`: then it is not of the numbered doctors, patients and records. */
  readonly hostility?: Hostility;
}

export interface PlannedRecord {
  readonly patient: number;
  readonly maxAccessCount: number;
}

export interface FaultPlan {
  readonly seed: number;
  /** Faults end then, ms; the load is filed in the first half. */
  readonly duration: number;
  readonly relayers: number;
  /** How many of them re-encrypt and attest. */
  readonly threshold: number;
  /** Each relayer has a database of its own, and the others as peers; an embedded one is never shared. */
  readonly separate: boolean;
  /** The relayer, if any, that signs that its partials are out, and publishes none. As many others as must re-encrypt. */
  readonly withholds: number | undefined;
  /** How many nodes of each chain a relayer knows. */
  readonly nodes: 1 | 2;
  readonly blockInterval: number;
  /** How deep each chain may still be replaced; owners wait for as many blocks, and so do relayers that are not hasty. */
  readonly confirmations: { readonly chainA: number; readonly chainB: number };
  /**
   * The relayers take the requester's chain for final at once, though it is not: what they read and did in replaced blocks they must
   * roll back. On the owner's chain that would be a fault of their own, as decisions there carry their block's time.
   */
  readonly hasty: boolean;
  /** Chains that make a block only when there is something to put into it. */
  readonly idle: readonly ("chainA" | "chainB")[];
  /** How many grants the owner's hospital allows to one requester. */
  readonly hospitalLimit: number;
  readonly patients: number;
  readonly doctors: number;
  readonly records: readonly PlannedRecord[];
  readonly requests: readonly PlannedRequest[];
  readonly windows: readonly FaultWindow[];
  readonly kills: readonly Kill[];
  /** Only where relayers share a database. */
  readonly holderKills: readonly HolderKill[];
  readonly reorganisations: readonly Reorganisation[];
  readonly clockJumps: readonly ClockJump[];
  readonly stalls: readonly Stall[];
  /** One after the other, before all else. */
  readonly startOutages: readonly StartOutage[];
  readonly databaseOutages: readonly DatabaseOutage[];
}

/** Seconds until a request is dead: within reach of the clock jumps for what may expire, far off for what must not. */
export const lifetimeOf = (intent: Intent): number => (intent === "approve" || intent === "deny" ? 86_400 : 900);
