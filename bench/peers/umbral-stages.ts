/** Umbral's stages on what it seals: bytes in and out, one proxy of one (threshold 1 of 1), checks as its documents ask for. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "@noble/hashes/utils.js";
import {
  Capsule,
  CapsuleFrag,
  decryptReencrypted,
  encrypt,
  generateKFrags,
  KeyFrag,
  PublicKey,
  reencrypt,
  SecretKey,
  Signer,
} from "@nucypher/umbral-pre";
import type { PeerStages } from "./stages.ts";

export function umbralStages(): PeerStages {
  const message = randomBytes(32);
  const keys = () => {
    const secretKey = SecretKey.random();
    return { secretKey, publicKey: secretKey.publicKey().toCompressedBytes() };
  };
  const [owner, user] = [keys(), keys()];
  const signingKey = SecretKey.random();
  const verifyingKey = signingKey.publicKey();
  const keyOf = (bytes: Uint8Array) => PublicKey.fromCompressedBytes(bytes);

  const encryptOne = () => {
    const [capsule, ciphertext] = encrypt(keyOf(owner.publicKey), message);
    return { capsule: capsule.toBytes(), ciphertext };
  };
  const reKeyGen = (): Uint8Array => {
    const [fragment] = generateKFrags(owner.secretKey, keyOf(user.publicKey), new Signer(signingKey), 1, 1, true, true);
    if (fragment === undefined) throw new Error("Umbral made no key fragment");
    return fragment.toBytes();
  };
  const sent = encryptOne();
  const reKey = reKeyGen();
  const reEncryptOne = (): Uint8Array => {
    const key = KeyFrag.fromBytes(reKey).verify(verifyingKey, keyOf(owner.publicKey), keyOf(user.publicKey));
    return reencrypt(Capsule.fromBytes(sent.capsule), key).toBytes();
  };
  const reEncrypted = reEncryptOne();
  const decryptOne = (): Uint8Array => {
    const [capsule, ownerKey, userKey] = [
      Capsule.fromBytes(sent.capsule),
      keyOf(owner.publicKey),
      keyOf(user.publicKey),
    ];
    const fragment = CapsuleFrag.fromBytes(reEncrypted).verify(capsule, verifyingKey, ownerKey, userKey);
    return decryptReencrypted(user.secretKey, ownerKey, capsule, [fragment], sent.ciphertext);
  };
  deepStrictEqual(decryptOne(), message);
  return {
    cases: { KeyGen: keys, Enc: encryptOne, ReKeyGen: reKeyGen, ReEnc: reEncryptOne, Dec: decryptOne },
    sizes: {
      "public key": user.publicKey.length,
      ciphertext: sent.capsule.length + sent.ciphertext.length,
      "re-encryption key": reKey.length,
      "re-encrypted ciphertext": reEncrypted.length + sent.capsule.length + sent.ciphertext.length,
    },
  };
}
