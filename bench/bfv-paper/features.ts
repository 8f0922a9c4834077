/** The BFV paper's Table IV: which features the schemes that it compares have, quoted, and by which test this project shows that it has each. */
import type { Report, RunOptions } from "../report.ts";
import { COMPARED, type Compared } from "./figures.ts";

export interface Feature {
  readonly name: string;
  /** What it is taken to mean here; the paper does not define it. */
  readonly meaning: string;
  /** The columns of the paper's table that have it. */
  readonly has: readonly Compared[];
  /** The tests, by file and title, that would fail if this project lacked it. */
  readonly shownBy: readonly { readonly file: string; readonly title: string }[];
}

export const FEATURES: readonly Feature[] = [
  {
    name: "confidentiality",
    meaning: "nobody but the doctor who was granted a record reads it",
    has: COMPARED,
    shownBy: [
      { file: "test/e2e/threshold.test.ts", title: "opens for nobody but the doctor who asked" },
      {
        file: "test/e2e/share-record.test.ts",
        title: "lets a patient deny, and a doctor open nothing of it, nor of another's answer",
      },
    ],
  },
  {
    name: "integrity",
    meaning: "what was changed on the way is not opened",
    has: COMPARED,
    shownBy: [
      {
        file: "test/e2e/share-record.test.ts",
        title: "opens nothing whose bytes were changed on the way, on IPFS or the Tangle",
      },
      {
        file: "test/offchain/pre/capsule.test.ts",
        title: "does not open with any byte changed, for the owner and for the user",
      },
    ],
  },
  {
    name: "stolen verifier table",
    meaning: "what a server checks its callers by is public, and of no use to whoever takes it",
    has: ["[9]", "[11]", "proposed"],
    shownBy: [
      { file: "test/gateway/gateway.test.ts", title: "serves nobody whose account the registry does not name" },
      {
        file: "test/gateway/gateway.test.ts",
        title: "takes a call once, sealed anew too, and only for its own registry and hospital",
      },
    ],
  },
  {
    name: "black box",
    meaning: "an algorithm that was replaced by one that leaks, unseen from outside, tells nothing past the firewall",
    has: ["[10]", "[12]", "proposed"],
    shownBy: [
      {
        file: "test/offchain/pre/games/algorithm-substitution.test.ts",
        title: "that leaks a bit in PK: heard without the firewall, by chance from PK'",
      },
      {
        file: "test/offchain/pre/games/algorithm-substitution.test.ts",
        title: "that leaks a bit in rk1 by the choice of X: heard without the firewall, caught by it, which deals X",
      },
    ],
  },
  {
    name: "data breach",
    meaning: "whoever copies a store, a device's folder or a hospital's secrets reads no record",
    has: ["[10]", "[12]", "proposed"],
    shownBy: [
      {
        file: "test/e2e/stolen-folder.test.ts",
        title: "shows a doctor, who has the record's key from a grant, none of the features that were withheld",
      },
      {
        file: "test/offchain/pre/record-secret.test.ts",
        title:
          "is needed to open a capsule, by whoever has M: the hospital with its firewall, k relayers, or who computes logarithms",
      },
    ],
  },
  {
    name: "social engineering",
    meaning:
      "what a person was talked out of, a passphrase or an account, opens nothing by itself and can be taken back",
    has: ["[12]", "proposed"],
    shownBy: [
      {
        file: "test/contracts/AccessGrants.withdrawal.test.ts",
        title: "is refused to an account that the hospital has shut out, and open to the one that it put in its place",
      },
      {
        file: "test/contracts/HospitalRegistry.members.test.ts",
        title: "revokes the certificate that holds, once, and no later one by an earlier serial",
      },
    ],
  },
  {
    name: "decentralisation",
    meaning: "no one party decides: k of n relayers, each hospital's own chain",
    has: ["[9]", "[11]", "proposed"],
    shownBy: [
      {
        file: "test/e2e/threshold.test.ts",
        title: "opens by any two who have published, though a third signed and published nothing, or other bytes",
      },
      {
        file: "test/e2e/share-record.test.ts",
        title: "opens nothing by an answer that enough relayers attested and the patient's chain did not decide",
      },
    ],
  },
  {
    name: "decentralised storage",
    meaning: "content is found by its digest at whichever node has it, which need not be believed",
    has: ["[9]", "[11]", "proposed"],
    shownBy: [
      {
        file: "test/offchain/ipfs/content-store.test.ts",
        title: "stores a document as one pinned dag-cbor block and reads it by digest or CID",
      },
      { file: "test/offchain/ipfs/content-store.test.ts", title: "refuses an altered block" },
    ],
  },
  {
    name: "traceability",
    meaning: "every request and decision is found again, and what was hidden or altered is named",
    has: ["[9]", "[11]", "proposed"],
    shownBy: [
      {
        file: "test/e2e/share-record.test.ts",
        title: "leaves a log whose every entry an audit misses when a node keeps it back",
      },
      { file: "test/audit/tampered-state.test.ts", title: "names a root that the entries do not make" },
    ],
  },
];

const NOTES = [
  "The columns of the other schemes and of the paper's own are *quoted*. The paper names its features and defines none: what each is taken to mean is " +
    "in the second table, with the tests that show it of this project. test/bench/bfv-paper.test.ts fails where one of them is gone.",
  "What each of these holds against, and what it does not, is said by docs/threat-model.md.",
];

/** Table IV. Nothing is measured. */
export async function benchBfvFeatures(_options: RunOptions): Promise<Report> {
  return {
    title: "BFV paper Table IV: features",
    measurements: [],
    ratios: {},
    tables: [
      {
        title: "Features",
        columns: ["feature", ...COMPARED, "ours"],
        rows: FEATURES.map(({ name, has }) => [
          name,
          ...COMPARED.map((each) => (has.includes(each) ? "yes" : "no")),
          "yes",
        ]),
        note: "[9] to [12] and proposed: *quoted*",
      },
      {
        title: "What each means here, and what shows it",
        columns: ["feature", "meaning", "test"],
        rows: FEATURES.map(({ name, meaning, shownBy }) => [
          name,
          meaning,
          shownBy.map(({ file, title }) => `\`${file}\`: ${title}`).join("; "),
        ]),
      },
    ],
    notes: NOTES,
  };
}
