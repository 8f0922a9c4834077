/** Re-encryption by k of n a second time, over @noble only (docs/design.md §3). Nothing of offchain/pre is used. */
import { encode } from "@ipld/dag-cbor";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { xWingPublicKey, xWingSeal } from "./hpke.ts";
import { Fp12, Fr, G1, G2, g1, g2, gt, hash, type Point1, pair, toG1, toGt } from "./noble.ts";

// Spelled out, not imported: another implementation must use exactly these.
const GT_TAG = "MEDEXCHAIN-V01-H2-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
const NONCE_TAG = "MEDEXCHAIN-V01-PARTIAL-NONCE-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";

/** Reads named bytes of an input. */
export type Input = (...path: string[]) => Uint8Array;
export type Output = Record<string, Uint8Array>;

const reduce = (wide: Uint8Array): bigint => bytesToNumberBE(wide) % Fr.ORDER;
const context = (input: Input, index: number): Uint8Array =>
  concatBytes(input("requestId"), input("epoch"), numberToBytesBE(index, 4));

/** A partial as published, in CBOR by hand: a list of five, each number in its shortest form. */
function publishedPartial(input: Input, index: number, partial: Uint8Array): Uint8Array {
  const epoch = input("epoch")[7]!; // those of the vectors are below 24
  const small = index < 24 ? Uint8Array.of(index) : Uint8Array.of(0x18, index);
  return concatBytes(
    Uint8Array.of(0x85, 2, 0x58, 0x20),
    input("requestId"),
    Uint8Array.of(epoch),
    small,
    Uint8Array.of(0x59, 0x02, 0x40),
    partial,
  );
}

/** Cuts a field into items of one length. */
const cut = (bytes: Uint8Array, length: number): Uint8Array[] =>
  Array.from({ length: bytes.length / length }, (_, at) => bytes.slice(length * at, length * (at + 1)));

export const THRESHOLD_ALGORITHMS: Record<string, (input: Input, random: Uint8Array[]) => Output> = {
  Deal: (input, draws) => {
    const coefficients = [g1(input("rk1")), ...draws.map((wide) => G1.BASE.multiply(reduce(wide)))];
    const shares = [...input("indices")].map((index) => {
      const terms = coefficients.map((point, power) => point.multiply(BigInt(index) ** BigInt(power)));
      return { index, share: terms.reduce((sum, term) => sum.add(term), G1.ZERO) };
    });
    const c1 = g2(input("c1"));
    const digest = (index: number, share: Point1) => sha256(publishedPartial(input, index, toGt(pair(share, c1))));
    return {
      shares: concatBytes(...shares.map(({ share }) => toG1(share))),
      A: concatBytes(...coefficients.map((point) => toGt(pair(point, G2.BASE)))),
      h: concatBytes(...shares.map(({ index, share }) => digest(index, share))),
    };
  },
  "relayer key": (_, [seed]) => {
    const publicKey = xWingPublicKey(seed!);
    return { seed: seed!, publicKey, published: encode({ v: 1, kem: "x-wing", publicKey }) };
  },
  "sealed shares": (input, draws) => {
    const [keys, shares] = [cut(input("publicKeys"), 1216), cut(input("shares"), 48)];
    const sealed = [...input("indices")].map((index, at) => {
      const info = concatBytes(utf8ToBytes("medexchain/v1/sealed-share\0"), context(input, index));
      return { index, ...xWingSeal(shares[at]!, keys[at]!, draws[at]!, info) };
    });
    const [requestId, commitments] = [input("requestId"), cut(input("A"), 576)];
    return { published: encode({ v: 1, requestId, epoch: input("epoch")[7]!, commitments, sealed }) };
  },
  "sealed re-encryption key": (input) => {
    const [requestId, C3, C4, shares] = ["requestId", "rk2", "rk3", "shares"].map((field) => input(field));
    const [indices, digests] = [[...input("indices")], input("h")];
    const threshold = input("threshold")[0]!;
    return {
      published: encode([3, requestId, input("epoch")[7]!, C3, C4, indices, digests, threshold, shares]),
    };
  },
  "partial as published": (input) => {
    const published = publishedPartial(input, input("index")[0]!, input("P"));
    return { published, h: sha256(published) };
  },
  PartialReEnc: (input) => ({ P: toGt(pair(g1(input("s")), g2(input("c1")))) }),
  "Dec_DU of partials": (input) => {
    const x = Fp12.div(gt(input("C4")), pair(g1(input("sk_DU")), g2(input("C3"))));
    const outer = pair(g1(input("c3")).subtract(hash(toGt(x), GT_TAG)), g2(input("c1")));
    const indices = [...input("indices")].map(BigInt);
    const partials = indices.map((index, at) => {
      const others = indices.filter((other) => other !== index);
      const weight = others.reduce((all, other) => Fr.mul(all, Fr.div(other, Fr.create(other - index))), Fr.ONE);
      return Fp12.pow(gt(input("partials").subarray(576 * at, 576 * (at + 1))), weight);
    });
    const m = [gt(input("c2")), outer, ...partials].reduce((product, factor) => Fp12.mul(product, factor));
    return { M: toGt(m) };
  },
  Prove: (input) => {
    const [s, c1] = [g1(input("s")), g2(input("c1"))];
    const statement = concatBytes(
      utf8ToBytes("medexchain/v1/partial-proof\0"),
      context(input, input("index")[0]!),
      input("c1"),
      toGt(pair(s, G2.BASE)),
      input("P"),
    );
    const info = concatBytes(utf8ToBytes("medexchain/v1/partial-proof/nonce\0"), statement);
    const r = hash(hkdf(sha256, input("secret"), undefined, info, 32), NONCE_TAG);
    const c = reduce(sha512(concatBytes(statement, toGt(pair(r, G2.BASE)), toGt(pair(r, c1)))));
    return { proof: concatBytes(numberToBytesBE(c, 32), toG1(r.add(s.multiply(c)))) };
  },
};
