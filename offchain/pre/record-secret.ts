/**
 * The secret of a record beside `M`, on its way to one doctor: sealed by the owner's device to the doctor's X-Wing key, past hospital, firewall and relayers.
 * With it neither the two secrets of a hospital, nor any number of relayers, nor a machine that computes discrete logarithms opens a record.
 */
import { MedexError } from "@medexchain/core";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { checkId } from "./identity.ts";
import { RECORD_SECRET_LENGTH } from "./key-derivation.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { openByXWing, sealByXWing, type XWingBox } from "./x-wing.ts";

const INFO = utf8ToBytes("medexchain/v1/record-secret\0");

/** What a sealed secret is bound to, 32 bytes each. */
export interface RecordSecretSubject {
  readonly requestId: Uint8Array;
  readonly recordId: Uint8Array;
}

/**
 * Seals a record's secret for one request.
 *
 * @param q 32 bytes
 * @param publicKey the doctor's, 1,216 bytes, as its hospital certified it
 * @throws SEALED_INVALID the key is none; INPUT_INVALID
 */
export function sealRecordSecret(
  q: Uint8Array,
  subject: RecordSecretSubject,
  publicKey: Uint8Array,
  random: RandomSource = systemRandom,
): Promise<XWingBox> {
  if (q.length !== RECORD_SECRET_LENGTH) {
    throw new MedexError("INPUT_INVALID", `a record's secret Q has ${RECORD_SECRET_LENGTH} bytes, not ${q.length}`);
  }
  return sealByXWing(publicKey, infoFor(subject), q, random);
}

/**
 * Opens what `sealRecordSecret` sealed.
 *
 * @param seed the doctor's, 32 bytes
 * @returns `Q`, 32 bytes; wipe it after use
 * @throws SEALED_INVALID it was sealed to another doctor, request or record, or altered
 */
export function openRecordSecret(box: XWingBox, subject: RecordSecretSubject, seed: Uint8Array): Promise<Uint8Array> {
  return openByXWing(seed, infoFor(subject), box);
}

function infoFor({ requestId, recordId }: RecordSecretSubject): Uint8Array {
  return concatBytes(INFO, checkId(requestId, "requestId"), checkId(recordId, "recordId"));
}
