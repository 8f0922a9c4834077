import { derivePublicKey, encryptFragment, encryptFragmentSymmetric } from "@medexchain/bfv";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { openOwnFragment } from "../../../offchain/actors/own-fragment.ts";
import { failsWith } from "../../e2e/support.ts";
import { DECODED, FEATURES } from "../bfv/support.ts";

describe("an owner's private fragment", () => {
  const [key, recordKey, another] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const fileUnder = async (secretKey: Uint8Array) => encryptFragmentSymmetric("standard", secretKey, FEATURES);
  /** As files were made before the device encrypted with the secret key. */
  const earlierUnder = async (secretKey: Uint8Array) =>
    encryptFragment("standard", await derivePublicKey("standard", secretKey), FEATURES);

  for (const [what, secretKey] of [
    ["its own key", key],
    ["the record's, as fragments were before", recordKey],
  ] as const) {
    it(`opens under ${what}`, async () => {
      using decryptor = await openOwnFragment("standard", key, recordKey);
      for (const file of [await earlierUnder(secretKey), await fileUnder(secretKey)]) {
        expect(decryptor.decrypt(file)).to.deep.equal(DECODED);
      }
    });
  }

  it("opens under no other key, nor under both in turn", async () => {
    using decryptor = await openOwnFragment("standard", key, recordKey);
    const foreign = await fileUnder(another);
    await failsWith("FRAGMENT_INVALID", async () => decryptor.decrypt(foreign));
    expect(decryptor.decrypt(await fileUnder(key))).to.deep.equal(DECODED);
    const older = await fileUnder(recordKey);
    await failsWith("FRAGMENT_INVALID", async () => decryptor.decrypt(older));
  });
});
