/** What the native curve gains: the same work by mcl-wasm and by blst, in turn in one process. */
import { deepStrictEqual } from "node:assert/strict";
import {
  checkCiphertext,
  dealShares,
  decryptPartials,
  initCurve,
  partialReEncrypt,
  provePartial,
  verifyPartial,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { mclOperations } from "../offchain/pre/mcl-operations.ts";
import { operations, useOperations } from "../offchain/pre/operations.ts";
import { makeGranted } from "./granted.ts";
import { type Case, figureOf, measure } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";

const TITLE = "The curve by blst, compiled for this machine";
const NOTES = [
  "Both compute on the same inputs to the same bytes, which is checked first. ReEnc: a relayer's partial of a capsule that it has checked, and with " +
    "the capsule's check. Opening: a doctor's, of one partial, from bytes. Proof check: an auditor's, of one disputed partial. Each is one core's.",
];

/** Benchmarks both, where the native library is built (`npm run build:native`). */
export async function benchNative({ quick, rounds = quick ? 30 : 100 }: RunOptions): Promise<Report> {
  if ((await initCurve()) !== "blst") {
    return {
      title: TITLE,
      measurements: [],
      ratios: {},
      notes: ["It is not built here: npm run build:native, where cargo is."],
    };
  }
  const blst = operations();
  const { ciphertext, reKey, user } = makeGranted();
  const context = { requestId: randomBytes(32), epoch: 1n };
  const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold: 1, indices: [1] });
  const [share] = dealing.shares;
  if (share === undefined) throw new Error("no share was dealt");
  const relayerSecret = randomBytes(32);

  const worksBy = (library: typeof blst): Record<string, Case> => {
    useOperations(library);
    // What is prepared is good for one library: each has its own.
    const own = checkCiphertext(ciphertext);
    const partial = partialReEncrypt(share, own);
    const subject = { ...context, ciphertext: own, commitments: dealing };
    const proof = provePartial(share, partial, subject, relayerSecret);
    const works: Record<string, Case> = {
      "ReEnc, capsule checked before": () => partialReEncrypt(share, own),
      "ReEnc, first of a capsule": () => partialReEncrypt(share, checkCiphertext(ciphertext)),
      opening: () =>
        decryptPartials({
          ciphertext: checkCiphertext(ciphertext),
          C3: reKey.rk2,
          C4: reKey.rk3,
          partials: [partial],
          privateKey: user.privateKey,
        }),
      "proof check": () => verifyPartial(partial, proof, subject),
    };
    return Object.fromEntries(
      Object.entries(works).map(([name, work]) => [
        name,
        () => {
          useOperations(library);
          return work();
        },
      ]),
    );
  };
  const [native, wasm] = [worksBy(blst), worksBy(mclOperations)];
  const names = Object.keys(native);
  for (const name of names) deepStrictEqual(native[name]?.(), wasm[name]?.());
  const cases = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}: mcl-wasm`, () => wasm[name]?.()],
      [`${name}: blst`, () => native[name]?.()],
    ]),
  );
  const measurements = await measure(cases, rounds);
  const time = (name: string): number => figureOf(measurements, name, "cpu");
  const watched = Object.fromEntries(names.map((name) => [name, time(`${name}: mcl-wasm`) / time(`${name}: blst`)]));
  useOperations(blst);
  return { title: TITLE, measurements, ratios: {}, watched, notes: NOTES };
}
