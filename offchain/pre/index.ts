/**
 * MedExChain proxy re-encryption, IBE to CLC, with reverse firewalls, over BLS12-381. Await `initCurve()` once; then every algorithm is
 * a function over bytes and plain objects of bytes, which may cross worker and process borders.
 *
 * The steps in order: `setupA`/`setupB` and a `ReverseFirewall` at each hospital; `keyGenDO` -> `blindOwnerKey`; `partialKeyGenDU` ->
 * `blindPartialKey` -> `keyGenDU`; `encapsulate` -> `reRandomise` -> `createCapsule`; `dealX` -> `reKeyGen` -> `signOff` ->
 * `checkSignedOff`; each relayer: `openShare` -> `partialReEncrypt` -> `encodePartial`; the user: `parsePartial` -> `openCapsuleByPartials`. In a
 * dispute: `isCommittedShare` -> `provePartial` -> `verifyPartial`.
 *
 * Before partials a relayer re-encrypted alone: `reEncrypt` -> `encodeReEncryption`; `parseReEncryption` -> `openCapsuleAsUser`.
 */
export { BLINDING_PROOF_LENGTH, proveBlinding, verifyBlinding } from "./blinding-proof.ts";
export {
  type Capsule,
  type CapsuleSubject,
  type CreateCapsuleInput,
  createCapsule,
  type OpenByPartialsInput,
  type OpenedCapsule,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  openCapsuleByPartials,
  parseCapsule,
} from "./capsule.ts";
export { type CheckedCiphertext, type CheckedReKey, checkCiphertext, checkReKey, reEncryptChecked } from "./checked.ts";
export type { Ciphertext, FirewalledCiphertext, ReEncryptedCiphertext, ReKey } from "./ciphertexts.ts";
export {
  checkPartialKey,
  checkUserPublicKey,
  keyGenDU,
  partialKeyGenDU,
  setupB,
  type UserKeyPair,
} from "./clc.ts";
export {
  checkG1,
  checkG2,
  checkGt,
  checkScalar,
  G1_LENGTH,
  type G1Bytes,
  G2_LENGTH,
  type G2Bytes,
  GT_LENGTH,
  type GtBytes,
  SCALAR_LENGTH,
  type ScalarBytes,
} from "./elements.ts";
export {
  type CrfReKeyGenInput,
  checkReRandomised,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  deriveBeta,
  drawX,
  type FirewallSecrets,
  generateFirewallSecrets,
  isOfBeta,
  PRF_KEY_LENGTH,
} from "./firewall.ts";
export { HASH_TAGS, hashGt, hashUserIdentity, ownerPublicKey } from "./hash.ts";
export {
  checkOwnerKey,
  decryptDO,
  type Encapsulation,
  encapsulate,
  encrypt,
  keyGenDO,
  randomMessage,
  setupA,
} from "./ibe.ts";
export { ID_LENGTH, type ScopedIdentity, scopedIdentityBytes } from "./identity.ts";
export { type CurveLibrary, initCurve } from "./init-curve.ts";
export { deriveKey, type JoinedSecrets, joinSecrets, type KeyLabel, RECORD_SECRET_LENGTH } from "./key-derivation.ts";
export { forgetKey, forgetScope, forgetTables, tableCounts } from "./prepared.ts";
export {
  decryptDU,
  type ReKeyProposal,
  reEncrypt,
  reKeyGen,
} from "./proxy.ts";
export type { MasterKeyPair, Requester, UserPublicKey } from "./public-keys.ts";
export { type RandomSource, systemRandom } from "./random.ts";
export { encodeReEncryption, parseReEncryption, type ReEncryption } from "./re-encryption.ts";
export { openRecordSecret, type RecordSecretSubject, sealRecordSecret } from "./record-secret.ts";
export {
  type FirewallSources,
  type RelayerGroup,
  ReverseFirewall,
  type ReverseFirewallOptions,
  type SignedOff,
  type SignOffInput,
} from "./reverse-firewall.ts";
export { generateSealingKeyPair, SEALING_KEY_LENGTH, type SealingKeyPair } from "./sealing-keys.ts";
export { inMemorySeenRecords, type SeenIds, type SeenRecords } from "./seen-records.ts";
export { partialsAgree } from "./threshold/agreement.ts";
export { checkSignedOff } from "./threshold/check-signed-off.ts";
export { DISPUTE_PROOF_LENGTH, type DisputeSubject, provePartial, verifyPartial } from "./threshold/dispute.ts";
export { type Dispute, encodeDispute, parseDispute } from "./threshold/dispute-object.ts";
export { MAX_INDEX, MAX_SHARES, type PartialContext } from "./threshold/group.ts";
export {
  type DecryptPartialsInput,
  decryptPartials,
  isCommittedPartial,
  partialReEncrypt,
} from "./threshold/partial.ts";
export {
  encodePartial,
  type Partial,
  type PublishedPartial,
  parsePartial,
  partialDigest,
} from "./threshold/partial-object.ts";
export {
  encodeRelayerKey,
  generateRelayerKeyPair,
  parseRelayerKey,
  RELAYER_PUBLIC_KEY_LENGTH,
  RELAYER_SEED_LENGTH,
  type RelayerKeyPair,
  relayerKeyPairOf,
} from "./threshold/relayer-keys.ts";
export {
  encodeSealedReKey,
  namesInSealedReKey,
  parseSealedReKey,
  type SealedReKey,
  type SealedReKeyNames,
} from "./threshold/sealed-rekey.ts";
export {
  openShare,
  parseSealedShares,
  type SealedShare,
  type SealedShares,
  type ShareRecipient,
  sealShares,
} from "./threshold/sealed-shares.ts";
export {
  type CheckDealingInput,
  checkDealing,
  type DealInput,
  type Dealing,
  dealShares,
  isCommittedShare,
  type Share,
  type ShareCommitments,
} from "./threshold/shares.ts";
export {
  openByXWing,
  sealByXWing,
  X_WING_PUBLIC_KEY_LENGTH,
  X_WING_SEED_LENGTH,
  type XWingBox,
  xWingBoxOf,
  xWingPublicKey,
} from "./x-wing.ts";
