import { readFileSync } from "node:fs";
import { decryptFragment, FRAGMENT_PROFILE_NAMES } from "@medexchain/bfv";
import { hexToBytes } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { z } from "zod";
import { refusal } from "./support.ts";

const hex = z.string().transform(hexToBytes);
const feature = z.strictObject({
  index: z.int(),
  value: z.string(),
  salt: hex.exactOptional(),
  numeric: z.strictObject({ slot: z.int(), count: z.int(), scale: z.int() }).exactOptional(),
});
const { secretKey, features, vectors } = z
  .strictObject({
    about: z.string(),
    secretKey: hex,
    features: z.record(z.string(), z.array(feature)),
    vectors: z.array(
      z.strictObject({
        version: z.int(),
        form: z.string(),
        set: z.string().exactOptional(),
        profile: z.literal(FRAGMENT_PROFILE_NAMES),
        features: z.string(),
        file: z.base64(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../vectors/bfv-fragments.json", import.meta.url), "utf8")));

describe("bfv: files that were written before", () => {
  for (const { version, form, set, profile, features: name, file } of vectors) {
    const bytes = new Uint8Array(Buffer.from(file, "base64"));
    it(`version ${version}, ${form}${set === undefined ? "" : `, ${set}`}, of profile ${profile}, decrypts to what it did`, async () => {
      assert.deepEqual(await decryptFragment(profile, secretKey, bytes), features[name]);
      const other = secretKey.map((byte) => byte ^ 1);
      await refusal("FRAGMENT_INVALID", () => decryptFragment(profile, other, bytes));
    });
  }
});
