/**
 * The sections of the benchmark, in the order of the report. To add one: a module with a function `(options: RunOptions) =>
 * Promise<Report>`, and an entry here. Its tables and plots then appear in the report, what it names in `watched` is compared by
 * `--check`, and `npm run bench -- NAME` runs it alone.
 */
import type { Section } from "./report.ts";

export const SECTIONS: readonly Section[] = [
  {
    name: "pre",
    description: "proxy re-encryption and firewall, stage by stage, beside the straightforward translation",
    load: async () => (await import("./pre.ts")).benchPre,
  },
  {
    name: "schemes",
    description: "MedExChain Table III and Fig. 5: operations counted and timed, for ours and for other schemes",
    load: async () => (await import("./schemes.ts")).benchSchemes,
  },
  {
    name: "peers",
    description: "Umbral and recrypt, stage by stage, and what each does not do",
    load: async () => (await import("./peers.ts")).benchPeers,
  },
  {
    name: "bfv-table",
    description: "Table II of the BFV paper: Enc, Add, Dec at three parameter sets",
    load: async () => (await import("./bfv-table.ts")).benchBfvTable,
  },
  {
    name: "bfv",
    description: "BFV: keys, encryption, decryption and analytics, by profile",
    load: async () => (await import("./bfv.ts")).benchBfv,
  },
];
