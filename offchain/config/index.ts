export { type ChainEntry, chainEntrySchema } from "./chain-entry.ts";
export { type Chains, readChains, writeChains } from "./chains.ts";
export { type NetworkDescription, networkSchema } from "./network.ts";
