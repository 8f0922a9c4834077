const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * The largest document of each kind, in bytes: what is published, and what of others' is fetched before it is refused. No digest on
 * chain says how long the document behind it is, so the kind has to.
 */
export const CONTENT_LIMITS = {
  /** D_head of all pieces, sealed: 32 bytes for each private feature, and the structure, compressed. Relayers hold several at once. */
  capsule: 32 * MIB,
  /** A fragment, or a part of one: in ciphertexts, a JSON document of 16 MiB, which is one piece, is up to 7.3 times as large. */
  fragment: 192 * MIB,
  /** Under 1 KiB. */
  sealedReKey: 16 * KIB,
  /** About 1.5 KiB. */
  reEncryption: 16 * KIB,
  /** A BFV public key of the largest profile has 218 KiB. */
  memberKeys: 512 * KIB,
  /** Under 1 KiB. */
  hospitalParameters: 16 * KIB,
} as const satisfies Record<string, number>;
