import type { Hex32 } from "@medexchain/chain";
import { parseRelayerConfig, type RelayerConfig, type RelayerEvent, startRelayer } from "@medexchain/relayer";
import { computeAddress } from "ethers";
import type { DatabaseConfig } from "../../../relayer/config/schema.ts";
import { until } from "../../until.ts";
import type { Hospitals } from "./hospitals.ts";

export interface TestRelayer extends AsyncDisposable {
  readonly url: string;
  readonly events: RelayerEvent[];
  /** Waits until an event fits; those of the past count. */
  until<T extends RelayerEvent["type"]>(
    type: T,
    fits?: (event: Extract<RelayerEvent, { type: T }>) => boolean,
  ): Promise<Extract<RelayerEvent, { type: T }>>;
  retry(
    kind: "deliver-request" | "re-encrypt" | "deliver-response",
    chainId: bigint,
    requestId: Hex32,
  ): Promise<boolean>;
}

export interface RelayerOverrides {
  readonly rpcUrlA?: string;
  readonly rpcUrlB?: string;
  readonly accountKey?: string;
  readonly sealingKey?: Uint8Array;
  readonly change?: (config: RelayerConfig) => RelayerConfig;
  /** Gets the events, from before the relayer has started. */
  readonly events?: RelayerEvent[];
  /** Ends the waiting for services. */
  readonly signal?: AbortSignal;
}

/** A relayer over both chains of the hospitals, quick to notice. */
export async function startTestRelayer(
  hospitals: Hospitals,
  database: DatabaseConfig,
  overrides: RelayerOverrides = {},
): Promise<TestRelayer> {
  const { events = [] } = overrides;
  const { a, b, ipfsUrl, relayer, sealingKeys } = hospitals;
  const deploymentA = overrides.rpcUrlA ? { ...a, rpcUrl: overrides.rpcUrlA } : a;
  const deploymentB = overrides.rpcUrlB ? { ...b, rpcUrl: overrides.rpcUrlB } : b;
  const config = parseRelayerConfig({
    chains: [deploymentA, deploymentB].map((deployment) => ({
      deployment,
      pollIntervalMs: 50,
      receiptTimeoutMs: 5_000,
    })),
    ipfs: { url: ipfsUrl, timeoutMs: 3_000 },
    database,
    workers: 1,
    sweepIntervalMs: 200,
    turnMs: 500,
    retry: { delaySeconds: 1, maxDelaySeconds: 1, parkedSeconds: 1 },
  });
  const accountKey = overrides.accountKey ?? relayer.privateKey;
  // One that is not admitted has nothing sealed to it.
  const known = sealingKeys.get(computeAddress(accountKey)) ?? new Uint8Array(32).fill(7);
  const secrets = { accountKey, sealingKey: overrides.sealingKey ?? known };
  const observers = [(event: RelayerEvent) => void events.push(event)];
  const running = await startRelayer(overrides.change?.(config) ?? config, secrets, observers, overrides.signal);
  return {
    url: running.url,
    events,
    until: async (type, fits = () => true) => {
      type Fitting = Extract<RelayerEvent, { type: typeof type }>; // the tag decides the member of the union
      const find = () => events.find((event): event is Fitting => event.type === type && fits(event as Fitting));
      await until(
        () => `no ${type} event; there were ${describe(events)}`,
        () => find() !== undefined,
      );
      return find() as Fitting; // it was there
    },
    retry: (kind, chainId, requestId) => running.retry({ kind, chainId, requestId }),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

function describe(events: RelayerEvent[]): string {
  return events
    .filter(({ type }) => type !== "head")
    .map((event) => JSON.stringify(event, (_key, value) => (typeof value === "bigint" ? String(value) : value)))
    .join("\n");
}
