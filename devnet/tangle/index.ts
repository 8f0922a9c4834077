/** The development Tangle: core REST v2 of IOTA Stardust on a single node. */
export { DEFAULT_MIN_POW_SCORE, type RunningServer, startTangleServer, type TangleServerOptions } from "./server.ts";
