import { chainEntrySchema } from "@medexchain/config";
import { MAX_TIMER_MS, MedexError } from "@medexchain/core";
import { z } from "zod";

const milliseconds = z.number().int().positive().max(MAX_TIMER_MS);
const serviceUrl = z.url({ protocol: /^https?$/ });
const peerUrl = serviceUrl.refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), "must not carry credentials");

const submitSchema = z.strictObject({
  /** Most steps that share one transaction; 1 sends each alone. */
  batchSize: z.number().int().min(1).max(200).default(25),
  /** How long a step waits for others to share its transaction. */
  batchDelayMs: z.number().int().nonnegative().max(MAX_TIMER_MS).default(40),
  /** How long it waits while a batch of the same kind is sent and not mined yet. */
  batchFillMs: z.number().int().nonnegative().max(MAX_TIMER_MS).default(500),
  /** Most transactions of the account that wait to be mined at once. */
  maxInFlight: z.number().int().min(1).max(64).default(8),
  /** After how long a transaction that is not mined is sent again for a higher fee. */
  replaceAfterMs: milliseconds.default(30_000),
  /** Most that is ever paid, in wei per gas; no limit where it is absent. */
  maxFeePerGas: z.coerce.bigint().nonnegative().optional(),
});
export type SubmitConfig = z.infer<typeof submitSchema>;

/** One chain to watch and to send to: an entry of `medex.config.json`'s section `chains`, and how this relayer goes about it. */
export const chainConfigSchema = chainEntrySchema.extend({
  /** More nodes of the chain: asked when the deployment's `rpcUrl` fails, and when it says that the past has changed. */
  fallbackRpcUrls: z.array(serviceUrl).default([]),
  /** How long a node may take to answer before the next one is asked. */
  rpcTimeoutMs: milliseconds.default(10_000),
  pollIntervalMs: milliseconds.default(200),
  /** Most blocks that one `eth_getLogs` asks for. */
  maxBlockRange: z.number().int().positive().default(2_000),
  /** How many blocks back a reorganisation is looked for that goes deeper than `confirmations`. */
  rollbackBlocks: z.number().int().positive().default(1_000),
  /** How long the head may stand still before the relayer counts as unhealthy; absent where the chain makes no empty blocks. */
  maxHeadStillMs: milliseconds.optional(),
  /** How long a transaction is waited for before its job is put off. */
  receiptTimeoutMs: milliseconds.default(60_000),
  submit: submitSchema.prefault({}),
});
export type ChainConfig = z.infer<typeof chainConfigSchema>;

const databaseSchema = z.union([
  z.strictObject({ directory: z.string().min(1) }),
  z.strictObject({ url: z.url({ protocol: /^postgres(ql)?$/ }) }),
]);
/** Embedded PGlite in a directory of its own, or a PostgreSQL server. */
export type DatabaseConfig = z.infer<typeof databaseSchema>;

const retrySchema = z.strictObject({
  /** Seconds before the second attempt; each further wait is about twice as long, with jitter. */
  delaySeconds: z.number().int().positive().default(1),
  maxDelaySeconds: z.number().int().positive().default(60),
  /** After how long what a contract has refused is tried again, if its request is still open. */
  parkedSeconds: z.number().int().positive().default(300),
  /** So many times the process may die at one job; then the job is parked. */
  crashLimit: z.number().int().min(2).default(5),
});
export type RetryConfig = z.infer<typeof retrySchema>;

const checkpointsSchema = z.strictObject({
  /** How often a ledger is looked at. */
  intervalMs: milliseconds.default(60_000),
  /** Checkpoints are made of blocks whose number is a multiple of this, so that several relayers attest the same ones. */
  everyBlocks: z.number().int().positive().default(100),
});
export type CheckpointsConfig = z.infer<typeof checkpointsSchema>;

const healthSchema = z.strictObject({
  /** How long ago each chain's head must have been read at most. */
  maxHeadAgeMs: milliseconds.default(30_000),
  /** How long ago a range of each chain must have been stored at most, or none have been left to store. */
  maxProgressAgeMs: milliseconds.default(120_000),
  /** How old the oldest job may be that is neither done, held nor parked, nor waits for what a member has to do. */
  maxPendingAgeMs: milliseconds.default(600_000),
});
export type HealthConfig = z.infer<typeof healthSchema>;

const retentionSchema = z.strictObject({
  /** For how long what is done stays in the tables, and in the history over HTTP. */
  doneSeconds: z.number().int().positive().default(2_592_000),
  /** How often what is older is removed. */
  intervalMs: milliseconds.default(60_000),
});

const storageSchema = z.strictObject({
  /** How often it is tried whether the database takes a write. */
  intervalMs: milliseconds.default(2_000),
  /** After how long without an answer the database counts as failed. */
  timeoutMs: milliseconds.default(5_000),
  /** Room that the disk of an embedded database must have; below it, no work is taken. */
  minFreeBytes: z.number().int().nonnegative().default(67_108_864),
});
export type StorageConfig = z.infer<typeof storageSchema>;

export const relayerConfigSchema = z.strictObject({
  chains: z
    .array(chainConfigSchema)
    .min(1)
    .refine(
      (chains) => new Set(chains.map(({ deployment }) => deployment.chainId)).size === chains.length,
      "names a chain id twice",
    ),
  ipfs: z.strictObject({ url: serviceUrl, timeoutMs: milliseconds.default(30_000) }),
  database: databaseSchema,
  /** Threads that re-encrypt. */
  workers: z.number().int().min(1).max(64).default(2),
  /** Jobs of one kind that run at once. */
  concurrency: z.number().int().min(1).max(1_024).default(512),
  /** Most jobs that may be pending; from there on no more events are read until some are done. */
  maxPending: z.number().int().positive().default(20_000),
  http: z
    .strictObject({ host: z.string().min(1).default("127.0.0.1"), port: z.number().int().min(0).max(65_535) })
    .default({ host: "127.0.0.1", port: 0 }),
  retry: retrySchema.prefault({}),
  /** How often expired requests are looked for. */
  sweepIntervalMs: milliseconds.default(5_000),
  /** `bls`: this relayer takes part in aggregates, where a chain's `RelayerSet` counts them; `ecdsa`: it signs by its account alone. */
  attestation: z.enum(["ecdsa", "bls"]).default("ecdsa"),
  /** HTTP of other relayers, with databases of their own, that attest the same. */
  peers: z.array(peerUrl).max(255).default([]),
  /** How long relayers with databases of their own have for a step, each in its turn, before the next steps in. */
  turnMs: milliseconds.default(15_000),
  /** Checkpoints of each chain's ledger for the other chains. */
  checkpoints: checkpointsSchema.prefault({}),
  /** How often open requests are looked for in the chains' state, with no help from events. */
  reconcileIntervalMs: milliseconds.default(60_000),
  health: healthSchema.prefault({}),
  storage: storageSchema.prefault({}),
  retention: retentionSchema.prefault({}),
});
/** Everything but the secrets. URLs may carry credentials: print `printableConfig(config)` instead. */
export type RelayerConfig = z.infer<typeof relayerConfigSchema>;

/** What the caller reads from a file or the environment, and what is never printed. */
export interface RelayerSecrets {
  /** Private key of the relayer's account, 0x and 64 hexadecimal digits. The same account on every chain. */
  readonly accountKey: string;
  /** Seed of this relayer's own X-Wing key pair, to which firewalls seal its shares, 32 bytes. */
  readonly sealingKey: Uint8Array;
  /** Allows administration over HTTP to whoever knows it. */
  readonly adminToken?: string | undefined;
}

/**
 * Parses a relayer's configuration; absent keys take their defaults.
 *
 * @throws CONFIG_INVALID naming each wrong key, never its value
 */
export function parseRelayerConfig(input: unknown): RelayerConfig {
  const parsed = relayerConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "(top level)"}: ${message}`);
  throw new MedexError("CONFIG_INVALID", `relayer configuration: ${issues.join("; ")}`);
}

/** The configuration with every URL cut to its origin, so that credentials and keys in paths are not printed. */
export function printableConfig(config: RelayerConfig): Record<string, unknown> {
  const { chains, ipfs, database, peers, ...rest } = config;
  return {
    ...rest,
    peers: peers.map(printableUrl),
    chains: chains.map(({ deployment, ...chain }) => ({
      ...chain,
      fallbackRpcUrls: chain.fallbackRpcUrls.map(printableUrl),
      submit: { ...chain.submit, maxFeePerGas: chain.submit.maxFeePerGas?.toString() },
      deployment: { ...deployment, chainId: String(deployment.chainId), rpcUrl: printableUrl(deployment.rpcUrl) },
    })),
    ipfs: { ...ipfs, url: printableUrl(ipfs.url) },
    database: "url" in database ? { url: printableUrl(database.url) } : database,
  };
}

/** Scheme and host of a URL. */
export function printableUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
