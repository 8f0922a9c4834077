/** Re-encryption by k of n: what each party does, beside re-encryption by one relayer, and beside Umbral at the same k of n in the same run. */
import {
  checkCiphertext,
  checkDealing,
  checkReKey,
  crfReKeyGen,
  type Dealing,
  DISPUTE_PROOF_LENGTH,
  dealShares,
  decryptDU,
  decryptPartials,
  encodePartial,
  encodeReEncryption,
  encodeSealedReKey,
  partialReEncrypt,
  provePartial,
  type ReKey,
  reEncryptChecked,
  verifyPartial,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { makeGranted } from "./granted.ts";
import { initMclCurve } from "./mcl-curve.ts";
import { type Case, figureOf, measure } from "./measure.ts";
import { umbralGroup } from "./peers/umbral-group.ts";
import type { Report, RunOptions } from "./report.ts";

/** k of n. */
const GROUPS = [
  [1, 1],
  [2, 3],
  [3, 5],
  [5, 9],
] as const;

const STEPS = ["commitments", "device's check", "partial", "opening", "proof", "verification"] as const;
const UMBRAL_STEPS = ["fragments", "partial", "opening"] as const;

/** Of the record's secret, sealed: what is encapsulated, the secret with its tag, and three and two bytes of CBOR. */
const BOX_BYTES = 1_120 + 48 + 5;

const NOTES = [
  "Commitments: the firewall deals n shares, with A_j and all h_i. Device's check: of a whole dealing. Partial: one relayer's. Proof and verification " +
    "are of one partial, and needed in a dispute only. Opening is the doctor's, of k partials, without the capsule's box.",
  "Umbral: fragments of n proxies for one delegation; a partial with its proof, which Umbral always makes, from bytes; opening with the check of all k. " +
    "The two do not do the same: Umbral's owner and user have plain keys, ours have keys of two authorities and a firewall.",
];

/** Benchmarks the groups. */
export async function benchThreshold({ quick, rounds = quick ? 12 : 40 }: RunOptions): Promise<Report> {
  await initMclCurve();
  const granted = makeGranted();
  const { ciphertext, checkedCiphertext, reKey, reEncrypted, checked, proposal, beta } = granted;
  const userKey = granted.user.privateKey;
  using checkedReKey = checkReKey(reKey);
  const cases: Record<string, Case> = {
    "one relayer: ReEnc": () => reEncryptChecked(checkedCiphertext, checkedReKey),
    "one relayer: Dec_DU": () => decryptDU(reEncrypted, userKey),
    "firewall: CRF-ReKeyGen": () => crfReKeyGen(proposal, { ...checked, beta: beta() }),
  };
  const dealings = new Map<string, Dealing>();
  for (const [threshold, n] of GROUPS) {
    const group = nameOf(threshold, n);
    const context = { requestId: randomBytes(32), epoch: 1n };
    const indices = Array.from({ length: n }, (_, at) => at + 1);
    const input = { ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold, indices };
    const dealing = dealShares(input);
    dealings.set(group, dealing);
    const expected = { ...context, ...checked, ciphertext, threshold, indices };
    const partials = dealing.shares.slice(n - threshold).map((share) => partialReEncrypt(share, checkedCiphertext));
    const [share] = dealing.shares;
    const [first] = partials;
    const own = dealing.shares[n - threshold];
    if (share === undefined || first === undefined || own === undefined) throw new Error("no share was dealt");
    const subject = { ...context, ciphertext: checkedCiphertext, commitments: dealing };
    const relayerSecret = randomBytes(32);
    const proof = provePartial(own, first, subject, relayerSecret);
    const ours: Record<(typeof STEPS)[number], Case> = {
      commitments: () => dealShares(input),
      "device's check": () => checkDealing(dealing, expected),
      partial: () => partialReEncrypt(share, checkedCiphertext),
      opening: () =>
        decryptPartials({
          ciphertext: checkCiphertext(ciphertext),
          C3: reKey.rk2,
          C4: reKey.rk3,
          partials,
          privateKey: userKey,
        }),
      proof: () => provePartial(own, first, subject, relayerSecret),
      verification: () => verifyPartial(first, proof, subject),
    };
    for (const step of STEPS) cases[`${group}: ${step}`] = ours[step];
    const umbral = umbralGroup(threshold, n);
    for (const step of UMBRAL_STEPS) cases[`Umbral, ${group}: ${step}`] = umbral.cases[step];
  }
  const measurements = await measure(cases, rounds);
  const time = (name: string) => figureOf(measurements, name, "cpu");
  const groups = GROUPS.map(([threshold, n]) => ({ group: nameOf(threshold, n), threshold, n }));
  const oneAnswer = encodeReEncryption({ requestId: randomBytes(32), ...reEncrypted }).length;
  const published = new Map(
    groups.map(({ group, threshold, n }) => [group, publishedBytes(reKey, dealings.get(group), threshold, n)]),
  );
  const bytesOf = (group: string) => published.get(group) ?? Number.NaN;
  return {
    title: "Re-encryption by k of n",
    measurements,
    ratios: {},
    watched: {
      "ReEnc over a partial": time("one relayer: ReEnc") / time("2 of 3: partial"),
      "Dec_DU over opening by 3 of 5": time("one relayer: Dec_DU") / time("3 of 5: opening"),
      "bytes of C_DU over those by 3 of 5": oneAnswer / bytesOf("3 of 5"),
    },
    tables: [
      {
        title: "Ours, processor time in ms",
        columns: ["k of n", ...STEPS],
        rows: groups.map(({ group }) => [group, ...STEPS.map((step) => time(`${group}: ${step}`))]),
        note: `by one relayer: ReEnc ${time("one relayer: ReEnc").toPrecision(3)}, Dec_DU ${time("one relayer: Dec_DU").toPrecision(3)}, CRF-ReKeyGen ${time("firewall: CRF-ReKeyGen").toPrecision(3)}`,
      },
      {
        title: "Umbral, processor time in ms",
        columns: ["k of n", ...UMBRAL_STEPS],
        rows: groups.map(({ group }) => [group, ...UMBRAL_STEPS.map((step) => time(`Umbral, ${group}: ${step}`))]),
      },
      {
        title: "Bytes",
        columns: ["k of n", "commitments and digests", "a proof", "what a doctor fetches", "the same, by one relayer"],
        rows: groups.map(({ group, threshold, n }) => [
          group,
          threshold * 576 + n * 32,
          DISPUTE_PROOF_LENGTH,
          bytesOf(group),
          oneAnswer,
        ]),
        note: `what a doctor fetches is as published: the sealed key and k partials; beside the capsule, which is fetched either way, and the box of Q, ${BOX_BYTES} bytes, which there was not before`,
      },
    ],
    notes: NOTES,
  };
}

/** The sealed key and the partials that a doctor fetches, encoded. */
function publishedBytes(reKey: ReKey, dealing: Dealing | undefined, threshold: number, n: number): number {
  if (dealing === undefined) throw new Error("nothing was dealt");
  const context = { requestId: randomBytes(32), epoch: 1n };
  const { indices, digests } = dealing;
  const key = { ...context, C3: reKey.rk2, C4: reKey.rk3, indices, digests, threshold, shares: randomBytes(32) };
  const partial = encodePartial({ ...context, index: n, partial: reKey.rk3 });
  return encodeSealedReKey(key).length + threshold * partial.length;
}

function nameOf(threshold: number, n: number): string {
  return `${threshold} of ${n}`;
}
