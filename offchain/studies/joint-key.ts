/** What patients encrypt under: the sum of all holders' shares. What they encrypt is masked for each holder (masks.ts). */

import { callSeal, expectHidingKey, openPublicCipher, unpackPair, writeRlwePair } from "@medexchain/bfv/ring";
import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { decodeShare, encodeInput } from "./files.ts";
import { commonElement } from "./key-share.ts";
import { slotCount } from "./layout.ts";
import { drawMask, MASK_SEED_LENGTH, sealMaskSeed } from "./masks.ts";
import type { StudyPlan } from "./plan.ts";
import { rowOf, type Values } from "./row.ts";
import { centred, studyRing } from "./study-ring.ts";

/** Encrypts patients' values. Holds SEAL handles: keep it with `using`. */
export interface InputEncryptor extends Disposable {
  /**
   * @param patient its id, 32 bytes
   * @returns the file to commit to, and to publish once nobody can commit any more
   * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE names the column, and never the value; STUDY_SHARE_INVALID a holder has no usable key for masks
   */
  encrypt(patient: Uint8Array, values: Values): Promise<Uint8Array>;
}

/**
 * Puts the joint key together.
 * @param shares one file for each holder, in the study's order; compare them with the digests on-chain first
 * @throws STUDY_SHARE_INVALID another study's or holder's, damaged, or a sum that hides nothing
 */
export async function openJointKey(plan: StudyPlan, shares: readonly Uint8Array[]): Promise<InputEncryptor> {
  const bfv = await studyRing(plan);
  const { seal, context, keyLevel, degree, plainModulus: t } = bfv;
  const { id, holders } = plan.study;
  if (shares.length !== holders.length) {
    throw new MedexError(
      "STUDY_SHARE_INVALID",
      `${shares.length} key shares, and the study has ${holders.length} holders`,
    );
  }
  const half = keyLevel.primes.length * degree;
  const coefficients = new BigUint64Array(2 * half);
  const maskKeys: Uint8Array[] = [];
  for (const [i, file] of shares.entries()) {
    const from = holders[i] ?? new Uint8Array();
    const { packed, maskKey } = decodeShare(file, { study: id, from });
    maskKeys.push(maskKey);
    const share = callSeal("STUDY_SHARE_INVALID", "a key share is damaged: ask its holder for it again", () =>
      unpackPair(packed, keyLevel, degree, false, "key share", 1),
    ).coefficients;
    for (const [row, prime] of keyLevel.primes.entries()) {
      for (let at = row * degree; at < (row + 1) * degree; at++) {
        coefficients[at] = ((coefficients[at] ?? 0n) + (share[at] ?? 0n)) % prime;
      }
    }
  }
  coefficients.set(commonElement(bfv, id), half);

  using stack = new DisposableStack();
  using key = new seal.PublicKey();
  callSeal("STUDY_SHARE_INVALID", "SEAL does not take the study's joint key", () =>
    key.loadFromArray(context, writeRlwePair({ coefficients }, keyLevel, degree, true)),
  );
  expectHidingKey(bfv, key, { coefficients });
  const encoder = stack.use(new seal.BatchEncoder(context));
  const encrypt = openPublicCipher(bfv, key, stack);
  const owned = stack.move();
  return {
    async encrypt(patient, values) {
      const row = rowOf(plan.study.question, values);
      const masked = maskKeys.map((maskKey, i) => {
        const seed = randomBytes(MASK_SEED_LENGTH);
        const subject = { study: id, patient, holder: holders[i] ?? new Uint8Array() };
        return { maskKey, subject, seed, mask: drawMask(seed, subject, slotCount(plan.layout), t) };
      });
      const slots = new BigInt64Array(degree);
      for (const [slot, value] of row.entries()) {
        slots[slot] = centred(
          masked.reduce((sum, { mask }) => sum + (mask[slot] ?? 0n), value),
          t,
        );
      }
      const packed = encrypt((plaintext) => encoder.encode(slots, plaintext));
      slots.fill(0n);
      try {
        const seeds = await Promise.all(
          masked.map(({ maskKey, subject, seed }) => sealMaskSeed(maskKey, subject, packed, seed)),
        );
        return encodeInput({ study: id, from: patient, packed, seeds });
      } finally {
        for (const { seed, mask } of masked) {
          seed.fill(0);
          mask.fill(0n);
        }
      }
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}
