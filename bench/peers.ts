/** Proxy re-encryption that one can install today, beside ours: Umbral and recrypt, as WebAssembly, as ours is. */
import { initMclCurve } from "./mcl-curve.ts";
import { type Case, figureOf, measure } from "./measure.ts";
import { recryptStages } from "./peers/recrypt-stages.ts";
import { PEER_SIZES, PEER_STAGES, type PeerStage, type PeerStages } from "./peers/stages.ts";
import { umbralStages } from "./peers/umbral-stages.ts";
import { makeStages } from "./pre-stages.ts";
import type { Report, RunOptions, Table } from "./report.ts";

const OURS = ["ours", "ours with firewall"] as const;
const UMBRAL = "Umbral";
const RECRYPT = "recrypt";
const ALL = [...OURS, UMBRAL, RECRYPT];

/** Our stages for each of theirs: without the firewall's steps, and with them. */
const STEPS: Readonly<Record<PeerStage, readonly [readonly string[], readonly string[]]>> = {
  KeyGen: [["KeyGen_DU"], ["KeyGen_DU"]],
  Enc: [["Enc"], ["Enc", "CRF-Enc", "device's check of CRF-Enc"]],
  ReKeyGen: [["ReKeyGen"], ["ReKeyGen", "CRF-ReKeyGen"]],
  ReEnc: [["ReEnc"], ["ReEnc"]],
  Dec: [["Dec_DU"], ["Dec_DU"]],
};

const DIFFERENCES: Table = {
  title: "What each does",
  columns: ["", "ours", "Umbral", "recrypt"],
  rows: [
    ["curve", "BLS12-381", "secp256k1, no pairing", "BN, prime of 256 bits"],
    ["security, about", "128 bits", "128 bits", "100 bits (Barbulescu and Duquesne 2017)"],
    ["owner's key from an identity, with no certificate", "yes", "no", "no"],
    ["user's key that no authority can use, without a certificate of the key", "yes", "no", "no"],
    ["owner and user under different kinds of keys", "yes", "no", "no"],
    ["reverse firewall: a subverted device cannot leak by its randomness", "yes", "no", "no"],
    [
      "relay and user together learn",
      "the key of one scope",
      "the owner's key, if enough proxies join",
      "not examined",
    ],
    ["re-encryption split among several proxies", "in the library, k of n", "yes, k of n", "no"],
    ["proof that a proxy re-encrypted rightly", "no; the record's AEAD shows it to the user", "yes", "no"],
    ["re-encryption of what was re-encrypted", "no", "no", "yes"],
    ["the box over the record itself", "the capsule's, not timed here", "timed within Enc and Dec", "none"],
  ],
};

const NOTES = [
  "Ours, KeyGen: the user's, with the hospital's and firewalls' steps and every check. Ours with firewall: CRF-Enc and the device's check " +
    "of it within Enc, CRF-ReKeyGen within ReKeyGen. Ours is timed as in use, that is with the tables of a scope, a hospital and a " +
    "requester seen before.",
  "Umbral: one proxy; its fragments are decoded from bytes and verified where they arrive, as its documents ask. A message of 32 bytes. " +
    "recrypt checks and makes Ed25519 signatures in Enc, ReKeyGen, ReEnc and Dec, and takes plain objects across its border.",
  "Umbral needs no pairing, which is most of its lead; without one there are no keys from identities.",
];

/** Benchmarks the peers. */
export async function benchPeers({ quick, rounds = quick ? 8 : 50 }: RunOptions): Promise<Report> {
  await initMclCurve();
  const { stages, sizes } = makeStages();
  const peers: Record<string, PeerStages> = { [UMBRAL]: umbralStages(), [RECRYPT]: await recryptStages() };
  const cases: Record<string, Case> = {};
  for (const stage of PEER_STAGES) {
    for (const [i, form] of OURS.entries()) {
      const steps = (STEPS[stage][i] ?? []).map((name) => {
        const found = stages.find((each) => each.name === name);
        if (found === undefined) throw new Error(`the stage ${name} is missing; the benchmark's names disagree`);
        return found.later;
      });
      cases[nameOf(stage, form)] = () => {
        for (const step of steps) step();
      };
    }
    for (const [peer, { cases: theirs }] of Object.entries(peers)) cases[nameOf(stage, peer)] = theirs[stage];
  }
  const measurements = await measure(cases, rounds);
  const time = (stage: PeerStage, form: string) => figureOf(measurements, nameOf(stage, form), "cpu");
  const overRecrypt = Object.fromEntries(
    PEER_STAGES.map((stage) => [`${stage}, recrypt over ours`, time(stage, RECRYPT) / time(stage, "ours")]),
  );
  const overUmbral = Object.fromEntries(
    PEER_STAGES.map((stage) => [`${stage}, Umbral over ours`, time(stage, UMBRAL) / time(stage, "ours")]),
  );
  const ourSizes = [
    sizes["PK, PK', V"] + sizes["sk_DO, sk_DO', sk_DU, U"],
    sizes["(c1', c2', c3')"],
    sizes["RK'"],
    sizes["C_DU, elements"],
  ];
  return {
    title: "Peers: Umbral and recrypt",
    measurements,
    ratios: {},
    watched: { ...overRecrypt, ...overUmbral },
    tables: [
      DIFFERENCES,
      {
        title: "Time by stage, processor time in ms",
        columns: ["stage", ...ALL],
        rows: PEER_STAGES.map((stage) => [stage, ...ALL.map((form) => time(stage, form))]),
      },
      {
        title: "Bytes",
        columns: ["", "ours", UMBRAL, RECRYPT],
        rows: PEER_SIZES.map((size, i) => [
          size,
          ourSizes[i] ?? Number.NaN,
          ...Object.values(peers).map((peer) => peer.sizes[size]),
        ]),
        note: "ours: V and U; group elements of one M, without the capsule's box. Umbral's ciphertext holds the message of 32 bytes.",
      },
    ],
    plots: [
      {
        file: "peers-stages",
        title: "Ours, Umbral and recrypt, by stage",
        kind: "bar",
        x: "",
        y: "processor time, ms",
        points: PEER_STAGES.flatMap((stage) => ALL.map((form) => ({ series: form, x: stage, y: time(stage, form) }))),
      },
    ],
    notes: NOTES,
  };
}

const nameOf = (stage: PeerStage, form: string): string => `${stage}, ${form}`;
