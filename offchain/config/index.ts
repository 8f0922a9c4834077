export { type ChainEntry, type Chains, chainEntrySchema, readChains, writeChains } from "./chains.ts";
