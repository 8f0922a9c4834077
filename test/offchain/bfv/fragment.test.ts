import { decode, encode } from "@ipld/dag-cbor";
import { assert } from "chai";
import fc from "fast-check";
import { z } from "zod";
import {
  decryptFragment,
  decryptNumeric,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  type PlainFeature,
  PROFILE_NAMES,
} from "../../../offchain/bfv/index.ts";
import { DECODED, FEATURES, refusal } from "./support.ts";

const parts = z.looseObject({ bytes: z.array(z.custom<Uint8Array>()), numeric: z.array(z.custom<Uint8Array>()) });

describe("bfv: fragments", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: the secret key decrypts both encryptions, text for text`, async () => {
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
      const feature = (value: bigint): PlainFeature => ({ index: 0, name: "Obs.value", text: `${value}`, numeric: {} });
      const fits = [feature(limit), feature(-limit)];
      const decoded = await decryptFragment(profile, secretKey, await encryptFragment(profile, publicKey, fits));
      assert.deepEqual(
        decoded.map((f) => f.text),
        [`${limit}`, `-${limit}`],
      );
      for (const value of [limit + 1n, -limit - 1n]) {
        for (const encrypt of [
          // Not a key: nothing may be encrypted, nor any key be looked at, before the check.
          () => encryptFragment(profile, new Uint8Array(0), [...FEATURES, feature(value)]),
          () => encryptFragmentSymmetric(profile, new Uint8Array(0), [...FEATURES, feature(value)]),
        ]) {
          const message = await refusal("FEATURE_OUT_OF_RANGE", encrypt);
          assert.include(message, "Obs.value");
          assert.notInclude(message, String(value));
        }
      }
    });
  }

  it("a text that is no number, or that the scale would cut, is out of range", async () => {
    const { publicKey } = await generateKeys("compact");
    for (const [text, numeric] of [
      ['"36"', {}],
      ["36.55", { scale: 1 }],
      ["1e400", {}],
    ] as const) {
      await refusal("FEATURE_OUT_OF_RANGE", () =>
        encryptFragment("compact", publicKey, [{ index: 0, name: "x", text, numeric }]),
      );
    }
  });

  it("numeric ciphertexts are left out on request, and then asked for by no one", async () => {
    const { publicKey, secretKey } = await generateKeys("standard");
    const file = await encryptFragment("standard", publicKey, FEATURES, { numericSlots: false });
    assert.isEmpty(parts.parse(decode(file)).numeric);
    const expected = DECODED.map(({ index, text, salt }) => ({ index, text, ...(salt && { salt }) }));
    assert.deepEqual(await decryptFragment("standard", secretKey, file), expected);
  });

  it("an empty fragment, and one of several ciphertexts, are exact", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    assert.deepEqual(await decryptFragment("compact", secretKey, await encryptFragment("compact", publicKey, [])), []);
    const many = Array.from({ length: 2100 }, (_, index) => ({
      index,
      name: `f${index}`,
      text: `${index}.5`,
      numeric: {},
    }));
    const file = await encryptFragment("compact", publicKey, many);
    const { bytes, numeric } = parts.parse(decode(file));
    assert.isAbove(bytes.length, 2);
    assert.lengthOf(numeric, 2);
    const decoded = await decryptFragment("compact", secretKey, file);
    assert.deepEqual(
      decoded.map((f) => [f.index, f.text, f.numeric?.slot]),
      many.map((f, i) => [f.index, f.text, i]),
    );
  });

  it("numeric slots of another fragment under the same key are refused", async () => {
    const { publicKey, secretKey } = await generateKeys("compact");
    const other = FEATURES.map((f) => (f.index === 7 ? { ...f, text: "36.51" } : f));
    const [a, b] = await Promise.all([FEATURES, other].map((f) => encryptFragment("compact", publicKey, f)));
    const swapped = encode({ ...parts.parse(decode(a!)), numeric: parts.parse(decode(b!)).numeric });
    const message = await refusal("FRAGMENT_INVALID", () => decryptFragment("compact", secretKey, swapped));
    assert.include(message, "feature 7");
    assert.notInclude(message, "36.5");
    const none = encode({ ...parts.parse(decode(a!)), numeric: [] });
    await refusal("FRAGMENT_INVALID", () => decryptFragment("compact", secretKey, none));
  });

  it("byte ciphertexts in another order, or fewer, are refused", async () => {
    const { secretKey } = await generateKeys("compact");
    const text = JSON.stringify("long ".repeat(2000));
    const file = parts.parse(
      decode(await encryptFragmentSymmetric("compact", secretKey, [{ index: 0, name: "x", text }])),
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
          text: fc.string({ unit: "grapheme" }).map((s) => JSON.stringify(s)),
          salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        },
        { requiredKeys: ["index", "name", "text"] },
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
        for (const { text } of plain.filter((f) => f.text.length > 8)) {
          assert.isFalse(Buffer.from(file).includes(Buffer.from(text)));
        }
      }),
      { numRuns: 25 },
    );
  });
});
