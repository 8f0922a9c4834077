/** What publishing a record and giving it new keys have in common: keys, capsule, encryption piece by piece, and the anchor. */
import { openSymmetricEncryptor, type ProfileName, SECRET_KEY_LENGTH } from "@medexchain/bfv";
import { ask, fromHex32, type Hex32, recordIdOf, toHex32, transact } from "@medexchain/chain";
import { createSha256, MedexError, nextTurn } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { createCapsule, encapsulate, type RandomSource } from "@medexchain/pre";
import { encodeHead, requireHeadLengths, type SplitDocument } from "@medexchain/sfe";
import { channelRootOf } from "@medexchain/tangle";
import { randomBytes } from "@noble/hashes/utils.js";
import { bfvFeatures } from "./bfv-features.ts";
import { createFragmentWriter, ipfsOutput, type PartOutput, sequenceOutput } from "./fragment-parts.ts";
import { requireFetchable, requireReadable } from "./fragment-pieces.ts";
import type { Owner } from "./owner.ts";
import { encodeRecordSecrets } from "./record-secrets.ts";
import type { Stopwatch } from "./stopwatch.ts";

export interface PublicationTerms {
  /** 32 bytes: with the owner's member id, it makes the record's id. */
  readonly salt: Uint8Array;
  readonly profile: ProfileName;
  /** How often one requester may be granted access. */
  readonly maxAccessCount: number;
  readonly watch: Stopwatch<"bfv" | "capsule" | "store" | "anchor">;
  /** What the ciphertext is drawn from that the firewall re-randomises, once for an id; the platform's own unless given. */
  readonly random?: RandomSource;
}

/** Keys and places that a record's fragments are encrypted to. */
export interface Encryption {
  readonly profile: ProfileName;
  /** Of the private fragment, see `Owner.fragmentKeyOf`. */
  readonly fragmentKey: Uint8Array;
  /** `PR_k`, of the public fragment. */
  readonly secretKey: Uint8Array;
  readonly publicPart: PartOutput;
  readonly privatePart: PartOutput;
}

export interface EncryptedPieces {
  /** Of each piece, encoded. */
  readonly heads: readonly Uint8Array[];
  readonly features: { readonly public: number; readonly private: number };
}

export interface PublishedPieces {
  readonly recordId: Hex32;
  readonly pieces: number;
  readonly features: EncryptedPieces["features"];
  /** As anchored. */
  readonly digests: Readonly<Record<"capsule" | "publicFragment" | "privateFragment", Hex32>>;
  /** Bytes. */
  readonly sizes: Readonly<Record<"capsule" | "publicFragment" | "privateFragment", number>>;
  readonly transactionHash: string;
}

/**
 * Publishes the pieces of a record under new keys. Until it is anchored nobody can ask for it; if anchoring fails the owner's fragment
 * store is left as it was.
 *
 * @param encrypt gives the pieces, encrypted with `encryptPieces`
 * @throws as `encrypt`; INPUT_INVALID (it could not be granted later), before anything is anchored; SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function publishPieces(
  owner: Owner,
  { salt, profile, maxAccessCount, watch, random }: PublicationTerms,
  encrypt: (to: Encryption) => Promise<EncryptedPieces>,
): Promise<PublishedPieces> {
  const { chain, store, fragmentStore, firewall } = owner;
  const recordId = recordIdOf(owner.memberId, toHex32(salt));
  const id = fromHex32(recordId);
  const scope = owner.scopeOf(recordId);
  // The firewall is asked before anything is stored: where it refuses, nothing is left behind.
  using secrets = new DisposableStack();
  const { m, sent } = encapsulate(scope, firewall.publicKey, random);
  secrets.defer(() => m.fill(0));
  const ciphertext = await firewall.reRandomise(id, scope, sent, salt);
  watch.lap("capsule");
  const secretKey = randomBytes(SECRET_KEY_LENGTH);
  const fragmentKey = owner.fragmentKeyOf(recordId);
  secrets.defer(() => [secretKey, fragmentKey].forEach((key) => void key.fill(0)));

  const publicPart = ipfsOutput(store);
  await using privateFile = await fragmentStore.begin(recordId);
  const hash = createSha256();
  let privateLength = 0;
  const privatePart = sequenceOutput((bytes) =>
    watch.time("store", async () => {
      hash.update(bytes);
      privateLength += bytes.length;
      await privateFile.write(bytes);
    }),
  );
  const { heads, features } = await encrypt({
    profile,
    fragmentKey,
    secretKey,
    publicPart: timedOutput(publicPart.output, (call) => watch.time("store", call)),
    privatePart,
  });
  const storedPublic = publicPart.stored();
  watch.lap("bfv");

  const author = owner.channelAuthorOf(recordId);
  const payload = encodeRecordSecrets({ profile, secretKey, channelRoot: channelRootOf(author), heads });
  author.secretKey.fill(0);
  secrets.defer(() => payload.fill(0));
  const q = owner.recordSecretOf(recordId);
  secrets.defer(() => q.fill(0));
  const capsule = createCapsule({
    recordId: id,
    owner: scope,
    q,
    m,
    sent,
    ciphertext,
    hospitalKey: firewall.publicKey,
    payload,
  });
  requireFetchable(capsule.length);
  watch.lap("capsule");

  const storedCapsule = await store.put(capsule, { maxBytes: CONTENT_LIMITS.capsule });
  await privateFile.commit();
  watch.lap("store");

  const digests = {
    capsule: toHex32(storedCapsule.digest),
    publicFragment: toHex32(storedPublic.digest),
    privateFragment: toHex32(hash.digest()),
  };
  const anchor = { owner: owner.memberId, salt: toHex32(salt), ...digests, maxAccessCount };
  let transactionHash: string;
  try {
    ({ hash: transactionHash } = await transact(chain, () => chain.records.anchor(anchor)));
  } catch (error) {
    // A lost reply is no refusal, and what is not in a block yet may come into one: the fragment goes only when the chain has refused the record.
    const isRefused = MedexError.is(error, "CHAIN_REVERTED") || MedexError.is(error, "ACCOUNT_UNFUNDED");
    if (isRefused && (await ask(chain, () => chain.records.record(recordId))).status === 0n) {
      await fragmentStore.remove(recordId);
    }
    throw error;
  }
  watch.lap("anchor");

  const sizes = { capsule: capsule.length, publicFragment: storedPublic.length, privateFragment: privateLength };
  return { recordId, pieces: heads.length, features, digests, sizes, transactionHash };
}

/**
 * Encrypts a record piece by piece, and hands both fragments on as they are made: no more than two pieces are in the clear besides the
 * source.
 *
 * @param pieces what follows the last of them, such as the last look, comes before that one is handed on
 * @throws as `pieces`; INPUT_INVALID a piece, or the structure of all, is longer than its readers take; FEATURE_OUT_OF_RANGE
 */
export async function encryptPieces(
  pieces: Iterator<SplitDocument> | AsyncIterator<SplitDocument>,
  to: Encryption,
  onPiece?: (done: number) => void,
): Promise<EncryptedPieces> {
  const { profile, fragmentKey, secretKey } = to;
  using publicEncryptor = await openSymmetricEncryptor(profile, secretKey);
  // `PU_k` would never leave the device, where `PR_k` is: with that, ciphertexts are half as large.
  using privateEncryptor = await openSymmetricEncryptor(profile, fragmentKey);
  const sides = {
    public: { encryptor: publicEncryptor, writer: createFragmentWriter(to.publicPart) },
    private: { encryptor: privateEncryptor, writer: createFragmentWriter(to.privatePart) },
  };
  const heads: Uint8Array[] = [];
  const features = { public: 0, private: 0 };
  for (let next = await pieces.next(); !next.done; ) {
    const { head, publicFragment, privateFragment } = next.value;
    next = await pieces.next();
    const number = heads.push(encodeHead(head)) - 1;
    for (const [side, fragment] of [
      ["public", publicFragment],
      ["private", privateFragment],
    ] as const) {
      requireReadable(fragment);
      const { encryptor, writer } = sides[side];
      features[side] += fragment.features.length;
      if (fragment.features.length > 0) await writer.add(number, encryptor.encrypt(bfvFeatures(head, fragment)));
    }
    onPiece?.(heads.length);
    await nextTurn(); // a long record must not keep the process from all else
  }
  if (heads.length === 0) throw new RangeError("a record has at least one piece");
  requireHeads(heads);
  await sides.public.writer.end();
  await sides.private.writer.end();
  return { heads, features };
}

/** That readers take the heads. */
function requireHeads(heads: readonly Uint8Array[]): void {
  try {
    requireHeadLengths(heads);
  } catch (cause) {
    throw new MedexError(
      "INPUT_INVALID",
      "the record's structure is longer than its readers take: publish it in parts",
      { cause },
    );
  }
}

/** An output whose time is taken. */
function timedOutput(output: PartOutput, time: <T>(call: () => Promise<T>) => Promise<T>): PartOutput {
  return {
    whole: (part) => time(() => output.whole(part)),
    part: (part) => time(() => output.part(part)),
    end: () => time(() => output.end()),
  };
}
