/** The relayer: watch (per chain) -> event table -> jobs -> handlers -> submitter (per chain). DESIGN §7. */
export {
  parseRelayerConfig,
  printableConfig,
  type RelayerConfig,
  type RelayerSecrets,
  relayerConfigSchema,
} from "./config.ts";
export type { JobSubject } from "./database/jobs.ts";
export type { RequestHistory } from "./history.ts";
export { createLogObserver } from "./logging.ts";
export { JOB_KINDS, type JobKind, type JobOutcome, type Observer, type RelayerEvent } from "./observer.ts";
export { type Relayer, startRelayer } from "./start.ts";
