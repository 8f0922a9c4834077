import { decode, encode } from "@ipld/dag-cbor";
import {
  bfvContext,
  decryptFragment,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  PROFILE_NAMES,
} from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";
import { assert } from "chai";
import fc from "fast-check";
import {
  addPacked,
  packedLength,
  packPair,
  packSaved,
  packWords,
  unpackPair,
} from "../../../offchain/bfv/coefficients.ts";
import { readRlwePair, writePlaintext, writeRlwePair } from "../../../offchain/bfv/seal-format.ts";
import { DECODED, FEATURES, refusal } from "./support.ts";

describe("bfv: ciphertext bytes", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: SEAL's own bytes come back, bit for bit, after packing`, async () => {
      const { seal, context, degree, dataLevel, byteLevel, keyLevel } = await bfvContext(profile);
      using generator = new seal.KeyGenerator(context);
      using secretKey = generator.secretKey();
      using publicKey = generator.createPublicKey();
      using seededKey = generator.createPublicKeySerializable();
      using encryptor = new seal.Encryptor(context, publicKey, secretKey);
      using encoder = new seal.BatchEncoder(context);
      using evaluator = new seal.Evaluator(context);
      using plaintext = new seal.Plaintext();
      encoder.encode(
        new BigInt64Array(degree).map((_, i) => BigInt(i)),
        plaintext,
      );
      using full = new seal.Ciphertext();
      encryptor.encrypt(plaintext, full);
      using switched = full.copy();
      while (switched.coeffModulusSize() > byteLevel.primes.length) evaluator.cipherModSwitchToNextInplace(switched);
      using seeded = encryptor.encryptSymmetricSerializable(plaintext);

      for (const [object, level, isSeeded, isNtt] of [
        [full, dataLevel, false, false],
        [switched, byteLevel, false, false],
        [seeded, dataLevel, true, false],
        [publicKey, keyLevel, false, true],
        [seededKey, keyLevel, true, true],
      ] as const) {
        const saved: Uint8Array = object.saveToArray(seal.ComprModeType.none);
        const packed = packPair(readRlwePair(saved, level, degree, isSeeded), level, degree);
        assert.lengthOf(packed, packedLength(level, degree, isSeeded));
        const back = writeRlwePair(unpackPair(packed, level, degree, isSeeded, "test"), level, degree, isNtt);
        assert.isTrue(Buffer.from(back).equals(saved));
      }

      const saved: Uint8Array = plaintext.saveToArray(seal.ComprModeType.none);
      assert.isTrue(Buffer.from(writePlaintext(new BigUint64Array(saved.slice(88).buffer))).equals(saved));
    });
  }

  for (const profile of PROFILE_NAMES) {
    it(`${profile}: packed ciphertexts are added as SEAL adds them, products too`, async () => {
      const { seal, context, degree, dataLevel: level } = await bfvContext(profile);
      using generator = new seal.KeyGenerator(context);
      using publicKey = generator.createPublicKey();
      using encryptor = new seal.Encryptor(context, publicKey);
      using evaluator = new seal.Evaluator(context);
      using two = new seal.Ciphertext();
      encryptor.encryptZero(two);
      using other = new seal.Ciphertext();
      encryptor.encryptZero(other);
      using three = new seal.Ciphertext();
      evaluator.multiply(two, other, three);
      type Handle = typeof two;
      const packedOf = (handle: Handle): Uint8Array =>
        packSaved(handle.saveToArray(seal.ComprModeType.none), level, degree, false, handle.size());
      const pairs: [Handle, Handle][] = [
        [two, other],
        [two, three],
        [three, two],
        [three, three],
      ];
      for (const [left, right] of pairs) {
        using sum = new seal.Ciphertext();
        evaluator.add(left, right, sum);
        let words: Uint8Array = new Uint8Array(0);
        for (const each of [left, right]) {
          const shape = { level, degree, isSeeded: false, polynomials: each.size(), what: "test" };
          words = addPacked(words, packedOf(each), shape);
        }
        assert.isTrue(Buffer.from(packWords(words, level, degree)).equals(packedOf(sum)));
      }
    });
  }

  it("packing takes residues up to the prime and refuses the prime itself", async () => {
    const { degree, dataLevel } = await bfvContext("compact");
    const prime = dataLevel.primes[0]!;
    const coefficients = new BigUint64Array(2 * degree).fill(prime - 1n);
    const packed = packPair({ coefficients }, dataLevel, degree);
    assert.deepEqual(unpackPair(packed, dataLevel, degree, false, "test").coefficients, coefficients);
    for (const value of [prime, prime + 1n, (1n << 54n) - 1n]) {
      coefficients[5] = value;
      assert.throws(
        () => unpackPair(packPair({ coefficients }, dataLevel, degree), dataLevel, degree, false, "test"),
        MedexError,
      );
    }
  });

  it("files of another shape are refused", async () => {
    const { secretKey, publicKey } = await generateKeys("compact");
    const file = await encryptFragment("compact", publicKey, FEATURES);
    const object = decode<Record<string, unknown>>(file);
    for (const bad of [
      new Uint8Array(0),
      file.slice(0, -1),
      Uint8Array.of(...file, 0),
      encode({ ...object, version: 2 }),
      encode({ ...object, profile: "standard" }),
      encode({ ...object, profile: "none" }),
      encode({ ...object, form: "seeded" }),
      encode({ ...object, bytes: ["text"] }),
      encode({ ...object, bytes: [new Uint8Array(10)] }),
      encode({ ...object, bytes: Array.from({ length: 5000 }, () => new Uint8Array(0)) }),
      encode({ ...object, more: 1 }),
      encode([]),
    ]) {
      await refusal("BFV_BYTES_INVALID", () => decryptFragment("compact", secretKey, bad));
    }
  });

  it("any damage is an error of ours or changes nothing, and leaves the library working", async () => {
    const profile = "compact";
    const { secretKey, publicKey } = await generateKeys(profile);
    const files = [
      await encryptFragment(profile, publicKey, FEATURES),
      await encryptFragmentSymmetric(profile, secretKey, FEATURES),
    ];
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (file, at, mask) => {
          const damaged = file.slice();
          damaged[at % file.length]! ^= mask;
          try {
            // The lowest bits of a BFV ciphertext are noise: changing those changes no plaintext.
            assert.deepEqual(await decryptFragment(profile, secretKey, damaged), DECODED);
          } catch (error) {
            if (!MedexError.is(error, "FRAGMENT_INVALID") && !MedexError.is(error, "BFV_BYTES_INVALID")) throw error;
            refused++;
          }
        },
      ),
      { numRuns: 150 },
    );
    assert.isAbove(refused, 20);
    assert.deepEqual(await decryptFragment(profile, secretKey, files[0]!), DECODED);
  });

  it("random bytes of the right length are refused", async () => {
    const { secretKey } = await generateKeys("standard");
    const object = decode<{ bytes: Uint8Array[] }>(await encryptFragmentSymmetric("standard", secretKey, FEATURES));
    const length = object.bytes[0]!.length;
    const random = Uint8Array.from({ length }, (_, i) => (i * 197 + (i >> 8) * 31) & 255);
    for (const bytes of [new Uint8Array(length), new Uint8Array(length).fill(255), random]) {
      await refusal(["FRAGMENT_INVALID", "BFV_BYTES_INVALID"], () =>
        decryptFragment("standard", secretKey, encode({ ...object, bytes: [bytes] })),
      );
    }
  });
});
