/**
 * The sections of the benchmark, in the order of the report. To add one: a module with a function `(options: RunOptions) =>
 * Promise<Report>`, and an entry here. Its tables and plots then appear in the report, what it names in `watched` is compared by
 * `--check`, and `npm run bench -- NAME` runs it alone.
 */
import { AUDIT_OPTIONS } from "./audit/options.ts";
import { CROSS_CHAIN_OPTIONS } from "./cross-chain/options.ts";
import { E2E_OPTIONS } from "./e2e/options.ts";
import type { Section } from "./report.ts";
import { SCALE_OPTIONS } from "./scale/options.ts";
import { SOAK_OPTIONS } from "./soak-options.ts";

export const SECTIONS: readonly Section[] = [
  {
    name: "pre",
    description: "proxy re-encryption and firewall, stage by stage, beside the straightforward translation",
    load: async () => (await import("./pre.ts")).benchPre,
  },
  {
    name: "schemes",
    description:
      "MedExChain Table III, Fig. 5 and 6: operations counted and timed, for ours and, by the paper's counts, for its other five",
    load: async () => (await import("./schemes.ts")).benchSchemes,
  },
  {
    name: "users",
    description: "MedExChain Fig. 6: each stage for many users, with one worker thread and with two",
    load: async () => (await import("./users.ts")).benchUsers,
  },
  {
    name: "wire-sizes",
    description:
      "MedExChain Table IV and Fig. 7: bytes of keys, ciphertexts and re-encryption keys, ours and the paper's six",
    load: async () => (await import("./wire-sizes.ts")).benchWireSizes,
  },
  {
    name: "threshold",
    description: "re-encryption by k of n relayers, beside one relayer and beside Umbral at the same k of n",
    load: async () => (await import("./threshold.ts")).benchThreshold,
  },
  {
    name: "native",
    description:
      "the relayer's, the doctor's and the auditor's work on the curve, by blst where it is built, over mcl-wasm",
    load: async () => (await import("./native.ts")).benchNative,
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
  {
    name: "studies",
    description: "statistics over many patients by a joint key: each party's step, and how sums grow",
    load: async () => (await import("./studies.ts")).benchStudies,
  },
  {
    name: "record",
    description: "Table III of the BFV paper: storing and reading one record, small and large",
    load: async () => (await import("./record.ts")).benchRecord,
  },
  {
    name: "bfv-features",
    description: "Table IV of the BFV paper: features of what it compares, and the test that shows each of ours",
    load: async () => (await import("./bfv-paper/features.ts")).benchBfvFeatures,
  },
  {
    name: "approval",
    description: "approving a large private part: encryption, sealing, storing, anchoring",
    load: async () => (await import("./approval.ts")).benchApproval,
  },
  {
    name: "storage",
    description: "the Tangle (create, attach, fetch) and IPFS (add, cat) by size",
    load: async () => (await import("./storage.ts")).benchStorage,
  },
  {
    name: "e2e",
    description: "throughput and latency of many requests from B to A at once, end to end",
    options: E2E_OPTIONS,
    load: async () => (await import("./throughput.ts")).benchThroughput,
  },
  {
    name: "scale",
    description:
      "one to four relayers on one database, and a model of up to sixteen by what each part of the work costs",
    options: SCALE_OPTIONS,
    load: async () => (await import("./scale.ts")).benchScale,
  },
  {
    name: "nodes",
    description: "MedExChain Fig. 8: throughput and latency by the number of nodes, by a model fed with what one takes",
    load: async () => (await import("./nodes.ts")).benchNodes,
  },
  {
    name: "cross-chain",
    description:
      "MedExChain Fig. 9: the system with each of the paper's six schemes' ReKeyGen and ReEnc in the place of ours",
    options: CROSS_CHAIN_OPTIONS,
    load: async () => (await import("./cross-chain.ts")).benchCrossChain,
  },
  {
    name: "growth",
    description: "time, memory and state against the number of records, events and ids",
    load: async () => (await import("./growth.ts")).benchGrowth,
  },
  {
    name: "audit",
    description: "medex audit verify over a generated history, with where its time goes and its memory",
    options: AUDIT_OPTIONS,
    load: async () => (await import("./audit.ts")).benchAudit,
  },
];

/** What is run only when it is asked for by name: it takes long, and nothing of it is in the report. */
export const APART: readonly Section[] = [
  {
    name: "memory",
    description: "the most memory of medex record and medex access for the largest records, step by step",
    load: async () => (await import("./memory.ts")).benchMemory,
  },
  {
    name: "soak",
    description: "one relayer at a steady rate of requests for an hour: its memory at each tenth",
    options: SOAK_OPTIONS,
    load: async () => (await import("./soak.ts")).benchSoak,
  },
];
