/**
 * The shares of a dealing, each sealed to one relayer: HPKE (RFC 9180), mode base, X-Wing, HKDF-SHA256, AES-256-GCM. `info` binds a share to its
 * request, epoch and relayer, so that it opens in no other place. Relayers and auditors fetch them; a doctor does not.
 */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesOf, encodeObject, MedexError } from "@medexchain/core";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { checkG1, checkGt, G1_LENGTH, type GtBytes } from "../elements.ts";
import { gtField } from "../fields.ts";
import { drawBytes, type RandomSource, systemRandom } from "../random.ts";
import { checkGroup, contextBytes, type PartialContext } from "./group.ts";
import type { RelayerKeyPair } from "./relayer-keys.ts";
import type { Dealing, Share } from "./shares.ts";
import { contextFields, indexField, oneEach, readObject, wireContext } from "./wire.ts";

const INFO = utf8ToBytes("medexchain/v1/sealed-share\0");
/** ML-KEM-768's ciphertext, 1088 bytes, and an X25519 key, 32. */
const ENC_LENGTH = 1120;
/** X-Wing draws 32 bytes for either part. */
const ENCAPSULATION_DRAW = 64;
const TAG_LENGTH = 16;

const schema = z.strictObject({
  ...contextFields,
  commitments: oneEach(gtField),
  sealed: oneEach(z.strictObject({ index: indexField, enc: bytesOf(ENC_LENGTH), ct: bytesOf(G1_LENGTH + TAG_LENGTH) })),
});

/** One share, sealed. */
export interface SealedShare {
  /** The relayer's index. */
  readonly index: number;
  /** X-Wing's ciphertext, 1120 bytes. */
  readonly enc: Uint8Array;
  /** The share, encrypted, 64 bytes. */
  readonly ct: Uint8Array;
}

/** All shares of a dealing, sealed, with the commitments that they are held against. */
export interface SealedShares extends PartialContext {
  /** `A_0 … A_(k−1)`, 576 bytes each. */
  readonly commitments: readonly GtBytes[];
  /** In the order of the relayers' indices. */
  readonly sealed: readonly SealedShare[];
}

/** A relayer as a firewall seals to it. */
export interface ShareRecipient {
  readonly index: number;
  /** Its X-Wing public key, 1216 bytes. */
  readonly sealingKey: Uint8Array;
}

/**
 * Seals each share of a dealing to its relayer.
 *
 * @param relayers those that the shares were dealt to, in the same order
 * @returns DAG-CBOR `{ v: 1, requestId, epoch, commitments, sealed: [{ index, enc, ct }…] }`
 * @throws SEALED_REKEY_INVALID when a relayer's key is malformed; INPUT_INVALID
 */
export async function sealShares(
  { shares, commitments }: Dealing,
  context: PartialContext,
  relayers: readonly ShareRecipient[],
  random: RandomSource = systemRandom,
): Promise<Uint8Array> {
  if (shares.map(({ index }) => index).join() !== relayers.map(({ index }) => index).join()) {
    throw new MedexError("INPUT_INVALID", "the shares were dealt to other relayers than they are sealed to");
  }
  const sealed: SealedShare[] = [];
  for (const [position, share] of shares.entries()) {
    sealed.push(await sealShare(share, context, relayers[position]?.sealingKey ?? new Uint8Array(), random));
  }
  return encodeObject({ v: 1, ...wireContext(context), commitments: [...commitments], sealed });
}

async function sealShare(
  { index, share }: Share,
  context: PartialContext,
  sealingKey: Uint8Array,
  random: RandomSource,
): Promise<SealedShare> {
  const hpke = suite();
  const info = infoFor(context, index);
  const draw = drawBytes(random, ENCAPSULATION_DRAW);
  try {
    const recipientPublicKey = await hpke.kem.deserializePublicKey(sealingKey);
    const { enc, ct } = await hpke.seal({ recipientPublicKey, info, ekm: draw.slice().buffer }, share);
    return { index, enc: new Uint8Array(enc), ct: new Uint8Array(ct) };
  } catch (cause) {
    throw new MedexError(
      "SEALED_REKEY_INVALID",
      `sealing failed: the key of relayer ${index} is not a usable X-Wing key; its operator must set another`,
      { cause },
    );
  } finally {
    draw.fill(0);
  }
}

/**
 * Decodes sealed shares and checks the commitments.
 *
 * @throws SEALED_REKEY_INVALID
 */
export function parseSealedShares(bytes: Uint8Array): SealedShares {
  return readObject(bytes, schema, "the sealed shares", "SEALED_REKEY_INVALID", (decoded) => {
    const { requestId, epoch, commitments, sealed } = decoded;
    checkGroup(
      sealed.map(({ index }) => index),
      commitments.length,
    );
    return {
      requestId,
      epoch: BigInt(epoch),
      commitments: commitments.map((commitment, j) => checkGt(commitment, `commitment ${j}`)),
      sealed,
    };
  });
}

/**
 * Opens a relayer's own share. That it is the one committed to is for `isCommittedShare`.
 *
 * @param index the relayer's
 * @throws SEALED_REKEY_INVALID when there is none for this relayer, or it was sealed to another key, request, epoch or index, or altered
 */
export async function openShare(shares: SealedShares, index: number, { seed }: RelayerKeyPair): Promise<Share> {
  const sealed = shares.sealed.find((share) => share.index === index);
  if (sealed === undefined) {
    throw new MedexError("SEALED_REKEY_INVALID", `no share was sealed to relayer ${index}; the owner may seal again`);
  }
  const hpke = suite();
  const info = infoFor(shares, index);
  let opened: Uint8Array;
  try {
    const recipientKey = await hpke.kem.deserializePrivateKey(seed);
    opened = new Uint8Array(await hpke.open({ recipientKey, enc: sealed.enc, info }, sealed.ct));
  } catch (cause) {
    throw new MedexError(
      "SEALED_REKEY_INVALID",
      `the share of relayer ${index} does not open: it was sealed to another key, request, epoch or relayer, or altered`,
      { cause },
    );
  }
  try {
    return { index, share: checkG1(opened, "the share") };
  } catch (cause) {
    if (!MedexError.is(cause, "PRE_ELEMENT_INVALID")) throw cause;
    throw new MedexError("SEALED_REKEY_INVALID", `in what was sealed to relayer ${index}, ${cause.message}`, { cause });
  }
}

function suite(): CipherSuite {
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

function infoFor(context: PartialContext, index: number): Uint8Array {
  return concatBytes(INFO, contextBytes(context, index));
}
