import { ask, currentVersionOf, fromHex32, type Hex32, nextVersionSalt, recordIdOf, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { initCurve, type RandomSource } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { openOwnSecrets, ownPieces } from "./own-pieces.ts";
import type { Owner } from "./owner.ts";
import { encryptPieces, type PublishedPieces, publishPieces } from "./publish-pieces.ts";
import { headsOf, type RecordSecrets } from "./record-secrets.ts";
import { sealedOnce } from "./sealed-part.ts";
import { startStopwatch } from "./stopwatch.ts";

export interface RekeyOptions {
  /** Told how many pieces are encrypted, after each. */
  readonly onPiece?: (done: number) => void;
}

/** A record's new version. */
export interface RekeyedRecord {
  /** Of the new version. */
  readonly recordId: Hex32;
  /** The version that it replaces, and that is revoked. */
  readonly replaced: Hex32;
  readonly pieces: number;
  readonly features: { readonly public: number; readonly private: number };
  /** Of the anchor; absent where an earlier try had anchored it. */
  readonly transactionHash?: string;
}

/**
 * Gives a record new keys: all of it is decrypted on the device and published as a record of its own, with a scope, `β`, `M` and BFV keys of its own, whose salt
 * derives from the earlier version's id, so that everybody finds it; then the earlier version is revoked. The limit stays, and counts
 * begin at zero. Who was granted an earlier version can still read their copy of it.
 *
 * One that broke off goes on where it was: what is anchored is not published again.
 *
 * @throws RECORD_UNKNOWN; RECORD_REPLACED when the record has a later version already, or is revoked; FRAGMENT_INVALID the private fragment is not on
 *   this device; as `publishRecord`
 */
export async function rekeyRecord(owner: Owner, recordId: Hex32, options: RekeyOptions = {}): Promise<RekeyedRecord> {
  await initCurve();
  const { chain } = owner;
  const current = await currentVersionOf(chain, recordId);
  const { status, maxAccessCount } = await ask(chain, () => chain.records.record(recordId));
  const isRevoked = status === REVOKED;
  if (isRevoked) {
    const why = current.steps > 0 ? `was replaced: its current version is ${current.recordId}` : "is revoked";
    throw new MedexError("RECORD_REPLACED", `record ${recordId} ${why}`);
  }
  const secrets = await openOwnSecrets(owner, recordId);
  const made: Omit<RekeyedRecord, "replaced"> =
    current.steps > 0
      ? await anchoredBefore(owner, current.recordId)
      : await publishNext(owner, recordId, secrets, Number(maxAccessCount), options);
  await transact(chain, () => chain.records.revoke(recordId));
  await owner.fragmentStore.endApproval(nextOf(owner, recordId));
  const { pieces, features } = made;
  return {
    recordId: made.recordId,
    replaced: recordId,
    pieces,
    features,
    ...(made.transactionHash !== undefined && { transactionHash: made.transactionHash }),
  };
}

const nextOf = ({ memberId }: Owner, recordId: Hex32): Hex32 => recordIdOf(memberId, nextVersionSalt(recordId));

/**
 * Publishes the next version. Its id follows from the earlier one's, and a firewall re-randomises one ciphertext of an id: so what the ciphertext is
 * made of is kept until it is anchored.
 */
async function publishNext(
  owner: Owner,
  recordId: Hex32,
  secrets: RecordSecrets,
  maxAccessCount: number,
  { onPiece }: RekeyOptions,
): Promise<PublishedPieces> {
  const next = nextOf(owner, recordId);
  await using progress = await owner.fragmentStore.approval(next, sha256(utf8ToBytes("medexchain/v1/rekey")));
  const subject = { recordId: next, about: next, part: "publication-seed" } as const;
  const seed = await sealedOnce(owner, progress, subject, async () => randomBytes(32));
  const terms = {
    salt: fromHex32(nextVersionSalt(recordId)),
    profile: secrets.profile,
    maxAccessCount,
    random: streamOf(seed),
    watch: startStopwatch<"bfv" | "capsule" | "store" | "anchor">(),
  };
  seed.fill(0);
  return await publishPieces(owner, terms, async (to) => {
    await using pieces = ownPieces(owner, recordId, secrets);
    return await encryptPieces(pieces, to, onPiece); // within the life of the pieces
  });
}

/** What grows from a seed, by SHAKE256. */
function streamOf(seed: Uint8Array): RandomSource {
  const stream = shake256.create({}).update(utf8ToBytes("medexchain/v1/publication-seed\0")).update(seed);
  return (length) => stream.xof(length);
}

/**
 * A later version that an earlier try has anchored, on this device: the earlier one must not go before that is there.
 *
 * @throws FRAGMENT_INVALID its private fragment is not here
 */
async function anchoredBefore(
  owner: Owner,
  recordId: Hex32,
): Promise<Pick<RekeyedRecord, "recordId" | "pieces" | "features">> {
  const secrets = await openOwnSecrets(owner, recordId);
  return { recordId, pieces: headsOf(secrets).count, features: countFeatures(secrets) };
}

/** `RecordStatus.Revoked`. */
const REVOKED = 2n;

function countFeatures(secrets: RecordSecrets): { public: number; private: number } {
  const count = { public: 0, private: 0 };
  for (const { features } of headsOf(secrets)) {
    for (const { commitment } of features) count[commitment === undefined ? "public" : "private"] += 1;
  }
  return count;
}
