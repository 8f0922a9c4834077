/**
 * Test vectors of every PRE algorithm (docs/design.md §3): two protocol runs whose randomness is SHAKE256 of a seed. `node
 * test/vectors/write-pre.ts` writes them; test/offchain/pre/vectors.test.ts makes them again and recomputes each with @noble.
 *
 * A vector is the algorithm, its input, what it drew (`random`, in order) and its output; all bytes in hexadecimal.
 */

import {
  type CreateCapsuleInput,
  checkCiphertext,
  checkReRandomised,
  createCapsule,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  dealShares,
  decryptDO,
  decryptDU,
  decryptPartials,
  deriveBeta,
  deriveKey,
  drawX,
  encodePartial,
  encodeReEncryption,
  encodeRelayerKey,
  encodeSealedReKey,
  encrypt,
  generateFirewallSecrets,
  generateRelayerKeyPair,
  generateSealingKeyPair,
  hashGt,
  hashUserIdentity,
  joinSecrets,
  keyGenDO,
  keyGenDU,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  openRecordSecret,
  ownerPublicKey,
  parseReEncryption,
  partialKeyGenDU,
  partialReEncrypt,
  provePartial,
  type RandomSource,
  RECORD_SECRET_LENGTH,
  randomMessage,
  reEncrypt,
  reKeyGen,
  type SealedReKey,
  type ShareRecipient,
  sealRecordSecret,
  sealShares,
  setupA,
  setupB,
  X_WING_SEED_LENGTH,
  xWingPublicKey,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { recording, seeded } from "../world/seeded.ts";

type Bytes = { readonly [field: string]: Uint8Array | Bytes };
type Hex = { [field: string]: string | Hex };

/** One use of one algorithm. */
export interface Vector {
  readonly algorithm: string;
  readonly input: Hex;
  readonly random: readonly string[];
  readonly output: Hex;
}

/** The content of one file. */
export interface VectorFile {
  readonly about: string;
  readonly vectors: readonly Vector[];
}

const ABOUT = {
  "pre-hash": "H1 of owners and users, H2: RFC 9380 hash-to-curve under the tags of offchain/pre/hash.ts",
  "pre-keys": "Setup, CRF-Setup, KeyGen_DO, KeyGen_DU and CRF-KeyGen",
  "pre-encryption": "Enc, PRF, CRF-Enc, Dec_DO, key derivation, and the capsule",
  "pre-re-encryption": "X, ReKeyGen, CRF-ReKeyGen, ReEnc, C_DU as published, and Dec_DU",
  "pre-threshold":
    "five relayers' keys, dealing of rk1' to them, what is published of it, three partials, Dec_DU of them, and a relayer's proof",
  "pre-record-secret":
    "Q beside M: key derivation, the capsule, a doctor's X-Wing key, Q sealed to it, and the sealed key with it",
} as const;

export type VectorFileName = keyof typeof ABOUT;

/** Runs every algorithm. The curve must be loaded. */
export async function preVectors(): Promise<Record<VectorFileName, VectorFile>> {
  const found: Record<VectorFileName, Vector[]> = {
    "pre-hash": [],
    "pre-keys": [],
    "pre-encryption": [],
    "pre-re-encryption": [],
    "pre-threshold": [],
    "pre-record-secret": [],
  };
  for (const run of [1, 2]) await runProtocol(run, (file, vector) => found[file].push(vector));
  const file = (name: VectorFileName): VectorFile => ({ about: ABOUT[name], vectors: found[name] });
  return {
    "pre-hash": file("pre-hash"),
    "pre-keys": file("pre-keys"),
    "pre-encryption": file("pre-encryption"),
    "pre-re-encryption": file("pre-re-encryption"),
    "pre-threshold": file("pre-threshold"),
    "pre-record-secret": file("pre-record-secret"),
  };
}

async function runProtocol(run: number, emit: (file: VectorFileName, vector: Vector) => void): Promise<void> {
  const source = seeded(`medexchain test vectors, run ${run}`);
  const { random, taken } = recording(source);
  const add = (file: VectorFileName, algorithm: string, input: Bytes, output: Bytes) =>
    emit(file, { algorithm, input: toHex(input), random: taken(), output: toHex(output) });

  const owner = { identity: source(32), scope: run === 1 ? source(32) : utf8ToBytes("a series") };
  const identity = source(32);
  const recordId = source(32);
  const requestId = source(32);

  add("pre-hash", "H1 of an owner", { owner }, { point: ownerPublicKey(owner) });
  add("pre-hash", "H1 of a user", { identity }, { point: hashUserIdentity(identity) });

  const a = setupA(random);
  add("pre-keys", "Setup A", {}, { s: a.secretKey, PK_A: a.publicKey });
  const b = setupB(random);
  add("pre-keys", "Setup B", {}, { y: b.secretKey, PK_B: b.publicKey });
  const firewallA = generateFirewallSecrets(random);
  add("pre-keys", "firewall secrets", {}, { blinding: firewallA.blinding, k_A: firewallA.prfKey });
  const firewallB = generateFirewallSecrets(random);
  add("pre-keys", "firewall secrets", {}, { blinding: firewallB.blinding, k_A: firewallB.prfKey });
  const keyA = crfSetup(firewallA.blinding, a.publicKey);
  add("pre-keys", "CRF-Setup", { blinding: firewallA.blinding, PK: a.publicKey }, { PK_blinded: keyA });
  const keyB = crfSetup(firewallB.blinding, b.publicKey);
  add("pre-keys", "CRF-Setup", { blinding: firewallB.blinding, PK: b.publicKey }, { PK_blinded: keyB });

  const sk = keyGenDO(a.secretKey, owner);
  add("pre-keys", "KeyGen_DO", { s: a.secretKey, owner }, { sk_DO: sk });
  const ownerKey = crfKeyGenDO(firewallA.blinding, sk, owner, a.publicKey);
  add("pre-keys", "CRF-KeyGen_DO", { a: firewallA.blinding, sk_DO: sk }, { sk_DO_blinded: ownerKey });
  const partial = partialKeyGenDU(b.secretKey, identity);
  add("pre-keys", "KeyGen_DU, partial", { y: b.secretKey, identity }, { D: partial });
  const blinded = crfKeyGenDU(firewallB.blinding, partial, identity, b.publicKey);
  add("pre-keys", "CRF-KeyGen_DU", { b: firewallB.blinding, D: partial }, { D_blinded: blinded });
  const user = keyGenDU(blinded, identity, keyB, random);
  add(
    "pre-keys",
    "KeyGen_DU",
    { D_blinded: blinded, PK_B_blinded: keyB },
    { sk_DU: user.privateKey, V: user.publicKey.V, U: user.publicKey.U },
  );

  const m = randomMessage(random);
  add("pre-encryption", "M", {}, { M: m });
  const sent = encrypt(m, owner, keyA, random);
  add("pre-encryption", "Enc", { M: m, owner, PK_A_blinded: keyA }, { ...sent });
  const beta = deriveBeta(firewallA.prfKey, recordId);
  add("pre-encryption", "PRF", { k_A: firewallA.prfKey, recordId }, { beta });
  const ciphertext = crfEncrypt(sent, owner, keyA, beta);
  add("pre-encryption", "CRF-Enc", { ...sent, owner, PK_A_blinded: keyA, beta }, { ...ciphertext });
  checkReRandomised(sent, ciphertext, owner, keyA);
  add("pre-encryption", "Dec_DO", { ...ciphertext, sk_DO_blinded: ownerKey }, { M: decryptDO(ciphertext, ownerKey) });
  for (const label of ["capsule/box", "capsule/commitment", "tangle/side-key"] as const) {
    const context = label === "tangle/side-key" ? requestId : recordId;
    const input = { M: m, label: utf8ToBytes(label), context };
    add("pre-encryption", "key derivation", input, { key: deriveKey(m, label, context) });
  }
  const payload = utf8ToBytes("a record's secrets");
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey: keyA, payload }, random);
  add("pre-encryption", "capsule", { M: m, recordId, owner, ...ciphertext, payload }, { capsule });

  const x = drawX(random);
  add("pre-re-encryption", "X", {}, { X: x });
  add("pre-hash", "H2", { X: x }, { point: hashGt(x) });
  const requester = { identity, publicKey: user.publicKey, hospitalKey: keyB };
  const proposal = reKeyGen(ownerKey, x, requester, random);
  const { V, U } = user.publicKey;
  add(
    "pre-re-encryption",
    "ReKeyGen",
    { sk_DO_blinded: ownerKey, X: x, identity, V, U, PK_B_blinded: keyB },
    { ...proposal.reKey, W: proposal.witness },
  );
  const reKey = crfReKeyGen(proposal, { x, beta, owner, hospitalKey: keyA, requester }, random);
  add("pre-re-encryption", "CRF-ReKeyGen", { ...proposal.reKey, beta, owner, identity, V }, { ...reKey });
  const sealing = await generateSealingKeyPair(random);
  add("pre-re-encryption", "sealing key", {}, { privateKey: sealing.privateKey, publicKey: sealing.publicKey });
  const reEncrypted = reEncrypt(ciphertext, reKey);
  add("pre-re-encryption", "ReEnc", { ...ciphertext, ...reKey }, { ...reEncrypted });
  const published = encodeReEncryption({ requestId, ...reEncrypted });
  add("pre-re-encryption", "C_DU as published", { requestId, ...reEncrypted }, { published });
  add(
    "pre-re-encryption",
    "Dec_DU",
    { ...reEncrypted, sk_DU: user.privateKey },
    { M: decryptDU(reEncrypted, user.privateKey) },
  );

  const indices = run === 1 ? [1, 2, 3, 4, 5] : [2, 3, 7, 11, 40];
  const epoch = 3n;
  const context = { requestId, epoch };
  const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold: 3, indices }, random);
  const group = { indices: Uint8Array.from(indices), epoch: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3), requestId };
  const { shares, commitments, digests } = dealing;
  add(
    "pre-threshold",
    "Deal",
    { ...group, threshold: Uint8Array.of(3), rk1: reKey.rk1, c1: ciphertext.c1 },
    {
      shares: concatBytes(...shares.map(({ share }) => share)),
      A: concatBytes(...commitments),
      h: concatBytes(...digests),
    },
  );
  const relayers: ShareRecipient[] = [];
  for (const index of indices) {
    const { seed, publicKey } = await generateRelayerKeyPair(random);
    add("pre-threshold", "relayer key", {}, { seed, publicKey, published: encodeRelayerKey(publicKey) });
    relayers.push({ index, sealingKey: publicKey });
  }
  const sealedShares = await sealShares(dealing, context, relayers, random);
  add(
    "pre-threshold",
    "sealed shares",
    {
      ...group,
      publicKeys: concatBytes(...relayers.map(({ sealingKey }) => sealingKey)),
      shares: concatBytes(...shares.map(({ share }) => share)),
      A: concatBytes(...commitments),
    },
    { published: sealedShares },
  );
  const sealedReKey = { ...context, C3: reKey.rk2, C4: reKey.rk3, indices, digests, threshold: 3 };
  add(
    "pre-threshold",
    "sealed re-encryption key",
    {
      ...group,
      threshold: Uint8Array.of(3),
      rk2: reKey.rk2,
      rk3: reKey.rk3,
      h: concatBytes(...digests),
      shares: sha256(sealedShares),
    },
    { published: encodeSealedReKey({ ...sealedReKey, shares: sha256(sealedShares) }) },
  );
  const checked = checkCiphertext(ciphertext);
  const chosen = [shares[0]!, shares[2]!, shares[4]!];
  const partials = chosen.map((share) => partialReEncrypt(share, checked));
  for (const [at, { share }] of chosen.entries()) {
    add("pre-threshold", "PartialReEnc", { s: share, c1: ciphertext.c1 }, { P: partials[at]!.partial });
  }
  for (const partial of partials) {
    const published = encodePartial({ ...context, ...partial });
    add(
      "pre-threshold",
      "partial as published",
      { ...group, index: Uint8Array.of(partial.index), P: partial.partial },
      { published, h: sha256(published) },
    );
  }
  const { C3, C4 } = reEncrypted;
  const privateKey = user.privateKey;
  add(
    "pre-threshold",
    "Dec_DU of partials",
    {
      ...ciphertext,
      C3,
      C4,
      sk_DU: privateKey,
      indices: Uint8Array.from(chosen, ({ index }) => index),
      partials: concatBytes(...partials.map(({ partial }) => partial)),
    },
    { M: decryptPartials({ ciphertext: checked, C3, C4, partials, privateKey }) },
  );
  const relayerSecret = source(32);
  const proof = provePartial(
    chosen[1]!,
    partials[1]!,
    { ...context, ciphertext: checked, commitments: dealing },
    relayerSecret,
  );
  const { index, share } = chosen[1]!;
  add(
    "pre-threshold",
    "Prove",
    {
      ...group,
      index: Uint8Array.of(index),
      s: share,
      P: partials[1]!.partial,
      c1: ciphertext.c1,
      secret: relayerSecret,
    },
    { proof },
  );

  await addRecordSecret(add, random, source, {
    ...{ recordId, requestId, owner, m, sent, ciphertext, hospitalKey: keyA, payload, ownerKey },
    sealed: { ...sealedReKey, shares: sha256(sealedShares) },
    group: { ...group, threshold: Uint8Array.of(3), rk2: reKey.rk2, rk3: reKey.rk3, h: concatBytes(...digests) },
  });

  // Both readers open the capsule: the vectors belong together.
  openCapsuleAsOwner(capsule, { recordId, owner }, ownerKey);
  openCapsuleAsUser(capsule, { recordId, owner }, parseReEncryption(published), user.privateKey);
}

interface WithSecret extends Omit<CreateCapsuleInput, "q"> {
  readonly requestId: Uint8Array;
  readonly ownerKey: Parameters<typeof openCapsuleAsOwner>[2];
  readonly sealed: SealedReKey;
  readonly group: Bytes;
}

/** What a secret beside M changes: every key of the record, the capsule, and the sealed key, which carries it to the doctor. */
async function addRecordSecret(
  add: (file: VectorFileName, algorithm: string, input: Bytes, output: Bytes) => void,
  random: RandomSource,
  source: RandomSource,
  { requestId, ownerKey, sealed, group, ...record }: WithSecret,
): Promise<void> {
  const { recordId, owner, m, ciphertext, payload } = record;
  const q = source(RECORD_SECRET_LENGTH);
  const file = "pre-record-secret";
  for (const label of ["capsule/box", "capsule/commitment", "tangle/side-key"] as const) {
    const context = label === "tangle/side-key" ? requestId : recordId;
    const key = deriveKey(joinSecrets(m, q), label, context);
    add(file, "key derivation with Q", { M: m, Q: q, label: utf8ToBytes(label), context }, { key });
  }
  const capsule = createCapsule({ ...record, q }, random);
  add(file, "capsule with Q", { M: m, Q: q, recordId, owner: { ...owner }, ...ciphertext, payload }, { capsule });
  openCapsuleAsOwner(capsule, { recordId, owner, q }, ownerKey);
  const seed = source(X_WING_SEED_LENGTH);
  const publicKey = await xWingPublicKey(seed);
  add(file, "doctor's key", { seed }, { publicKey });
  const { enc, ct } = await sealRecordSecret(q, { requestId, recordId }, publicKey, random);
  add(file, "record secret", { Q: q, requestId, recordId, publicKey }, { enc, ct });
  await openRecordSecret({ enc, ct }, { requestId, recordId }, seed);
  const published = encodeSealedReKey({ ...sealed, secret: { enc, ct } });
  add(file, "sealed re-encryption key with Q", { ...group, shares: sealed.shares, enc, ct }, { published });
}

function toHex(value: Bytes): Hex {
  const hex = ([field, content]: [string, Uint8Array | Bytes]): [string, string | Hex] => [
    field,
    content instanceof Uint8Array ? bytesToHex(content) : toHex(content),
  ];
  return Object.fromEntries(Object.entries(value).map(hex));
}
