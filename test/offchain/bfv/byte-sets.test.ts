import { decode } from "@ipld/dag-cbor";
import {
  byteCiphertextsLength,
  deriveByteKeys,
  openDecryptor,
  openEncryptor,
  openSymmetricEncryptor,
  type PlainFeature,
} from "@medexchain/bfv";
import { randomBytes } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { z } from "zod";
import { byteContext, expandByteKey } from "../../../offchain/bfv/byte-keys.ts";
import {
  BYTE_SET_NAMES,
  BYTE_SETS,
  type ByteForm,
  capacityOf,
  layBytesOut,
  sizeClass,
} from "../../../offchain/bfv/byte-sets.ts";
import { loadSeal } from "../../../offchain/bfv/seal.ts";
import { writePlaintext } from "../../../offchain/bfv/seal-format.ts";
import { refusal } from "./support.ts";

const FORMS: readonly ByteForm[] = ["seeded", "full"];
/** The most that a coefficient of an error is, and its variance: SEAL's centred binomial, of 21 bits less 21 bits. */
const LARGEST_ERROR = 21;
const ERROR_VARIANCE = 21 / 2;

const fileSchema = z.object({ set: z.enum(BYTE_SET_NAMES), bytes: z.array(z.instanceof(Uint8Array)) });

const feature = (length: number): PlainFeature => ({
  index: 0,
  name: "x",
  value: Uint8Array.from({ length }, (_, i) => i % 251),
});

describe("bfv: byte sets", () => {
  for (const set of BYTE_SET_NAMES) {
    for (const form of FORMS) {
      it(`${set}, ${form}: SEAL gives it 128-bit security, at the smallest degree that its modulus admits`, async () => {
        const seal = await loadSeal();
        const { context, degree, plainModulus, dataLevel } = byteContext(seal, set, form);
        const { coefficientBits, plainBits } = BYTE_SETS[set][form];
        using data = context.keyContextData();
        using qualifiers = data.qualifiers();
        assert.isAtLeast(qualifiers.securityLevel.value, 128);
        const bits = data.totalCoeffModulusBitCount();
        assert.equal(bits, coefficientBits[0]);
        assert.isAtMost(bits, seal.CoeffModulus.MaxBitCount(degree, seal.SecLevelType.tc128));
        assert.isAbove(bits, seal.CoeffModulus.MaxBitCount(degree / 2, seal.SecLevelType.tc128));
        assert.equal(plainModulus, 1n << BigInt(plainBits));
        assert.equal(capacityOf(set, form) % 1, 0, "whole bytes");
        assert.lengthOf(dataLevel.primes, 1);
      });

      it(`${set}, ${form}: no noise of an honest ciphertext reaches what decryption takes`, async () => {
        const { degree, plainModulus, dataLevel } = byteContext(await loadSeal(), set, form);
        // The rounding of q·m/t is at most a half.
        const room = Number(dataLevel.primes[0]) / (2 * Number(plainModulus)) - 1 / 2;
        if (form === "seeded") assert.isAbove(room, LARGEST_ERROR);
        else {
          const variance = (2 * degree + 1) * ERROR_VARIANCE; // at most, whatever u and s are
          const log2Failure = 1 + Math.log2(degree) - room ** 2 / (2 * variance) / Math.LN2;
          assert.isBelow(log2Failure, -120);
        }
      });

      it(`${set}, ${form}: coefficients of every value come back, with noise to spare as computed`, async () => {
        const seal = await loadSeal();
        const bfv = byteContext(seal, set, form);
        const { degree, context, plainModulus } = bfv;
        using secret = expandByteKey(bfv, set, randomBytes(32));
        using generator = new seal.KeyGenerator(context, secret);
        using key = generator.createPublicKey();
        using encryptor = new seal.Encryptor(context, key, secret);
        using decryptor = new seal.Decryptor(context, secret);
        const most = plainModulus - 1n;
        const values = BigUint64Array.from({ length: degree }, (_, i) => most - BigInt(i % 3) * (most / 3n));
        using plaintext = new seal.Plaintext();
        using decrypted = new seal.Plaintext();
        using ciphertext = new seal.Ciphertext();
        plaintext.loadFromArray(context, writePlaintext(values));
        for (let round = 0; round < 20; round++) {
          if (form === "seeded") encryptor.encryptSymmetric(plaintext, ciphertext);
          else encryptor.encrypt(plaintext, ciphertext);
          assert.isAtLeast(decryptor.invariantNoiseBudget(ciphertext), 1);
          decryptor.decrypt(ciphertext, decrypted);
          const saved: Uint8Array = decrypted.saveToArray(seal.ComprModeType.none);
          assert.isTrue(Buffer.from(saved).equals(writePlaintext(values)));
        }
      });
    }
  }

  it("what fits one ciphertext has one, of the short set, and the sets' sizes say where the long one is smaller", () => {
    for (const form of FORMS) {
      for (const length of [1, capacityOf("short", form)])
        assert.deepEqual(layBytesOut(length, form), { set: "short", count: 1 });
      assert.deepEqual(layBytesOut(capacityOf("long", form), form), { set: "long", count: 1 });
    }
    assert.equal(byteCiphertextsLength(1, "seeded"), 3_520);
    assert.equal(byteCiphertextsLength(1, "full"), 6_912);
    assert.equal(byteCiphertextsLength(12_288, "seeded"), 13_888);
    for (let length = 500; length < 200_000; length += 777) {
      for (const form of FORMS) {
        const { set, count } = layBytesOut(length, form);
        assert.isAtLeast(count * capacityOf(set, form), length);
        assert.isAtMost(byteCiphertextsLength(length, form), byteCiphertextsLength(length + 777, form));
      }
    }
  });

  it("a number of ciphertexts says the class of the length only: from 100 to 4096 there are 76, at most 12 % apart", () => {
    assert.deepEqual([1, 2, 7, 8, 9, 15, 16, 17, 33].map(sizeClass), [1, 2, 7, 8, 10, 16, 16, 18, 36]);
    const classes = new Set<number>();
    for (let count = 100; count <= 4096; count++) {
      const rounded = sizeClass(count);
      assert.isAtLeast(rounded, count);
      assert.isBelow(rounded / count, 1.12);
      assert.equal(sizeClass(rounded), rounded);
      classes.add(rounded);
    }
    assert.equal(classes.size, 76);
  });

  it("a fragment's file has the ciphertexts that its length asks for, and comes back under either key", async () => {
    const secretKey = randomBytes(32);
    using symmetric = await openSymmetricEncryptor("compact", secretKey);
    using asymmetric = await openEncryptor("bytes", await deriveByteKeys(secretKey));
    for (const encryptor of [symmetric, asymmetric]) {
      using decryptor = await openDecryptor(encryptor.profile, secretKey);
      const form = encryptor === symmetric ? "seeded" : "full";
      for (const length of [1, 1_500, 8_000, 40_000, 110_000]) {
        const plain = feature(length);
        const file = encryptor.encrypt([plain]);
        const { set, bytes } = fileSchema.parse(decode(file));
        const sequenceLength =
          length + 36 + 1 + 7 + (length < 24 ? 0 : length < 65_536 ? 2 : 4) - (length < 24 ? 1 : 0);
        const total = bytes.reduce((sum, part) => sum + part.length, 0);
        assert.equal(total, byteCiphertextsLength(sequenceLength, form), `${length} bytes in ${set}`);
        assert.deepEqual(decryptor.decrypt(file), [{ index: 0, value: plain.value }]);
      }
    }
  });

  it("byte keys open for bytes only: a profile's key is refused, and damage of either set's is found when it is used", async () => {
    const keys = await deriveByteKeys(randomBytes(32));
    for (const bad of [keys.slice(0, -1), new Uint8Array(0), new Uint8Array(1 << 17)])
      await refusal("BFV_BYTES_INVALID", () => openEncryptor("bytes", bad));
    await refusal("BFV_BYTES_INVALID", () => openEncryptor("compact", keys));
  });

  it("a public key of a byte set that hides nothing is refused", async () => {
    const { encode } = await import("@ipld/dag-cbor");
    const keys = decode<{ short: Uint8Array; long: Uint8Array }>(await deriveByteKeys(randomBytes(32)));
    const plain = [feature(100), feature(9_000)];
    for (const [i, set] of BYTE_SET_NAMES.entries()) {
      const key = keys[set].slice();
      key.fill(0, 64); // p0, after the seed
      using encryptor = await openEncryptor("bytes", encode({ ...keys, [set]: key }));
      const [short, long] = plain;
      const message = await refusal("BFV_BYTES_INVALID", async () => encryptor.encrypt([(i === 0 ? short : long)!]));
      assert.include(message, "hides nothing");
    }
  });
});
