/** Figures of the BFV paper (Reddi et al., BFV with IOTA and IPFS), quoted: its Tables II and III. Pyfhel, Python 3.10, Xeon at 2.2 GHz. */

/** Table II, milliseconds by (n, log2 q); the means of its runs. */
export const PAPER_TIMES_II = {
  "(1024, 27)": { Enc: 2.37, Add: 0.012, Dec: 2.58 },
  "(2048, 52)": { Enc: 2.36, Add: 0.012, Dec: 2.47 },
  "(4096, 86)": { Enc: 2.44, Add: 0.012, Dec: 2.66 },
} as const;
export type ParameterName = keyof typeof PAPER_TIMES_II;

/** Its σ over the three sets. */
export const PAPER_DEVIATIONS_II = { Enc: 0.044, Add: 0, Dec: 0.095 } as const;

/** What it compares itself with: [9] BEdgeHealth, [10] secret sharing over edge nodes, [11] IOTA and IPFS with proxy re-encryption, [12] a consortium chain and IPFS. */
export const COMPARED = ["[9]", "[10]", "[11]", "[12]", "proposed"] as const;
export type Compared = (typeof COMPARED)[number];

/** Table III, as it is written: seconds, and bits of all messages. */
export const PAPER_TABLE_III = {
  "storage time, s": { "[9]": "22–90", "[10]": "15–50", "[11]": "15–50", "[12]": "0.5", proposed: "0.5" },
  "access time, s": { "[9]": "9–40", "[10]": "7–35", "[11]": "2–15", "[12]": "0.173", proposed: "0.25" },
  "storage length, bits": {
    "[9]": "10,240",
    "[10]": "2,560–11,264",
    "[11]": "1,792",
    "[12]": "2,880",
    proposed: "2,464",
  },
  "access length, bits": {
    "[9]": "11,980",
    "[10]": "2,880–10,264",
    "[11]": "1,536",
    "[12]": "3,296",
    proposed: "4,864",
  },
} as const satisfies Record<string, Record<Compared, string>>;

/** What its text reckons where its Table III says otherwise: bits for storing, for 19 bytes of private features, and for access. */
export const PAPER_TEXT_LENGTHS = { storing: 712, "19 private bytes": 760, access: 1422 } as const;
