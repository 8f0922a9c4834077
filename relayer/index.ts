/** The relayer: watch (per chain) -> event table -> jobs -> handlers -> submitter (per chain). docs/design.md §7. */

export { type Administration, administer, type JobRow, type Status } from "./administer/administration.ts";
export { administerRemotely } from "./administer/remote.ts";
export { type LoadedRelayer, loadRelayer, type RelayerEnvironment, secretFilesSchema } from "./config/load.ts";
export {
  parseRelayerConfig,
  printableConfig,
  type RelayerConfig,
  type RelayerSecrets,
  relayerConfigSchema,
} from "./config/schema.ts";
export type { JobSubject } from "./database/jobs.ts";
export { JOB_STATES, type JobState } from "./database/jobs.ts";
export { openDatabase } from "./database/open.ts";
export type { RequestHistory } from "./http/history.ts";
export { createLogObserver } from "./observe/logging.ts";
export { JOB_KINDS, type JobKind, type JobOutcome, type Observer, type RelayerEvent } from "./observe/observer.ts";
export { type Relayer, startRelayer } from "./start/start.ts";
