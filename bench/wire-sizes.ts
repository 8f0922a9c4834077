/** MedExChain's Table IV and Fig. 7: bytes of keys, ciphertext, re-encryption key and re-encrypted ciphertext, as they are sent. */

import {
  checkCiphertext,
  createCapsule,
  dealShares,
  encodePartial,
  encodeSealedReKey,
  generateRelayerKeyPair,
  initCurve,
  partialReEncrypt,
  sealShares,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Report, RunOptions } from "./report.ts";
import { type MeasuredSizes, sizePlot, sizeTables } from "./schemes/size-tables.ts";
import { makeHospitals, newUser, runStage, USER_STAGES } from "./users/stages.ts";

const NOTES = [
  "Measured on the serialised objects of one run of the protocol. Elements: 32 bytes a scalar, 48 a point of G1, 96 of G2, 576 an element of GT, " +
    "points compressed. One relayer re-encrypts (k = n = 1): its partial is the paper's re-encrypted ciphertext without what the capsule and the " +
    "key hold already. On the wire: with the box, the commitment, the share sealed to its relayer by X-Wing, the header and the digests that make the object safe to store and to carry.",
  "The other five schemes of the paper are given by its element counts (Table IV, bench/schemes/paper-counts.ts) with n = 3 and N = 5: at its sizes " +
    "of 80 bits, which give each of its totals to the byte, and at those of BLS12-381. None but ours was serialised here.",
  "Ours at 128 bits is larger than the paper's total at 80: an element of GT takes 576 bytes instead of 128, while a compressed point takes 48 or 96. " +
    "Elements of GT make up most of each object of ours that has one.",
];

/** Measures the sizes. */
export async function benchWireSizes(_options: RunOptions): Promise<Report> {
  await initCurve();
  const hospitals = makeHospitals();
  const user = newUser();
  for (const stage of USER_STAGES) runStage(stage, hospitals, user);
  const { owner, ownerKey, userKeys, m, sent, ciphertext, reKey } = user;
  if (!ownerKey || !userKeys || !m || !sent || !ciphertext || !reKey) throw new Error("a stage made nothing");
  const context = { requestId: randomBytes(32), epoch: 1n };
  const { publicKey: sealingKey } = await generateRelayerKeyPair();
  const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold: 1, indices: [1] });
  const shares = await sealShares(dealing, context, [{ index: 1, sealingKey }]);
  const { indices, digests } = dealing;
  const [C3, C4] = [reKey.rk2, reKey.rk3];
  const sealed = encodeSealedReKey({ ...context, C3, C4, indices, digests, threshold: 1, shares: sha256(shares) });
  const [share] = dealing.shares;
  if (!share) throw new Error("a dealing to one relayer has one share");
  const partial = partialReEncrypt(share, checkCiphertext(ciphertext));
  const capsule = createCapsule({
    recordId: owner.scope,
    owner,
    m,
    sent,
    ciphertext,
    hospitalKey: hospitals.keyA,
    payload: new Uint8Array(0),
  });
  const rows: SizeRow[] = [
    ["hospital's public key", "PK'", hospitals.keyA.length, hospitals.keyA.length],
    ["owner's private key", "sk_DO'", ownerKey.length, ownerKey.length],
    ["user's private key", "sk_DU", userKeys.privateKey.length, userKeys.privateKey.length],
    ["user's public key", "(V, U)", total(userKeys.publicKey), total(userKeys.publicKey)],
    ["ciphertext", "(c1', c2', c3')", total(ciphertext), capsule.length],
    ["re-encryption key", "RK'", total(reKey), sealed.length + shares.length],
    ["re-encrypted ciphertext", "P_1", partial.partial.length, encodePartial({ ...context, ...partial }).length],
  ];
  const sizeOf = (name: string, column: 2 | 3): number => rows.find(([each]) => each === name)?.[column] ?? Number.NaN;
  const measured = ([2, 3] as const).map(
    (column): MeasuredSizes => ({
      name: column === 2 ? "ours, elements" : "ours, on the wire",
      bytes: {
        Key_DO: sizeOf("owner's private key", column),
        Key_DU: sizeOf("user's private key", column) + sizeOf("user's public key", column),
        CT: sizeOf("ciphertext", column),
        RK: sizeOf("re-encryption key", column),
        "CT'": sizeOf("re-encrypted ciphertext", column),
      },
    }),
  );
  return {
    title: "MedExChain Table IV and Fig. 7: bytes",
    measurements: [],
    ratios: {},
    // A size that grows is a loss, and a size is the same on every machine.
    watched: Object.fromEntries(rows.map(([name, , , wire]) => [`${name}: 1 kB over what is sent`, 1000 / wire])),
    tables: [
      {
        title: "Bytes",
        columns: ["", "is", "elements", "on the wire"],
        rows: [...rows, ["all", "", sumOf(rows, 2), sumOf(rows, 3)]],
      },
      ...sizeTables(measured),
    ],
    plots: [
      {
        file: "fig-7-bytes",
        title: "Fig. 7: bytes of each object, BLS12-381",
        kind: "bar",
        x: "",
        y: "bytes",
        points: rows.flatMap(([name, , elements, wire]) => [
          { series: "elements", x: name, y: elements },
          { series: "on the wire", x: name, y: wire },
        ]),
      },
      sizePlot(),
    ],
    notes: NOTES,
  };
}

/** What it is, its symbol, bytes of its elements, bytes on the wire. */
type SizeRow = [name: string, symbol: string, elements: number, wire: number];

function sumOf(rows: readonly SizeRow[], column: 2 | 3): number {
  return rows.reduce((sum, row) => sum + row[column], 0);
}

function total(elements: object): number {
  return Object.values(elements).reduce((bytes, element: Uint8Array) => bytes + element.length, 0);
}
