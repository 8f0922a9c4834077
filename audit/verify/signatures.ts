/** Who signed a digest: Ethereum's signatures, recovered by libsecp256k1 as WebAssembly. */
import { instantiateSecp256k1 } from "@bitauth/libauth/build/lib/crypto/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** Signatures of one batch, and one sum: of twice as many each would cost no less. */
export const MOST_AT_ONCE = 2_048;

/** Half the group's order, rounded down: SEC 2 §2.4.1. */
const HALF_ORDER = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

/** Whether an account signed a digest, by its own key. What a contract account accepts is another question. */
export type SignedBy = (account: string, digest: Uint8Array, signature: Uint8Array) => boolean;

/** The public key by which a digest was signed: 65 bytes, uncompressed; undefined for a malformed signature. */
export type SignerKey = (digest: Uint8Array, signature: Uint8Array) => Uint8Array | undefined;

/**
 * Recovers keys from Ethereum signatures (secp256k1 ECDSA, SEC 1 §4.1.6; 65 bytes r, s, v; v 27 or 28, s in the lower half, as
 * OpenZeppelin's ECDSA wants it).
 */
export async function keyRecovery(): Promise<SignerKey> {
  const { recoverPublicKeyUncompressed } = await instantiateSecp256k1();
  return (digest, signature) => {
    const v = signature[64];
    // Lengths first: the library copies what it is given into memory of a fixed size.
    if (digest.length !== 32 || signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
    if (HALF_ORDER.compare(signature, 32, 64) < 0) return undefined;
    const key = recoverPublicKeyUncompressed(signature.subarray(0, 64), v === 27 ? 0 : 1, digest);
    return typeof key === "string" ? undefined : key; // r or s out of range, or no point
  };
}

/** The account of an uncompressed public key: 0x, lower case. In JavaScript, since a thread starts faster without @medexchain/evm. */
export const accountOfKey = (key: Uint8Array): string =>
  `0x${Buffer.from(keccak_256(key.subarray(1))).toString("hex", 12)}`;

/**
 * A verifier of single signatures, as `keyRecovery` takes them.
 *
 * @returns a function of the account (0x, lower case), the 32-byte digest and the signature; false for a malformed one
 */
export async function signatureVerifier(): Promise<SignedBy> {
  const keyOf = await keyRecovery();
  return (account, digest, signature) => {
    const key = keyOf(digest, signature);
    return key !== undefined && accountOfKey(key) === account;
  };
}
