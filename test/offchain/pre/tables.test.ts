import {
  checkUserPublicKey,
  crfReKeyGen,
  decryptDO,
  deriveBeta,
  drawX,
  encapsulate,
  encrypt,
  forgetKey,
  forgetScope,
  forgetTables,
  hashGt,
  initCurve,
  reKeyGen,
  setupA,
  tableCounts,
} from "@medexchain/pre";
import { numberToBytesBE } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import type { Fr as Scalar } from "mcl-wasm";
import { BoundedCache } from "../../../offchain/pre/bounded-cache.ts";
import {
  deserialise,
  forgetGeneratorTables,
  type generatorG1,
  generatorG2,
  subtract,
} from "../../../offchain/pre/curve.ts";
import { CURVE_PARAMETER, digitsOf } from "../../../offchain/pre/curve-digits.ts";
import { frobenius } from "../../../offchain/pre/frobenius.ts";
import { makeGtComb, powGtComb } from "../../../offchain/pre/gt-comb.ts";
import { loaded, memory, words } from "../../../offchain/pre/mcl.ts";
import { mclOperations } from "../../../offchain/pre/mcl-operations.ts";
import { makeLines, type Pair } from "../../../offchain/pre/miller-lines.ts";
import { makeWorld, publish } from "../../world/crypto.ts";
import { Fp12, Fr, G1, G2, pair, randomExponent, toG1, toG2, toGt } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

const X = CURVE_PARAMETER;
/** Scalars whose digits in base X, or whose bits, are at a border, and random ones. */
const SCALARS = [
  1n,
  2n,
  3n,
  Fr.ORDER - 1n,
  Fr.ORDER - 2n,
  X - 1n,
  X,
  X + 1n,
  X ** 2n,
  X ** 3n - 1n,
  X ** 3n,
  2n ** 64n - 1n,
  2n ** 128n,
  2n ** 254n,
  ...Array.from({ length: 6 }, randomExponent),
];

const handle = (k: bigint): Scalar => deserialise("Fr", numberToBytesBE(k, 32))!;
const LOOKUPS = ["direct", "uniform"] as const;

// The tables are of mcl-wasm's side, whichever library is in use.
const { isInGt, mulG2, mulGeneratorG1, mulGeneratorG2, powGeneratorGt } = mclOperations;
const pairingProduct = (...pairs: Pair[]) => mclOperations.pairingProduct(pairs);
const pairing = (...pair: Pair) => pairingProduct(pair);

describe("pre: tables", () => {
  before(initCurve);

  it("multiply the generators as @noble/curves does, by either lookup", () => {
    for (const k of SCALARS) {
      for (const lookup of LOOKUPS) {
        expect(mulGeneratorG1(handle(k), lookup).serialize()).to.deep.equal(toG1(G1.BASE.multiply(k)), `${k}·g1`);
        expect(mulGeneratorG2(handle(k), lookup).serialize()).to.deep.equal(toG2(G2.BASE.multiply(k)), `${k}·g2`);
      }
    }
  });

  it("multiply any point of G2", () => {
    const base = randomExponent();
    const point = mulGeneratorG2(handle(base), "direct");
    for (const k of SCALARS) {
      const expected = toG2(G2.BASE.multiply(Fr.mul(base, k)));
      expect(mulG2(point, handle(k)).serialize()).to.deep.equal(expected, `${k}·Q`);
    }
  });

  it("raise GT elements as @noble/curves does, by either lookup and any number of teeth", () => {
    const base = pair(G1.BASE.multiply(randomExponent()), G2.BASE);
    const value = deserialise("GT", toGt(base))!;
    const combs = [3, 5, 6, 8].map((teeth) => makeGtComb(value, teeth));
    for (const k of SCALARS.slice(0, -4)) {
      const expected = toGt(Fp12.pow(base, k));
      for (const comb of combs) {
        for (const lookup of LOOKUPS) {
          expect(powGtComb(comb, handle(k), lookup).serialize()).to.deep.equal(expected, `teeth ${comb.teeth}, ${k}`);
        }
      }
    }
    const [k] = [randomExponent()];
    expect(powGeneratorGt(handle(k), "direct").serialize()).to.deep.equal(toGt(pair(G1.BASE.multiply(k), G2.BASE)));
  });

  it("take scalars apart in base X", () => {
    for (const k of SCALARS) {
      const digits = digitsOf(numberToBytesBE(k, 32));
      const value = [0, 1, 2, 3].map((i) => BigInt(digits[2 * i]!) + (BigInt(digits[2 * i + 1]!) << 32n));
      expect(value.every((digit) => digit < X)).to.equal(true);
      expect(value.reduceRight((sum, digit) => sum * X + digit, 0n)).to.equal(k);
    }
  });

  it("apply the Frobenius map as @noble/curves does", () => {
    const f = Fp12.fromBytes(Fp12.toBytes(pair(G1.BASE, G2.BASE)).map((byte, i) => (i % 48 === 47 ? byte ^ 1 : byte)));
    const value = deserialise("GT", toGt(f))!; // mcl decodes any element of Fp12
    const { scratch } = loaded();
    memory().set(words(value), scratch >> 2);
    frobenius(scratch);
    words(value).set(memory().subarray(scratch >> 2, (scratch >> 2) + words(value).length));
    expect(value.serialize()).to.deep.equal(toGt(Fp12.frobeniusMap(f, 1)));
    expect(isInGt(value)).to.equal(false);
    // and what mcl calls the inverse is conjugation, of any element
    memory().set(words(deserialise("GT", toGt(f))!), scratch >> 2);
    loaded().raw._mclBnGT_inv(scratch, scratch);
    words(value).set(memory().subarray(scratch >> 2, (scratch >> 2) + words(value).length));
    expect(value.serialize()).to.deep.equal(toGt(Fp12.conjugate(f)));
    expect(toGt(Fp12.conjugate(f))).to.deep.equal(toGt(Fp12.frobeniusMap(f, 6)));
    expect(toGt(Fp12.conjugate(f))).to.not.deep.equal(toGt(Fp12.inv(f)));
  });

  it("are right to compare f^p with the conjugate of f^X for membership: the orders that pass divide r", () => {
    const p = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
    const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
    expect(gcd(X * p ** 6n - p, p ** 12n - 1n)).to.equal(Fr.ORDER);
  });

  it("pair with lines as without, alone and in products, the identity too", () => {
    const [a, b, c] = [1, 2, 3].map(() => mulGeneratorG1(handle(randomExponent()), "direct")) as [
      ReturnType<typeof generatorG1>,
      ReturnType<typeof generatorG1>,
      ReturnType<typeof generatorG1>,
    ];
    const q = mulGeneratorG2(handle(randomExponent()), "direct");
    const lines = makeLines(q);
    const plain = pairing(a, q);
    expect(plain.serialize()).to.deep.equal(toGt(pair(G1.fromBytes(a.serialize()), G2.fromBytes(q.serialize()))));
    expect(pairing(a, lines).isEqual(plain)).to.equal(true);
    const reference = pairingProduct([a, q], [b, q], [c, generatorG2()]);
    for (const one of [q, lines]) {
      for (const other of [q, lines]) {
        for (const last of [generatorG2(), makeLines(generatorG2())]) {
          expect(pairingProduct([a, one], [b, other], [c, last]).isEqual(reference)).to.equal(true);
        }
      }
    }
    const zero = subtract(a, a);
    const zeroG2 = subtract(q, q);
    for (const other of [q, lines]) {
      expect(pairing(zero, other).isOne()).to.equal(true);
      expect(pairingProduct([a, q], [zero, other], [b, zeroG2]).isEqual(plain)).to.equal(true);
    }
  });

  it("do not let an rk1 pass that makes the checked key the identity", async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const x = drawX();
    const proposal = reKeyGen(record.ownerKey, x, world.requester);
    const beta = deriveBeta(randomBytes(32), record.recordId);
    const input = { x, beta, owner: record.owner, hospitalKey: world.firewall.publicKey, requester: world.requester };
    crfReKeyGen(proposal, input);
    const bent = { ...proposal, reKey: { ...proposal.reKey, rk1: hashGt(x) } };
    refuses(() => crfReKeyGen(bent, input), "PRE_REKEY_REFUSED", "rk1");
  });
});

describe("pre: what is kept of a key", () => {
  const owner = { identity: randomBytes(32), scope: randomBytes(32) };
  before(initCurve);
  beforeEach(forgetTables);
  after(forgetTables);

  it("does not change what is computed: first, again, and after it was forgotten", () => {
    const { publicKey } = setupA();
    const seed = randomBytes(96);
    const run = () => {
      let at = 0;
      return encapsulate(owner, publicKey, (length) => {
        at += length;
        return seed.slice(at - length, at);
      });
    };
    const first = run();
    expect(run()).to.deep.equal(first);
    forgetGeneratorTables();
    forgetKey(publicKey);
    expect(run()).to.deep.equal(first);
    const again = encrypt(first.m, owner, publicKey, () => seed.slice(48));
    expect(again).to.deep.equal(first.sent);
  });

  it("is dropped with the hospital's key, the scope, or the requester's key, and nothing else is", async () => {
    const [one, other] = [setupA().publicKey, setupA().publicKey];
    const second = { ...owner, scope: randomBytes(32) };
    for (const key of [one, other]) for (const each of [owner, second]) encapsulate(each, key);
    expect(tableCounts()).to.deep.equal({ hospitalKeys: 2, owners: 4, requesters: 0 });
    forgetScope(second);
    expect(tableCounts()).to.deep.equal({ hospitalKeys: 2, owners: 2, requesters: 0 });
    forgetKey(one);
    expect(tableCounts()).to.deep.equal({ hospitalKeys: 1, owners: 1, requesters: 0 });
    forgetTables();
    const world = await makeWorld();
    const record = await publish(world);
    reKeyGen(record.ownerKey, drawX(), world.requester);
    expect(tableCounts().requesters).to.equal(1);
    forgetKey(world.requester.publicKey.V);
    expect(tableCounts().requesters).to.equal(0);
    world.firewall[Symbol.dispose]();
    expect(tableCounts().owners).to.equal(0);
  });

  it("is bounded, however many keys are used", () => {
    const { publicKey } = setupA();
    for (let n = 0; n < 40; n += 1) encapsulate({ ...owner, scope: Uint8Array.of(n + 1) }, publicKey);
    expect(tableCounts()).to.deep.equal({ hospitalKeys: 1, owners: 32, requesters: 0 });
  });

  it("never stands in for a check: a key that differs in one bit, or was cut elsewhere, is checked anew", async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const { requester } = world;
    reKeyGen(record.ownerKey, drawX(), requester);
    const other = toG1(G1.BASE.multiply(randomExponent()));
    const swapped = { ...requester, publicKey: { ...requester.publicKey, U: other } };
    refuses(() => reKeyGen(record.ownerKey, drawX(), swapped), "PRE_PUBLIC_KEY_INVALID");
    refuses(() => checkUserPublicKey(swapped.publicKey, requester.hospitalKey), "PRE_PUBLIC_KEY_INVALID");
    const { V, U } = requester.publicKey;
    const cut = { V: new Uint8Array([...V, U[0]!]) as typeof V, U: U.slice(1) as typeof U };
    refuses(() => reKeyGen(record.ownerKey, drawX(), { ...requester, publicKey: cut }), "PRE_ELEMENT_INVALID", "V");
    refuses(() => encapsulate(owner, "00" as unknown as typeof V), "PRE_ELEMENT_INVALID", "PK_A'");
    refuses(() => encapsulate(owner, "00" as unknown as typeof V), "PRE_ELEMENT_INVALID", "PK_A'");
  });

  it("is kept by the bytes: a key array that is changed afterwards is another key", () => {
    const { publicKey } = setupA();
    const mutable = publicKey.slice() as typeof publicKey;
    encapsulate(owner, mutable);
    mutable.set(setupA().publicKey);
    const secondKey = mutable.slice() as typeof publicKey;
    const fixed = randomBytes(96);
    const replay = () => {
      let at = 0;
      return (length: number) => {
        at += length;
        return fixed.slice(at - length, at);
      };
    };
    const withMutable = encapsulate(owner, mutable, replay());
    forgetTables();
    expect(encapsulate(owner, secondKey, replay())).to.deep.equal(withMutable);
    expect(decryptDO(withMutable.sent, toG1(G1.BASE))).to.have.length(576);
  });

  it("drops what was not used for longest", () => {
    const cache = new BoundedCache<number>(2);
    cache.get("a", () => 1);
    cache.get("b", () => 2);
    cache.get("a", () => 9);
    cache.get("c", () => 3);
    expect(cache.size).to.equal(2);
    expect(cache.get("a", () => 9)).to.equal(1);
    expect(cache.get("b", () => 9)).to.equal(9);
    expect(() =>
      cache.get("d", () => {
        throw new Error("no");
      }),
    ).to.throw("no");
    expect(cache.get("d", () => 4)).to.equal(4);
  });
});
