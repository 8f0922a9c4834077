/**
 * The capsule: a record's secrets, sealed under `M` (docs/design.md §3).
 *
 *   device     encrypt M                        (c1, c2)
 *   firewall   re-randomise                     (c1', c2', c3')
 *   device     createCapsule                    box = AEAD(HKDF(M), payload), bound to the final elements
 *   owner      openCapsuleAsOwner               M from sk_DO'
 *   user       openCapsuleByPartials            M from k partials and sk_DU
 *   user       openCapsuleAsUser                M from C_DU and sk_DU, for what was granted before there were partials
 *
 * The box is XChaCha20-Poly1305. Its associated data are the version, the record id, the owner's identity and scope, and the group
 * elements: a box cannot be moved to another record, owner or encapsulation. That AEAD does not commit to its key, so the capsule
 * also holds a commitment to `M`: two readers of one capsule who open it have opened the same payload.
 *
 * The capsule names neither record nor owner; whoever opens it states both.
 */
import { encode } from "@ipld/dag-cbor";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { checkCiphertext } from "./checked.ts";
import type { Ciphertext, FirewalledCiphertext, ReEncryptedCiphertext } from "./ciphertexts.ts";
import { checkG1, checkG2, checkGt, type G1Bytes, type G2Bytes, type GtBytes } from "./elements.ts";
import { g1Field, g2Field, gtField } from "./fields.ts";
import { checkReRandomised } from "./firewall.ts";
import { decryptDO } from "./ibe.ts";
import { checkId, type ScopedIdentity } from "./identity.ts";
import { deriveKey } from "./key-derivation.ts";
import { decryptDU } from "./proxy.ts";
import { drawBytes, type RandomSource, systemRandom } from "./random.ts";
import { type DecryptPartialsInput, decryptPartials } from "./threshold/partial.ts";

const VERSION = 1;
const NONCE_LENGTH = 24;
const TAG_LENGTH = 16;
const COMMITMENT_LENGTH = 32;

const schema = z.strictObject({
  v: z.literal(VERSION),
  c1: g2Field,
  c2: gtField,
  c3: g1Field,
  commitment: bytesOf(COMMITMENT_LENGTH),
  nonce: bytesOf(NONCE_LENGTH),
  box: z.instanceof(Uint8Array).refine((box) => box.length >= TAG_LENGTH, "is shorter than its tag"),
});

/** A capsule, decoded: `(c1', c2', c3')` and the box. */
export interface Capsule extends FirewalledCiphertext {
  /** `HKDF(M)`, 32 bytes, public. */
  readonly commitment: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  /** The sealed payload, 16 bytes longer than it. */
  readonly box: Uint8Array;
}

/** Which record a capsule belongs to, as the reader knows it from the chain. */
export interface CapsuleSubject {
  /** 32 bytes. */
  readonly recordId: Uint8Array;
  readonly owner: ScopedIdentity;
}

/** What a capsule holds. */
export interface OpenedCapsule {
  readonly payload: Uint8Array;
  /** `M`, from which `deriveKey` makes the record's other keys. Wipe it after use. */
  readonly m: GtBytes;
}

/** Everything that goes into a capsule. */
export interface CreateCapsuleInput extends CapsuleSubject {
  /** `M`, 576 bytes, as encrypted in `sent`. */
  readonly m: GtBytes;
  /** What the device sent to the firewall. */
  readonly sent: Ciphertext;
  /** What the firewall returned. */
  readonly ciphertext: FirewalledCiphertext;
  /** `PK_A'`, 96 bytes. */
  readonly hospitalKey: G2Bytes;
  /** The record's BFV secret key and format header, opaque here. */
  readonly payload: Uint8Array;
}

/**
 * Makes a capsule, on the device, after the firewall: checks that the firewall kept the message, then seals the payload.
 *
 * @returns DAG-CBOR bytes: 838 to 842 more than the payload
 * @throws FIREWALL_OUTPUT_INVALID when the ciphertext is no longer one of `sent`; PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function createCapsule(input: CreateCapsuleInput, random: RandomSource = systemRandom): Uint8Array {
  const { c1, c2, c3 } = input.ciphertext;
  checkId(input.recordId, "recordId");
  checkReRandomised(input.sent, input.ciphertext, input.owner, input.hospitalKey, random);
  const nonce = drawBytes(random, NONCE_LENGTH);
  const key = deriveKey(input.m, "capsule/box", input.recordId);
  const box = xchacha20poly1305(key, nonce, associatedData(input, input.ciphertext)).encrypt(input.payload);
  key.fill(0);
  const commitment = deriveKey(input.m, "capsule/commitment", input.recordId, COMMITMENT_LENGTH);
  return encodeObject({ v: VERSION, c1, c2, c3, commitment, nonce, box });
}

/**
 * Decodes a capsule and checks every element, without opening it: for the relayer, which needs `(c1', c2', c3')`.
 *
 * @throws CAPSULE_INVALID
 */
export function parseCapsule(bytes: Uint8Array): Capsule {
  const capsule = decodeObject(bytes, schema, "the capsule", "CAPSULE_INVALID");
  return asCapsuleInvalid(() => ({
    c1: checkG2(capsule.c1, "c1'"),
    c2: checkGt(capsule.c2, "c2'"),
    c3: checkG1(capsule.c3, "c3'"),
    commitment: capsule.commitment,
    nonce: capsule.nonce,
    box: capsule.box,
  }));
}

/**
 * Opens a capsule with the owner's key.
 *
 * @param bytes the capsule as published
 * @param subject the record and owner that it is expected to belong to
 * @param privateKey `sk_DO'` of the owner's scope, 48 bytes
 * @throws CAPSULE_INVALID when the key, the record, the owner or any byte is not the capsule's; PRE_ELEMENT_INVALID for a malformed key
 */
export function openCapsuleAsOwner(bytes: Uint8Array, subject: CapsuleSubject, privateKey: G1Bytes): OpenedCapsule {
  checkG1(privateKey, "sk_DO'");
  const capsule = parseCapsule(bytes);
  return open(capsule, subject, () => decryptDO(capsule, privateKey));
}

/**
 * Opens a capsule with what was re-encrypted to a user.
 *
 * @param bytes the capsule as published
 * @param subject the record and owner that it is expected to belong to
 * @param reEncryption `C_DU`, from `parseReEncryption`
 * @param privateKey `sk_DU`, 48 bytes
 * @throws CAPSULE_INVALID when the key, the re-encryption, the record, the owner or any byte is not the capsule's;
 *   PRE_ELEMENT_INVALID for a malformed key
 */
export function openCapsuleAsUser(
  bytes: Uint8Array,
  subject: CapsuleSubject,
  reEncryption: ReEncryptedCiphertext,
  privateKey: G1Bytes,
): OpenedCapsule {
  checkG1(privateKey, "sk_DU");
  const capsule = parseCapsule(bytes);
  if (!equalBytes(reEncryption.C1, capsule.c1)) {
    throw new MedexError(
      "CAPSULE_INVALID",
      "the re-encryption belongs to another capsule (C1 ≠ c1'); fetch both again",
    );
  }
  return open(capsule, subject, () => decryptDU(reEncryption, privateKey));
}

/** What a user opens with, besides the capsule. */
export type OpenByPartialsInput = Omit<DecryptPartialsInput, "ciphertext">;

/**
 * Opens a capsule with the partials of k relayers.
 *
 * @param bytes the capsule as published
 * @param subject the record and owner that it is expected to belong to
 * @throws CAPSULE_INVALID when the key, a partial, `C3` or `C4`, the record, the owner or any byte is not the capsule's; PRE_ELEMENT_INVALID,
 *   INPUT_INVALID for a malformed key or partials
 */
export function openCapsuleByPartials(
  bytes: Uint8Array,
  subject: CapsuleSubject,
  input: OpenByPartialsInput,
): OpenedCapsule {
  checkG1(input.privateKey, "sk_DU");
  const decoded = decodeObject(bytes, schema, "the capsule", "CAPSULE_INVALID");
  const ciphertext = asCapsuleInvalid(() => checkCiphertext(decoded));
  const { c1, c2, c3 } = decoded;
  // Checked on the line before last.
  const capsule = { ...decoded, c1: c1 as G2Bytes, c2: c2 as GtBytes, c3: c3 as G1Bytes };
  return open(capsule, subject, () => decryptPartials({ ...input, ciphertext }));
}

function open(capsule: Capsule, subject: CapsuleSubject, decapsulate: () => GtBytes): OpenedCapsule {
  checkId(subject.recordId, "recordId");
  const aad = associatedData(subject, capsule);
  const m = asCapsuleInvalid(decapsulate);
  const commitment = deriveKey(m, "capsule/commitment", subject.recordId, COMMITMENT_LENGTH);
  if (!equalBytes(commitment, capsule.commitment)) {
    m.fill(0);
    throw new MedexError(
      "CAPSULE_INVALID",
      "the capsule does not open: the key, the re-encryption or the record id is not this capsule's",
    );
  }
  const key = deriveKey(m, "capsule/box", subject.recordId);
  try {
    return { payload: xchacha20poly1305(key, capsule.nonce, aad).decrypt(capsule.box), m };
  } catch (cause) {
    m.fill(0);
    throw new MedexError(
      "CAPSULE_INVALID",
      "the capsule's box was altered or belongs to another owner; fetch it again",
      {
        cause,
      },
    );
  } finally {
    key.fill(0);
  }
}

function associatedData(subject: CapsuleSubject, { c1, c2, c3 }: FirewalledCiphertext): Uint8Array {
  const { recordId, owner } = subject;
  return encode(["medexchain/v1/capsule", recordId, owner.identity, owner.scope, c1, c2, c3]);
}

/** Within a capsule, an element that is none, or decrypts to none, makes the capsule invalid. */
function asCapsuleInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!MedexError.is(cause, "PRE_ELEMENT_INVALID") && !MedexError.is(cause, "PRE_DECRYPT_FAILED")) throw cause;
    throw new MedexError("CAPSULE_INVALID", `in the capsule, ${cause.message}`, { cause });
  }
}
