import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import {
  DEFAULT_PROFILE,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  type ProfileName,
} from "../bfv/index.ts";
import { ask, type Hex32, recordIdOf, toHex32, transact } from "../chain/index.ts";
import { createCapsule, encapsulate, initCurve } from "../pre/index.ts";
import { parseFhir, selectPrivate, splitDocument } from "../sfe/index.ts";
import { channelRootOf } from "../tangle/index.ts";
import { bfvFeatures } from "./bfv-features.ts";
import type { DataOwner } from "./data-owner.ts";
import { encodeRecordSecrets } from "./record-secrets.ts";
import { startStopwatch } from "./stopwatch.ts";

export interface RecordInput {
  /** A FHIR R4 JSON file. */
  readonly document: Uint8Array;
  /** FHIRPath selectors of the private features. */
  readonly privateSelectors: readonly string[];
  /** How often one requester may be granted access. */
  readonly maxAccessCount: number;
  readonly profile?: ProfileName;
}

export interface PublishedRecord {
  readonly recordId: Hex32;
  readonly features: { readonly public: number; readonly private: number };
  /** Digests as anchored. */
  readonly capsule: Hex32;
  readonly publicFragment: Hex32;
  readonly privateFragment: Hex32;
  /** Bytes. */
  readonly sizes: {
    readonly document: number;
    readonly capsule: number;
    readonly publicFragment: number;
    readonly privateFragment: number;
  };
  /** Milliseconds. */
  readonly timings: Readonly<Partial<Record<"split" | "bfv" | "capsule" | "store" | "anchor", number>>>;
  readonly transactionHash: string;
}

/**
 * Publishes a record (Algorithm 1 of the SFE paper, then Enc and CRF-Enc of MedExChain): splits it by policy, encrypts both
 * fragments, puts the public one and the capsule on IPFS and the private one into the owner's fragment store, and anchors all three on the owner's
 * chain. Until it is anchored nobody can ask for it; if anchoring fails that store is left as it was.
 *
 * @throws RECORD_FORMAT, POLICY_INVALID, POLICY_SELECTS_NOTHING, FEATURE_OUT_OF_RANGE before anything is stored;
 *   SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function publishRecord(owner: DataOwner, input: RecordInput): Promise<PublishedRecord> {
  await initCurve();
  const { chain, store, fragmentStore, firewall } = owner;
  const profile = input.profile ?? DEFAULT_PROFILE;
  const watch = startStopwatch<keyof PublishedRecord["timings"]>();

  const document = parseFhir(input.document);
  const { head, publicFragment, privateFragment } = splitDocument(
    document,
    selectPrivate(document, input.privateSelectors),
  );
  watch.lap("split");

  const { publicKey, secretKey } = await generateKeys(profile);
  const epuf = await encryptFragmentSymmetric(profile, secretKey, bfvFeatures(head, publicFragment));
  const eprf = await encryptFragment(profile, publicKey, bfvFeatures(head, privateFragment));
  watch.lap("bfv");

  const salt = toHex32(randomBytes(32));
  const recordId = recordIdOf(owner.memberId, salt);
  const id = hexToBytes(recordId.slice(2));
  const scope = owner.scopeOf(recordId);
  const author = owner.channelAuthorOf(recordId);
  const payload = encodeRecordSecrets({ profile, secretKey, channelRoot: channelRootOf(author), head });
  author.secretKey.fill(0);
  secretKey.fill(0);
  const { m, sent } = encapsulate(scope, firewall.publicKey);
  const ciphertext = await firewall.reRandomise(id, scope, sent);
  const capsule = createCapsule({
    recordId: id,
    owner: scope,
    m,
    sent,
    ciphertext,
    hospitalKey: firewall.publicKey,
    payload,
  });
  m.fill(0);
  payload.fill(0);
  watch.lap("capsule");

  const [storedCapsule, storedPublic] = await Promise.all([store.put(capsule), store.put(epuf)]);
  await fragmentStore.put(recordId, eprf);
  watch.lap("store");

  const digests = {
    capsule: toHex32(storedCapsule.digest),
    publicFragment: toHex32(storedPublic.digest),
    privateFragment: toHex32(sha256(eprf)),
  };
  const anchor = { owner: owner.memberId, salt, ...digests, maxAccessCount: input.maxAccessCount };
  let transactionHash: string;
  try {
    ({ hash: transactionHash } = await transact(chain, () => chain.records.anchor(anchor)));
  } catch (error) {
    // A lost reply is no refusal: the fragment goes only when the chain says that there is no such record.
    const { status } = await ask(chain, () => chain.records.record(recordId));
    if (status === 0n) await fragmentStore.remove(recordId);
    throw error;
  }
  watch.lap("anchor");

  return {
    recordId,
    features: { public: publicFragment.features.length, private: privateFragment.features.length },
    ...digests,
    sizes: {
      document: input.document.length,
      capsule: capsule.length,
      publicFragment: epuf.length,
      privateFragment: eprf.length,
    },
    timings: watch.timings,
    transactionHash,
  };
}
