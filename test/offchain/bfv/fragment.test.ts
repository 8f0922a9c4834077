import { decode, encode } from "@ipld/dag-cbor";
import {
  decryptFragment,
  decryptNumeric,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  openDecryptor,
  openEncryptor,
  openSymmetricEncryptor,
  type PlainFeature,
  PROFILE_NAMES,
} from "@medexchain/bfv";
import { assert } from "chai";
import fc from "fast-check";
import { z } from "zod";
import { DECODED, FEATURES, refusal } from "./support.ts";

const parts = z.looseObject({ bytes: z.array(z.custom<Uint8Array>()), numeric: z.array(z.custom<Uint8Array>()) });

describe("bfv: fragments", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: the secret key decrypts both encryptions, value for value`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      assert.deepEqual(
        await decryptFragment(profile, secretKey, await encryptFragment(profile, publicKey, FEATURES)),
        DECODED,
      );
      const symmetric = await encryptFragmentSymmetric(profile, secretKey, FEATURES);
      assert.deepEqual(await decryptFragment(profile, secretKey, symmetric), DECODED);
    });

    it(`${profile}: a numeric feature is in the slot that it says, as a fixed-point integer`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      const slots = await decryptNumeric(profile, secretKey, await encryptFragment(profile, publicKey, FEATURES));
      assert.deepEqual(slots.slice(0, 4), [3650n, -12000n, 0n, 0n]);
    });

    it(`${profile}: a wrong secret key is refused`, async () => {
      const [right, wrong] = await Promise.all([generateKeys(profile), generateKeys(profile)]);
      const files = [
        await encryptFragment(profile, right.publicKey, FEATURES),
        await encryptFragmentSymmetric(profile, right.secretKey, FEATURES),
      ];
      for (const file of files) {
        await refusal("FRAGMENT_INVALID", () => decryptFragment(profile, wrong.secretKey, file));
        await refusal("FRAGMENT_INVALID", () => decryptNumeric(profile, wrong.secretKey, file));
      }
    });

    it(`${profile}: the largest integers fit a slot, the next do not, and the error names the feature only`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      const limit = { compact: 516096n, standard: 516096n, compute: 536846336n }[profile];
      const feature = (value: bigint): PlainFeature => ({
        index: 0,
        name: "Obs.value",
        value: `${value}`,
        numeric: {},
      });
      const fits = [feature(limit), feature(-limit)];
      const decoded = await decryptFragment(profile, secretKey, await encryptFragment(profile, publicKey, fits));
      assert.deepEqual(
        decoded.map((f) => f.value),
        [`${limit}`, `-${limit}`],
      );
      for (const value of [limit + 1n, -limit - 1n]) {
        for (const encrypt of [
          () => encryptFragment(profile, publicKey, [...FEATURES, feature(value)]),
          () => encryptFragmentSymmetric(profile, secretKey, [...FEATURES, feature(value)]),
        ]) {
          const message = await refusal("FEATURE_OUT_OF_RANGE", encrypt);
          assert.include(message, "Obs.value");
          assert.notInclude(message, String(value));
        }
      }
    });
  }

  it("a value that is no number, or that the scale would cut, is out of range", async () => {
    const { publicKey } = await generateKeys("compact");
    for (const [value, numeric] of [
      ['"x"', {}],
      ["36\n", {}],
      ["36.55", { scale: 1 }],
      ["1e400", {}],
    ] as const) {
      await refusal("FEATURE_OUT_OF_RANGE", () =>
        encryptFragment("compact", publicKey, [{ index: 0, name: "x", value, numeric }]),
      );
    }
  });

  it("a number in quotes, as a table's cell may have it, gets a slot and keeps its quotes", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const value = '"36.5"\n36.75';
    const file = await encryptFragment("compact", publicKey, [{ index: 0, name: "x", value, numeric: {} }]);
    const [feature] = await decryptFragment("compact", secretKey, file);
    assert.deepInclude(feature, { value, numeric: { slot: 0, count: 2, scale: 2 } });
  });

  it("numeric ciphertexts are left out on request, and then asked for by no one", async () => {
    const { publicKey, secretKey } = await generateKeys("standard");
    const file = await encryptFragment("standard", publicKey, FEATURES, { numericSlots: false });
    assert.isEmpty(parts.parse(decode(file)).numeric);
    const expected = DECODED.map(({ index, value, salt }) => ({ index, value, ...(salt && { salt }) }));
    assert.deepEqual(await decryptFragment("standard", secretKey, file), expected);
  });

  it("an empty fragment, and one of several ciphertexts, are exact", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    assert.deepEqual(await decryptFragment("compact", secretKey, await encryptFragment("compact", publicKey, [])), []);
    const many = Array.from({ length: 2100 }, (_, index) => ({
      index,
      name: `f${index}`,
      value: `${index}.5`,
      numeric: {},
    }));
    const file = await encryptFragment("compact", publicKey, many);
    const { bytes, numeric } = parts.parse(decode(file));
    assert.isAbove(bytes.length, 2);
    assert.lengthOf(numeric, 2);
    const decoded = await decryptFragment("compact", secretKey, file);
    assert.deepEqual(
      decoded.map((f) => [f.index, f.value, f.numeric?.slot]),
      many.map((f, i) => [f.index, f.value, i]),
    );
  });

  it("numeric slots of another fragment under the same key are refused", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const other = FEATURES.map((f) => (f.index === 7 ? { ...f, value: "36.51" } : f));
    const [a, b] = await Promise.all([FEATURES, other].map((f) => encryptFragment("compact", publicKey, f)));
    const swapped = encode({ ...parts.parse(decode(a!)), numeric: parts.parse(decode(b!)).numeric });
    const message = await refusal("FRAGMENT_INVALID", () => decryptFragment("compact", secretKey, swapped));
    assert.include(message, "feature 7");
    assert.notInclude(message, "36.5");
    const none = encode({ ...parts.parse(decode(a!)), numeric: [] });
    await refusal("FRAGMENT_INVALID", () => decryptFragment("compact", secretKey, none));
  });

  it("bytes, a byte order mark, and a column of numbers come back as they are", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const features: PlainFeature[] = [
      { index: 0, name: "mark", value: "\uFEFFx" },
      { index: 1, name: "bytes", value: Uint8Array.of(0xff, 0, 0xef, 0xbb, 0xbf) },
      { index: 2, name: "column", value: "1.5\n-2\n36.50", numeric: {} },
      { index: 3, name: "next", value: "7", numeric: {} },
    ];
    const file = await encryptFragment("compact", publicKey, features);
    const decoded = await decryptFragment("compact", secretKey, file);
    assert.deepEqual(
      decoded.map((f) => f.value),
      features.map((f) => f.value),
    );
    assert.deepEqual(decoded[2]?.numeric, { slot: 0, count: 3, scale: 2 });
    assert.deepEqual(decoded[3]?.numeric, { slot: 3, count: 1, scale: 0 });
    const slots = await decryptNumeric("compact", secretKey, file);
    assert.deepEqual(slots.slice(0, 5), [150n, -200n, 3650n, 7n, 0n]);
    for (const value of ["1\n", "1\n\n2", "1\nx", Uint8Array.of(0x31)]) {
      const column = [{ index: 0, name: "column", value, numeric: {} }];
      await refusal("FEATURE_OUT_OF_RANGE", () => encryptFragment("compact", publicKey, column));
    }
  });

  it("one encryptor and one decryptor serve many fragments, and nothing after they are disposed of", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const decryptor = await openDecryptor("compact", secretKey);
    for (const encryptor of [
      await openEncryptor("compact", publicKey),
      await openSymmetricEncryptor("compact", secretKey),
    ]) {
      const files = [FEATURES, [], FEATURES].map((features) => encryptor.encrypt(features));
      assert.deepEqual(
        files.map((file) => decryptor.decrypt(file)),
        [DECODED, [], DECODED],
      );
      await refusal("FEATURE_OUT_OF_RANGE", async () =>
        encryptor.encrypt([{ index: 0, name: "x", value: "1e9", numeric: {} }]),
      );
      encryptor[Symbol.dispose]();
      assert.throws(() => encryptor.encrypt(FEATURES));
    }
    const file = await encryptFragment("compact", publicKey, FEATURES);
    decryptor[Symbol.dispose]();
    assert.throws(() => decryptor.decrypt(file));
  });

  it("what is opened keeps a copy of the key, and leaves the caller's as it is, a Buffer too", async () => {
    for (const secretKey of [new Uint8Array(32).fill(1), Buffer.alloc(32, 1)]) {
      const given = new Uint8Array(32).fill(1);
      const encryptor = await openSymmetricEncryptor("compact", given);
      const decryptor = await openDecryptor("compact", secretKey);
      given.fill(0); // the caller wipes its own
      assert.deepEqual(decryptor.decrypt(encryptor.encrypt(FEATURES)), DECODED);
      decryptor[Symbol.dispose]();
      encryptor[Symbol.dispose]();
      using another = await openSymmetricEncryptor("compact", secretKey);
      another.encrypt(FEATURES);
      another[Symbol.dispose]();
      assert.isTrue(secretKey.every((byte) => byte === 1));
    }
  });

  it("byte ciphertexts in another order, or fewer, are refused", async () => {
    const { secretKey } = await generateKeys("compact");
    const value = JSON.stringify("long ".repeat(5000));
    const file = parts.parse(
      decode(await encryptFragmentSymmetric("compact", secretKey, [{ index: 0, name: "x", value }])),
    );
    assert.isAbove(file.bytes.length, 1);
    for (const bytes of [[...file.bytes].reverse(), file.bytes.slice(1), file.bytes.slice(0, -1), []]) {
      await refusal("FRAGMENT_INVALID", () => decryptFragment("compact", secretKey, encode({ ...file, bytes })));
    }
  });

  it("encryption is randomised", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const files = [
      await encryptFragment("compact", publicKey, FEATURES),
      await encryptFragment("compact", publicKey, FEATURES),
      await encryptFragmentSymmetric("compact", secretKey, FEATURES),
      await encryptFragmentSymmetric("compact", secretKey, FEATURES),
    ];
    assert.equal(new Set(files.map((f) => Buffer.from(f).toString("hex"))).size, 4);
  });

  it("any features come back, and texts reach no ciphertext in clear", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const features = fc.array(
      fc.record(
        {
          index: fc.nat(),
          name: fc.constant("f"),
          value: fc.string({ unit: "grapheme" }).map((s) => JSON.stringify(s)),
          salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        },
        { requiredKeys: ["index", "name", "value"] },
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(features, async (plain) => {
        const file = await encryptFragment("compact", publicKey, plain);
        const decoded = await decryptFragment("compact", secretKey, file);
        assert.deepEqual(
          decoded,
          plain.map(({ name: _, ...f }) => f),
        );
        for (const { value } of plain.filter((f) => f.value.length > 8)) {
          assert.isFalse(Buffer.from(file).includes(Buffer.from(value)));
        }
      }),
      { numRuns: 25 },
    );
  });
});
