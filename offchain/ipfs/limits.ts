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
  /** The relayers' digests, at most 64 of them, and two elements. */
  sealedReKey: 16 * KIB,
  /** 1.2 KiB for each relayer and 0.6 KiB for each partial that it takes, at most 64 of either. */
  sealedShares: 128 * KIB,
  /** One element. */
  partial: 4 * KIB,
  /** One element and a proof. */
  dispute: 4 * KIB,
  /** An X-Wing key, 1.2 KiB. */
  relayerKey: 4 * KIB,
  /** What relayers answered with before partials: about 1.5 KiB. */
  reEncryption: 16 * KIB,
  /** A BFV public key of the largest profile has 218 KiB. */
  memberKeys: 512 * KIB,
  /** Under 1 KiB. */
  hospitalParameters: 16 * KIB,
  /** Of a study: columns and bins. */
  studyQuestion: 64 * KIB,
  /** A key share, an input, or a partial decryption: at most two polynomials of a study's ring. */
  studyFile: 512 * KIB,
  /** Two polynomials, and 32 bytes for each of 100,000 inputs. */
  studySum: 4 * MIB,
} as const satisfies Record<string, number>;
