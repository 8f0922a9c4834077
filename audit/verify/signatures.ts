/** Who signed a digest, with one key's many signatures checked quickly. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

const { Point } = secp256k1;
const { Fn } = Point;
type PublicKey = InstanceType<typeof Point>;

/** After so many signatures of one key, a table of its multiples pays. */
const USES_BEFORE_TABLE = 48;
/** Bits of a table's windows: with this many a table takes under 1 MiB, and a product takes 52 additions. */
const WINDOW = 5;
const MOST_TABLES = 64;
const MOST_KEYS = 20_000;
/** About 150 bytes each. */
const MOST_MET = 200_000;

/** Whether an account signed a digest, by its own key. What a contract account accepts is another question. */
export type SignedBy = (account: string, digest: Uint8Array, signature: Uint8Array) => boolean;

/**
 * A verifier of Ethereum signatures (secp256k1 ECDSA, SEC 1 §4.1.4 and §4.1.6; 65 bytes r, s, v; s in the lower half, as OpenZeppelin's
 * ECDSA wants it). It remembers the keys of accounts, so that only the first signature of each is recovered.
 *
 * @returns a function of the account (0x, lower case), the 32-byte digest and the signature; false for a malformed one
 */
export function signatureVerifier(): SignedBy {
  const keys = new Map<string, { readonly point: PublicKey; uses: number }>();
  let tables = 0;
  /** A request's signature is met on both chains: it is checked once. */
  const met = new Map<string, string>();
  const check: SignedBy = (account, digest, signature) => {
    const v = signature[64];
    if (signature.length !== 65 || (v !== 27 && v !== 28)) return false;
    try {
      const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact");
      if (parsed.hasHighS()) return false;
      const known = keys.get(account);
      if (!known) {
        const point = parsed.addRecoveryBit(v - 27).recoverPublicKey(digest);
        if (addressOf(point) !== account) return false;
        if (keys.size < MOST_KEYS) keys.set(account, { point, uses: 1 });
        return true;
      }
      if (++known.uses === USES_BEFORE_TABLE && tables < MOST_TABLES) {
        known.point.precompute(WINDOW, false);
        tables++;
      }
      return isSignature(known.point, digest, parsed.r, parsed.s, v - 27);
    } catch {
      return false; // r or s out of range, or no point: not a signature
    }
  };
  return (account, digest, signature) => {
    const both = Buffer.concat([digest, signature]).toString("latin1");
    const signer = met.get(both);
    if (signer !== undefined) return signer === account; // a signature with its v is of one account only
    const holds = check(account, digest, signature);
    if (holds && met.size < MOST_MET) met.set(both, account);
    return holds;
  };
}

/** The equation of SEC 1 §4.1.4, over a point that keeps its table; the library's own `verify` makes a new point each time. */
function isSignature(key: PublicKey, digest: Uint8Array, r: bigint, s: bigint, parity: number): boolean {
  const inverse = Fn.inv(s);
  const hash = Fn.create(BigInt(`0x${Buffer.from(digest).toString("hex")}`));
  const point = Point.BASE.multiplyUnsafe(Fn.mul(hash, inverse)).add(key.multiplyUnsafe(Fn.mul(r, inverse)));
  if (point.is0()) return false;
  const { x, y } = point.toAffine();
  // `v` too: with another one, the contract would have recovered another account.
  return Fn.create(x) === r && Number(y & 1n) === parity;
}

const addressOf = (key: PublicKey): string =>
  `0x${Buffer.from(keccak_256(key.toBytes(false).subarray(1)).subarray(12)).toString("hex")}`;
