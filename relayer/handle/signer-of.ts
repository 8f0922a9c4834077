import { recoverAddress, Signature } from "ethers";

/**
 * Whose key signed a digest, as a checksummed address; undefined where the signature is malformed, or not in the one form that the
 * contracts take: 65 bytes, a small s, and a v of 27 or 28.
 */
export function signerOf(digest: string, signature: string): string | undefined {
  try {
    const parsed = Signature.from(signature);
    return parsed.serialized === signature.toLowerCase() ? recoverAddress(digest, parsed) : undefined;
  } catch {
    return undefined;
  }
}
