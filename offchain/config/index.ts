export { type ChainEntry, type Chains, chainEntrySchema, readChains, writeChains } from "./chains.ts";
export { type NetworkDescription, networkSchema } from "./network.ts";
