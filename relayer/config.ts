import { z } from "zod";
import { chainEntrySchema } from "../offchain/config/index.ts";
import { MedexError } from "../offchain/errors.ts";

const milliseconds = z.number().int().positive();
const serviceUrl = z.url({ protocol: /^https?$/ });

/** One chain to watch and to send to: an entry of `medex.config.json`'s section `chains`, and how this relayer goes about it. */
export const chainConfigSchema = chainEntrySchema.extend({
  pollIntervalMs: milliseconds.default(200),
  /** Most blocks that one `eth_getLogs` asks for. */
  maxBlockRange: z.number().int().positive().default(2_000),
  /** How long a transaction is waited for before its job is put off. */
  receiptTimeoutMs: milliseconds.default(60_000),
});
export type ChainConfig = z.infer<typeof chainConfigSchema>;

const databaseSchema = z.union([
  z.strictObject({ directory: z.string().min(1) }),
  z.strictObject({ url: z.url({ protocol: /^postgres(ql)?$/ }) }),
]);
/** Embedded PGlite in a directory of its own, or a PostgreSQL server. */
export type DatabaseConfig = z.infer<typeof databaseSchema>;

const retrySchema = z.strictObject({
  /** Attempts after the first one; then the job is parked. */
  limit: z.number().int().nonnegative().default(20),
  /** Seconds before the second attempt; each further wait is about twice as long, with jitter. */
  delaySeconds: z.number().int().positive().default(1),
  maxDelaySeconds: z.number().int().positive().default(60),
});
export type RetryConfig = z.infer<typeof retrySchema>;

const healthSchema = z.strictObject({
  /** How long ago each chain's head must have been read at most. */
  maxHeadAgeMs: milliseconds.default(30_000),
  /** How old the oldest job that is neither done nor parked may be. */
  maxPendingAgeMs: milliseconds.default(600_000),
});
export type HealthConfig = z.infer<typeof healthSchema>;

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
  concurrency: z.number().int().min(1).max(64).default(4),
  http: z
    .strictObject({ host: z.string().min(1).default("127.0.0.1"), port: z.number().int().min(0).max(65_535) })
    .default({ host: "127.0.0.1", port: 0 }),
  retry: retrySchema.prefault({}),
  /** How often expired requests are looked for. */
  sweepIntervalMs: milliseconds.default(5_000),
  health: healthSchema.prefault({}),
});
/** Everything but the secrets. URLs may carry credentials: print `printableConfig(config)` instead. */
export type RelayerConfig = z.infer<typeof relayerConfigSchema>;

/** What the caller reads from a file or the environment, and what is never printed. */
export interface RelayerSecrets {
  /** Private key of the relayer's account, 0x and 64 hexadecimal digits. The same account on every chain. */
  readonly accountKey: string;
  /** X25519 private key to which owners seal re-encryption keys, 32 bytes. */
  readonly sealingKey: Uint8Array;
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
  const { chains, ipfs, database, ...rest } = config;
  return {
    ...rest,
    chains: chains.map(({ deployment, ...chain }) => ({
      ...chain,
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
