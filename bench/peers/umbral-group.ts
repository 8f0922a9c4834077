/** Umbral by k of n, on bytes, with the checks that its documents ask for. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "@noble/hashes/utils.js";
import {
  Capsule,
  CapsuleFrag,
  decryptReencrypted,
  encrypt,
  generateKFrags,
  KeyFrag,
  reencrypt,
  SecretKey,
  Signer,
} from "@nucypher/umbral-pre";

/** The delegation's fragments, one proxy's answer, and the user's opening of k answers. */
export function umbralGroup(threshold: number, n: number) {
  const message = randomBytes(32);
  const [owner, user, signingKey] = [SecretKey.random(), SecretKey.random(), SecretKey.random()];
  const [ownerKey, userKey, verifyingKey] = [owner.publicKey(), user.publicKey(), signingKey.publicKey()];
  const signer = new Signer(signingKey);
  const [sent, ciphertext] = encrypt(ownerKey, message);
  const capsule = sent.toBytes();
  const fragments = () =>
    generateKFrags(owner, userKey, signer, threshold, n, true, true).map((fragment) => fragment.toBytes());
  const dealt = fragments();
  const answer = (fragment: Uint8Array) =>
    reencrypt(
      Capsule.fromBytes(capsule),
      KeyFrag.fromBytes(fragment).verify(verifyingKey, ownerKey, userKey),
    ).toBytes();
  const answers = dealt.slice(n - threshold).map(answer);
  const open = () => {
    const decoded = Capsule.fromBytes(capsule);
    const verified = answers.map((bytes) =>
      CapsuleFrag.fromBytes(bytes).verify(decoded, verifyingKey, ownerKey, userKey),
    );
    return decryptReencrypted(user, ownerKey, decoded, verified, ciphertext);
  };
  deepStrictEqual(open(), message);
  const [first] = dealt;
  if (first === undefined) throw new Error("Umbral made no key fragment");
  return { cases: { fragments, partial: () => answer(first), opening: open } };
}
