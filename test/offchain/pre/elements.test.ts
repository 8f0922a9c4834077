import { checkG1, checkG2, checkGt, checkScalar, initCurve } from "@medexchain/pre";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { p384 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hexToNumber, numberToBytesBE } from "@noble/curves/utils.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Fp12, Fr, G1, G2, pair, toG1, toG2, toGt } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

const P = bls.fields.Fp.ORDER;
const CHECKS = { Fr: checkScalar, G1: checkG1, G2: checkG2, GT: checkGt } as const;
const VALID = {
  Fr: Fr.toBytes(12345n),
  G1: toG1(G1.BASE.multiply(12345n)),
  G2: toG2(G2.BASE.multiply(12345n)),
  GT: toGt(pair(G1.BASE.multiply(12345n), G2.BASE)),
} as const;

/** A point on the curve y² = x³ + 4, but of another order: found by trying x. */
function outsideSubgroupG1(): Uint8Array {
  for (let x = 1n; ; x += 1n) {
    const y = sqrtOrUndefined(() => bls.fields.Fp.sqrt(bls.fields.Fp.create(x ** 3n + 4n)));
    if (y === undefined) continue;
    if (!G1.fromAffine({ x, y }).isTorsionFree()) return compressed(numberToBytesBE(x, 48));
  }
}

/** The same on y² = x³ + 4(1 + i). */
function outsideSubgroupG2(): Uint8Array {
  const { Fp2 } = bls.fields;
  const b = Fp2.create({ c0: 4n, c1: 4n });
  for (let n = 1n; ; n += 1n) {
    const x = Fp2.create({ c0: n, c1: 0n });
    const y = sqrtOrUndefined(() => Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)));
    if (y === undefined) continue;
    if (!G2.fromAffine({ x, y }).isTorsionFree()) return compressed(numberToBytesBE(n, 96));
  }
}

/** Sets the compression flag; noble does not write such points. Either root will do, as neither is in the subgroup. */
function compressed(x: Uint8Array): Uint8Array {
  x[0]! |= 0x80;
  return x;
}

function sqrtOrUndefined<T>(root: () => T): T | undefined {
  try {
    return root();
  } catch {
    return undefined; // noble throws when there is no root
  }
}

/** An element of the cyclotomic subgroup (where mcl's fast exponentiation is defined), but not of order r. */
function cyclotomic() {
  const f = Fp12.fromBytes(Fp12.toBytes(pair(G1.BASE, G2.BASE)).map((byte, i) => (i === 575 ? byte ^ 1 : byte)));
  const once = Fp12.div(Fp12.conjugate(f), f);
  return Fp12.mul(Fp12.frobeniusMap(once, 2), once);
}

describe("pre: elements on arrival", () => {
  before(initCurve);

  for (const kind of ["Fr", "G1", "G2", "GT"] as const) {
    const check = CHECKS[kind];
    const valid = VALID[kind];

    it(`${kind}: accepts what the other library wrote, and returns the same bytes`, () => {
      expect(check(valid, "it")).to.equal(valid);
    });

    it(`${kind}: refuses one byte more, one less, and nothing, and names the field`, () => {
      refuses(() => check(concatBytes(valid, Uint8Array.of(0)), "rk9"), "PRE_ELEMENT_INVALID", "rk9");
      refuses(() => check(valid.slice(0, -1), "rk9"), "PRE_ELEMENT_INVALID", "rk9");
      refuses(() => check(new Uint8Array(0), "rk9"), "PRE_ELEMENT_INVALID", "rk9");
    });

    it(`${kind}: refuses what is not a Uint8Array`, () => {
      const text = bytesToHex(valid) as unknown as Uint8Array; // what untyped callers do
      refuses(() => check(text, "rk9"), "PRE_ELEMENT_INVALID", "rk9");
    });

    it(`${kind}: refuses all zeros and all ones`, () => {
      refuses(() => check(new Uint8Array(valid.length), "it"), "PRE_ELEMENT_INVALID");
      refuses(() => check(new Uint8Array(valid.length).fill(255), "it"), "PRE_ELEMENT_INVALID");
    });
  }

  it("Fr: refuses the order r and takes r − 1", () => {
    refuses(() => checkScalar(numberToBytesBE(Fr.ORDER, 32), "it"), "PRE_ELEMENT_INVALID");
    checkScalar(numberToBytesBE(Fr.ORDER - 1n, 32), "it");
  });

  it("G1 and G2: refuse the identity", () => {
    refuses(() => checkG1(G1.ZERO.toBytes(true), "it"), "PRE_ELEMENT_INVALID", "identity");
    refuses(() => checkG2(G2.ZERO.toBytes(true), "it"), "PRE_ELEMENT_INVALID", "identity");
  });

  it("G1 and G2: refuse a point of the curve outside the subgroup", () => {
    refuses(() => checkG1(outsideSubgroupG1(), "it"), "PRE_ELEMENT_INVALID");
    refuses(() => checkG2(outsideSubgroupG2(), "it"), "PRE_ELEMENT_INVALID");
  });

  it("G1: refuses points of other curves, padded to length", () => {
    const koblitz = numberToBytesBE(secp256k1.Point.BASE.toAffine().x, 48);
    refuses(() => checkG1(compressed(koblitz), "it"), "PRE_ELEMENT_INVALID");
    refuses(() => checkG1(p384.Point.BASE.toBytes(true).slice(1), "it"), "PRE_ELEMENT_INVALID");
  });

  it("G1 and G2: refuse the uncompressed form, and each other's", () => {
    refuses(() => checkG1(G1.BASE.toBytes(false), "it"), "PRE_ELEMENT_INVALID");
    refuses(() => checkG2(G2.BASE.toBytes(false), "it"), "PRE_ELEMENT_INVALID");
    refuses(() => checkG1(VALID.G2.slice(0, 48), "it"), "PRE_ELEMENT_INVALID");
    refuses(() => checkG2(concatBytes(VALID.G1, VALID.G1), "it"), "PRE_ELEMENT_INVALID");
  });

  it("G1: refuses a coordinate of p or more, and a missing compression flag", () => {
    refuses(() => checkG1(compressed(numberToBytesBE(P, 48)), "it"), "PRE_ELEMENT_INVALID");
    const plain = VALID.G1.slice();
    plain[0]! &= 0x7f;
    refuses(() => checkG1(plain, "it"), "PRE_ELEMENT_INVALID");
  });

  it("G1: refuses the identity's flag on other bytes", () => {
    const odd = G1.ZERO.toBytes(true).slice();
    odd[47] = 1;
    refuses(() => checkG1(odd, "it"), "PRE_ELEMENT_INVALID");
  });

  it("GT: refuses the identity", () => {
    refuses(() => checkGt(toGt(Fp12.ONE), "it"), "PRE_ELEMENT_INVALID", "identity");
  });

  it("GT: refuses elements of Fp12 of another order, cyclotomic ones too", () => {
    const element = cyclotomic();
    const cofactor = Fp12.pow(element, Fr.ORDER);
    const mixed = Fp12.mul(cofactor, pair(G1.BASE, G2.BASE));
    for (const value of [element, cofactor, mixed, Fp12.neg(pair(G1.BASE, G2.BASE))]) {
      refuses(() => checkGt(toGt(value), "it"), "PRE_ELEMENT_INVALID", "GT");
    }
  });

  it("GT: refuses a coefficient of p or more", () => {
    const coefficient = hexToNumber(bytesToHex(VALID.GT.subarray(0, 48))) + P;
    if (coefficient >= 2n ** 384n) throw new Error("choose another exponent: the sum does not fit");
    const value = VALID.GT.slice();
    value.set(numberToBytesBE(coefficient, 48));
    refuses(() => checkGt(value, "it"), "PRE_ELEMENT_INVALID", "canonical");
  });
});
