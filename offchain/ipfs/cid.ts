import * as dagCbor from "@ipld/dag-cbor";
import * as dagPb from "@ipld/dag-pb";
import { MedexError } from "@medexchain/core";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as Digest from "multiformats/hashes/digest";
import { sha256 } from "multiformats/hashes/sha2";

/** Multicodec codes of the blocks that the content store writes and reads. */
export const CODEC = { dagCbor: dagCbor.code, dagPb: dagPb.code, raw: raw.code } as const;

export const DIGEST_BYTES = 32;

/**
 * The 32-byte SHA-256 digest in a CID: what goes on-chain.
 *
 * @throws MedexError INPUT_INVALID when the CID's hash is not sha2-256
 */
export function digestOf(cid: CID): Uint8Array {
  if (cid.multihash.code !== sha256.code || cid.multihash.digest.length !== DIGEST_BYTES) {
    throw new MedexError(
      "INPUT_INVALID",
      `CID ${cid}: the hash is not sha2-256 of 32 bytes; only such CIDs fit on-chain`,
    );
  }
  return cid.multihash.digest;
}

/**
 * The CIDv1 that has this SHA-256 digest.
 *
 * @param digest 32 bytes
 * @param codec multicodec code of the block, dag-cbor unless given
 * @throws MedexError INPUT_INVALID when the digest is not 32 bytes
 */
export function cidFromDigest(digest: Uint8Array, codec: number = CODEC.dagCbor): CID {
  if (digest.length !== DIGEST_BYTES) {
    throw new MedexError(
      "INPUT_INVALID",
      `content digest: must be ${DIGEST_BYTES} bytes (SHA-256), not ${digest.length}`,
    );
  }
  return CID.createV1(codec, Digest.create(sha256.code, digest));
}
