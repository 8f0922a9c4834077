/** The development IPFS server: the Kubo RPC API over a file blockstore. */
export { type IpfsServerOptions, type RunningServer, startIpfsServer } from "./server.ts";
