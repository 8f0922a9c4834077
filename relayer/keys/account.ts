/** The relayer's account: ethers' wallet, whose key signs by libsecp256k1 as WebAssembly, in constant time and in a fraction of the time. */

import { secp256k1 } from "@bitauth/libauth";
import { type BytesLike, getBytes, Signature, SigningKey, Wallet } from "ethers";

class LibsecpKey extends SigningKey {
  /** RFC 6979, s in the lower half: the signature that ethers makes. */
  override sign(digest: BytesLike): Signature {
    const hash = getBytes(digest, "digest");
    // Lengths first: the library copies what it is given into memory of a fixed size.
    if (hash.length !== 32) throw new RangeError("a digest to sign has 32 bytes");
    const key = getBytes(this.privateKey);
    try {
      const signed = secp256k1.signMessageHashRecoverableCompact(key, hash);
      if (typeof signed === "string") throw new TypeError("the account's key signs nothing"); // without its text: it is about the key
      const { signature, recoveryId } = signed;
      const hex = Buffer.from(signature).toString("hex");
      return Signature.from({ r: `0x${hex.slice(0, 64)}`, s: `0x${hex.slice(64)}`, v: 27 + (recoveryId % 2) });
    } finally {
      key.fill(0);
    }
  }
}

/**
 * Makes an account of a private key.
 *
 * @param privateKey 0x and 64 hexadecimal digits
 * @throws Error when it is no secp256k1 key
 */
export const openAccount = (privateKey: string): Wallet => new Wallet(new LibsecpKey(privateKey));
