/** Who signed a digest: Ethereum's signatures, recovered by libsecp256k1 as WebAssembly. */
import { instantiateSecp256k1 } from "@bitauth/libauth";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { toHex } from "../store/stored-log.ts";

/** Half the group's order, rounded down: SEC 2 §2.4.1. */
const HALF_ORDER = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");
/** About 150 bytes each. */
const MOST_MET = 100_000;

/** Whether an account signed a digest, by its own key. What a contract account accepts is another question. */
export type SignedBy = (account: string, digest: Uint8Array, signature: Uint8Array) => boolean;

/**
 * A verifier of Ethereum signatures (secp256k1 ECDSA, keys recovered by SEC 1 §4.1.6; 65 bytes r, s, v; v 27 or 28, s in the lower half,
 * as OpenZeppelin's ECDSA wants it).
 *
 * @returns a function of the account (0x, lower case), the 32-byte digest and the signature; false for a malformed one
 */
export async function signatureVerifier(): Promise<SignedBy> {
  const { recoverPublicKeyUncompressed } = await instantiateSecp256k1();
  const signerOf = (digest: Uint8Array, signature: Uint8Array): string | undefined => {
    const v = signature[64];
    // Lengths first: the library copies what it is given into memory of a fixed size.
    if (digest.length !== 32 || signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
    if (HALF_ORDER.compare(signature, 32, 64) < 0) return undefined;
    const key = recoverPublicKeyUncompressed(signature.subarray(0, 64), v === 27 ? 0 : 1, digest);
    if (typeof key === "string") return undefined; // r or s out of range, or no point
    return toHex(keccak_256(key.subarray(1)).subarray(12));
  };
  /** A request's signature is met on both chains: it is checked once. */
  const met = new Map<string, string>();
  return (account, digest, signature) => {
    const both = Buffer.concat([digest, signature]).toString("latin1");
    const known = met.get(both);
    if (known !== undefined) {
      met.delete(both); // a third time is rare
      return known === account;
    }
    const signer = signerOf(digest, signature);
    if (signer === undefined) return false;
    if (met.size < MOST_MET) met.set(both, signer);
    return signer === account;
  };
}
