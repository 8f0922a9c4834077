/** Re-encryption by k of n a second time, over @noble only (docs/design.md §3). Nothing of offchain/pre is used. */
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
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

export const THRESHOLD_ALGORITHMS: Record<string, (input: Input, random: Uint8Array[]) => Output> = {
  Deal: (input, draws) => {
    const coefficients = [g1(input("rk1")), ...draws.map((wide) => G1.BASE.multiply(reduce(wide)))];
    const shares = [...input("indices")].map((index) => {
      const terms = coefficients.map((point, power) => point.multiply(BigInt(index) ** BigInt(power)));
      return { index, share: terms.reduce((sum, term) => sum.add(term), G1.ZERO) };
    });
    const c1 = g2(input("c1"));
    const digest = (index: number, share: Point1) =>
      sha256(concatBytes(utf8ToBytes("medexchain/v1/partial\0"), context(input, index), toGt(pair(share, c1))));
    return {
      shares: concatBytes(...shares.map(({ share }) => toG1(share))),
      A: concatBytes(...coefficients.map((point) => toGt(pair(point, G2.BASE)))),
      h: concatBytes(...shares.map(({ index, share }) => digest(index, share))),
    };
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
