import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  decryptDU,
  encapsulate,
  forgetTables,
  initCurve,
  keyGenDO,
  randomMessage,
  reEncrypt,
  setupA,
} from "@medexchain/pre";
import { numberToBytesBE } from "@noble/curves/utils.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import type { Fr as Scalar } from "mcl-wasm";
import mcl from "mcl-wasm";
import { deserialise, negate } from "../../../offchain/pre/curve.ts";
import { CURVE_PARAMETER } from "../../../offchain/pre/curve-digits.ts";
import { expectKnownAnswer } from "../../../offchain/pre/init-curve.ts";
import { loaded, words } from "../../../offchain/pre/mcl.ts";
import { mclOperations } from "../../../offchain/pre/mcl-operations.ts";
import { loadNativeCurve, type NativeCurve } from "../../../offchain/pre/native-curve.ts";
import { nativeOperations } from "../../../offchain/pre/native-operations.ts";
import { type CurveOperations, operations, useOperations } from "../../../offchain/pre/operations.ts";
import { grantedReKey, makeWorld, publish } from "../../world/crypto.ts";
import { Fp12, Fr, G1, G2, g1, hash, pair, randomExponent, toG1, toG2, toGt } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

const X = CURVE_PARAMETER;
/** Scalars whose digits in base X, or whose bits, are at a border, and random ones. */
const SCALARS = [
  ...[1n, 2n, 3n, 16n, Fr.ORDER - 1n, Fr.ORDER - 2n, X - 1n, X, X + 1n, X ** 2n - 1n, X ** 2n, X ** 3n - 1n, X ** 3n],
  ...[2n ** 64n - 1n, 2n ** 128n, 2n ** 254n],
  ...Array.from({ length: 8 }, randomExponent),
];
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const LOOKUPS = ["direct", "uniform"] as const;
const handle = (k: bigint): Scalar => deserialise("Fr", numberToBytesBE(k, 32))!;

const native = loadNativeCurve();

describe("pre: the native curve", () => {
  if (native === undefined) {
    it("is not built here (npm run build:native, where cargo is), and mcl-wasm computes in its place", async () => {
      expect(await initCurve()).to.not.equal("blst");
      expect(operations()).to.equal(mclOperations);
    });
    return;
  }
  compare(native);
});

function compare(curve: NativeCurve): void {
  const blst = nativeOperations(curve);
  /** Does the same by both. */
  const both = <T>(compute: (library: CurveOperations) => T): [T, T] => [compute(blst), compute(mclOperations)];
  before(initCurve);

  it("is what initCurve chooses where it is built", async () => {
    expect(await initCurve()).to.equal("blst");
    expect(operations()).to.not.equal(mclOperations);
  });

  it("multiplies in G1 and G2 as mcl-wasm and @noble/curves do", () => {
    const [a, b] = [randomExponent(), randomExponent()];
    const [p, q] = [mclOperations.mulG1(loaded().g1, handle(a)), mclOperations.mulG2(loaded().g2, handle(b))];
    for (const k of SCALARS) {
      const [expected1, expected2] = [toG1(G1.BASE.multiply(Fr.mul(a, k))), toG2(G2.BASE.multiply(Fr.mul(b, k)))];
      for (const library of [blst, mclOperations]) {
        expect(library.encodeG1(library.mulG1(p, handle(k)))).to.deep.equal(expected1, `${k}·P`);
        expect(library.encodeG1(library.mulG1Public(p, handle(k)))).to.deep.equal(expected1, `${k}·P`);
        expect(library.encodeG2(library.mulG2(q, handle(k)))).to.deep.equal(expected2, `${k}·Q`);
      }
      for (const lookup of LOOKUPS) {
        const [one, other] = both((library) => [
          library.encodeG1(library.mulGeneratorG1(handle(k), lookup)),
          library.encodeG2(library.mulGeneratorG2(handle(k), lookup)),
          library.powGeneratorGt(handle(k), lookup).serialize(),
        ]);
        expect(one).to.deep.equal(other, `${k} by a generator`);
      }
    }
  });

  it("raises, multiplies, divides and squares in GT as mcl-wasm and @noble/curves do", () => {
    const base = pair(G1.BASE.multiply(randomExponent()), G2.BASE);
    const other = pair(G1.BASE.multiply(randomExponent()), G2.BASE);
    const [x, y] = [deserialise("GT", toGt(base))!, deserialise("GT", toGt(other))!];
    for (const k of SCALARS) {
      const expected = toGt(Fp12.pow(base, k));
      for (const library of [blst, mclOperations]) {
        expect(library.powGtPublic(x, handle(k)).serialize()).to.deep.equal(expected, `x^${k}`);
        for (const lookup of LOOKUPS) {
          expect(library.powGt(library.prepareGt(x, 6), handle(k), lookup).serialize()).to.deep.equal(
            expected,
            `x^${k}`,
          );
        }
      }
    }
    for (const library of [blst, mclOperations]) {
      expect(library.mulGt(x, y).serialize()).to.deep.equal(toGt(Fp12.mul(base, other)));
      expect(library.divideGt(x, y).serialize()).to.deep.equal(toGt(Fp12.div(base, other)));
      expect(library.squareGt(x).serialize()).to.deep.equal(toGt(Fp12.sqr(base)));
    }
  });

  it("pairs as mcl-wasm and @noble/curves do, by points and by lines, in products, and with identities", () => {
    const exponents = Array.from({ length: 3 }, randomExponent);
    const ps = exponents.map((k) => mclOperations.mulG1(loaded().g1, handle(k)));
    const q = mclOperations.mulG2(loaded().g2, handle(randomExponent()));
    const [a, b, c] = [ps[0]!, ps[1]!, ps[2]!];
    expect(blst.pairingProduct([[a, q]]).serialize()).to.deep.equal(
      toGt(pair(g1(blst.encodeG1(a)), G2.fromBytes(blst.encodeG2(q)))),
    );
    const zero1 = mcl.sub(a, a);
    const zero2 = mcl.sub(q, q);
    // Sums and negatives are not affine, as what was decoded is.
    const sum = mcl.add(a, b);
    for (const pairs of [
      [],
      [[a, q]],
      [[sum, mcl.add(q, loaded().g2)]],
      [
        [a, q],
        [negate(b), loaded().g2],
      ],
      [
        [a, q],
        [b, loaded().g2],
        [c, q],
      ],
      [[zero1, q]],
      [[a, zero2]],
      [
        [zero1, zero2],
        [b, q],
      ],
      [
        [a, q],
        [negate(a), q],
      ],
    ] as const) {
      const [one, other] = both((library) => library.pairingProduct(pairs).serialize());
      expect(one).to.deep.equal(other);
      const [byLines, byOtherLines] = both((library) =>
        library
          .pairingProduct(pairs.map(([p, at]) => [p, at.isZero() ? at : library.makeLines(at)] as const))
          .serialize(),
      );
      expect(byLines).to.deep.equal(other);
      expect(byOtherLines).to.deep.equal(other);
    }
  });

  it("hashes to G1 as mcl-wasm and @noble/curves do, and refuses the same tags", () => {
    for (const length of [0, 1, 32, 33, 300]) {
      for (const tag of ["A", "MEDEXCHAIN-TEST", "x".repeat(255)]) {
        const message = randomBytes(length);
        const [one, other] = both((library) => library.encodeG1(library.hashToG1(message, utf8ToBytes(tag))));
        expect(one).to.deep.equal(other);
        expect(one).to.deep.equal(toG1(hash(message, tag)));
      }
    }
    refuses(() => blst.hashToG1(randomBytes(3), new Uint8Array(0)), "INPUT_INVALID");
    refuses(() => blst.hashToG1(randomBytes(3), new Uint8Array(256)), "INPUT_INVALID");
  });

  it("takes and refuses the same encodings of points", () => {
    // mcl also decodes some forms of the identity that are not canonical. No identity is taken, see elements.ts.
    const bytesOf = (point: ReturnType<CurveOperations["decodeG1" | "decodeG2"]>) =>
      point === undefined || point.isZero() ? undefined : point.serialize();
    const valid = [toG1(G1.BASE), toG1(G1.BASE.multiply(randomExponent()).negate())];
    const identity = Uint8Array.of(0xc0, ...new Uint8Array(47));
    const cases = [
      ...valid,
      identity,
      ...[0, 1, 47].flatMap((at) =>
        [...valid, identity].map((bytes) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))),
      ),
      ...[0x80, 0x40, 0x20, 0xe0, 0x60, 0xa0].flatMap((mask) =>
        [...valid, identity].map((bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ mask : byte))),
      ),
      ...[P, P - 1n, P + 1n, P + 3n, 0n, 1n, 2n, 3n].map((x) => numberToBytesBE(x | (1n << 383n), 48)),
      ...Array.from({ length: 40 }, () => randomBytes(48).map((byte, i) => (i === 0 ? (byte & 0x1f) | 0x80 : byte))),
    ];
    let refused = 0;
    for (const bytes of cases) {
      const [one, other] = both((library) => bytesOf(library.decodeG1(bytes)));
      expect(one).to.deep.equal(other, Buffer.from(bytes).toString("hex"));
      if (one === undefined) refused += 1;
    }
    expect(refused).to.be.within(20, cases.length - 2);
    const points = [toG2(G2.BASE), toG2(G2.BASE.multiply(randomExponent()).negate())];
    const wide = [
      ...points,
      Uint8Array.of(0xc0, ...new Uint8Array(95)),
      ...[0, 47, 48, 49, 95].flatMap((at) =>
        points.map((bytes) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))),
      ),
      ...[0x80, 0x40, 0x20].flatMap((mask) =>
        points.map((bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ mask : byte))),
      ),
      ...[P, 0n, 1n, 2n].map((x) => Uint8Array.of(0x80, ...new Uint8Array(47), ...numberToBytesBE(x, 48))),
      ...Array.from({ length: 40 }, () =>
        randomBytes(96).map((byte, i) => (i === 0 ? (byte & 0x1f) | 0x80 : i === 48 ? byte & 0x0f : byte)),
      ),
    ];
    for (const bytes of wide) {
      const [one, other] = both((library) => bytesOf(library.decodeG2(bytes)));
      expect(one).to.deep.equal(other, Buffer.from(bytes).toString("hex"));
    }
  });

  it("finds the same elements of Fp12 to be in GT", () => {
    const inside = pair(G1.BASE.multiply(randomExponent()), G2.BASE);
    const any = Fp12.fromBytes(Fp12.toBytes(inside).map((byte, i) => (i % 48 === 47 ? byte ^ 1 : byte)));
    // The first part of the final exponentiation alone: in the cyclotomic subgroup, and with an order that is no divisor of r.
    const half = Fp12.div(Fp12.frobeniusMap(any, 6), any);
    const cyclotomic = Fp12.mul(Fp12.frobeniusMap(half, 2), half);
    for (const [value, isIn] of [
      [toGt(inside), true],
      [toGt(Fp12.ONE), true],
      [toGt(Fp12.ZERO), false],
      [toGt(any), false],
      [toGt(half), false],
      [toGt(cyclotomic), false],
      [toGt(Fp12.mul(inside, Fp12.neg(Fp12.ONE))), false],
    ] as const) {
      const element = deserialise("GT", value)!;
      expect(both((library) => library.isInGt(element))).to.deep.equal([isIn, isIn]);
    }
  });

  it("makes the same bytes of the scheme from the same draws", async () => {
    const { secretKey, publicKey } = setupA();
    const owner = { identity: randomBytes(32), scope: randomBytes(32) };
    const seed = randomBytes(1024);
    const world = await makeWorld();
    const record = await publish(world);
    const reKey = await grantedReKey(world, record);
    const run = () => {
      forgetTables();
      let at = 0;
      const draw = (length: number) => {
        at += length;
        return seed.slice(at - length, at);
      };
      const reEncrypted = reEncrypt(record.ciphertext, reKey);
      return {
        key: keyGenDO(secretKey, owner),
        message: randomMessage(draw),
        sent: encapsulate(owner, publicKey, draw),
        reEncrypted,
        m: decryptDU(reEncrypted, world.userKey),
      };
    };
    const before = operations();
    try {
      useOperations(blst);
      const byBlst = run();
      useOperations(mclOperations);
      expect(run()).to.deep.equal(byBlst);
      expect(byBlst.m).to.deep.equal(record.m);
    } finally {
      useOperations(before);
      forgetTables();
    }
  });

  it("works in several threads at once, and in a new one when they are gone", async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const reKey = await grantedReKey(world, record);
    const { ciphertext } = record;
    const run = async () => {
      const worker = new Worker(new URL("./support/worker.ts", import.meta.url), { workerData: { ciphertext, reKey } });
      const [answer] = await once(worker, "message");
      await worker.terminate();
      return answer.reEncrypted;
    };
    const expected = reEncrypt(ciphertext, reKey);
    expect(await Promise.all([run(), run(), run()])).to.deep.equal([expected, expected, expected]);
    expect(await run()).to.deep.equal(expected);
  });

  it("refuses arguments of a wrong length, and reads or writes nothing", () => {
    const [short, point, scalar] = [new Uint32Array(35), words(loaded().g1), words(handle(3n))];
    for (const call of [
      () => curve.multiplyG1(short, point, scalar),
      () => curve.multiplyG1(new Uint32Array(36), short, scalar),
      () => curve.multiplyG1(new Uint32Array(36), point, new Uint32Array(7)),
      () => curve.decodeG1(new Uint32Array(36), new Uint8Array(47)),
      () => curve.decodeG2(new Uint32Array(72), new Uint8Array(48)),
      () => curve.encodeG1(new Uint8Array(96), point),
      () => curve.millerLines(new Uint32Array(4895), words(loaded().g2)),
      () => curve.millerLoop(new Uint32Array(144), new Uint32Array(1), point, words(loaded().g2)),
      () => curve.millerLoop(new Uint32Array(144), new Uint32Array(0), point, new Uint32Array(73)),
      () => curve.isInGt(new Uint32Array(143)),
      () => curve.powerGt(new Uint32Array(144), new Uint32Array(145), scalar),
    ]) {
      expect(call).to.throw(/wrong length/);
    }
    expect(short).to.deep.equal(new Uint32Array(35));
  });

  it("is not used when it computes something else", () => {
    expectKnownAnswer(blst);
    expectKnownAnswer(mclOperations);
    const wrong = { ...blst, mulG1: (point: Parameters<typeof blst.mulG1>[0]) => point };
    refuses(() => expectKnownAnswer(wrong), "PRE_NOT_INITIALISED");
  });
}
