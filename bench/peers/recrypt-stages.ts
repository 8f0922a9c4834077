/** Recrypt's stages on a plaintext of its own, an element of its GT, as ours. */
import { deepStrictEqual } from "node:assert/strict";
import type { EncryptedValue, PublicKey, TransformKey } from "@ironcorelabs/recrypt-wasm-binding";
import { loadRecrypt } from "./load-recrypt.ts";
import type { PeerStages } from "./stages.ts";

export async function recryptStages(): Promise<PeerStages> {
  const recrypt = await loadRecrypt();
  const api = new recrypt.Api256();
  const [owner, user, signer] = [api.generateKeyPair(), api.generateKeyPair(), api.generateEd25519KeyPair()];
  const plaintext = api.generatePlaintext();
  const encrypt = () => api.encrypt(plaintext, owner.publicKey, signer.privateKey);
  const reKeyGen = () => api.generateTransformKey(owner.privateKey, user.publicKey, signer.privateKey);
  const [sent, reKey] = [encrypt(), reKeyGen()];
  const reEncrypt = () => api.transform(sent, reKey, signer.privateKey);
  const reEncrypted = reEncrypt();
  const decrypt = () => api.decrypt(reEncrypted, user.privateKey);
  deepStrictEqual(decrypt(), plaintext);
  return {
    // Enc draws its plaintext, as ours and Umbral's key are drawn.
    cases: {
      KeyGen: () => api.generateKeyPair(),
      Enc: () => api.encrypt(api.generatePlaintext(), owner.publicKey, signer.privateKey),
      ReKeyGen: reKeyGen,
      ReEnc: reEncrypt,
      Dec: decrypt,
    },
    sizes: {
      "public key": pointLength(user.publicKey),
      ciphertext: valueLength(sent),
      "re-encryption key": transformKeyLength(reKey),
      "re-encrypted ciphertext": valueLength(reEncrypted),
    },
  };
}

const pointLength = ({ x, y }: PublicKey): number => x.length + y.length;

function valueLength(value: EncryptedValue): number {
  const blocks = value.transformBlocks.map(
    (block) =>
      pointLength(block.publicKey) +
      block.encryptedTempKey.length +
      pointLength(block.randomTransformPublicKey) +
      block.randomTransformEncryptedTempKey.length,
  );
  return (
    pointLength(value.ephemeralPublicKey) +
    value.encryptedMessage.length +
    value.authHash.length +
    value.publicSigningKey.length +
    value.signature.length +
    blocks.reduce((sum, length) => sum + length, 0)
  );
}

function transformKeyLength(key: TransformKey): number {
  return (
    pointLength(key.ephemeralPublicKey) +
    pointLength(key.toPublicKey) +
    key.encryptedTempKey.length +
    key.hashedTempKey.length +
    key.publicSigningKey.length +
    key.signature.length
  );
}
