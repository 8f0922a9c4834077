import { assert } from "chai";
import {
  decryptNumeric,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  type PlainFeature,
  PROFILE_NAMES,
  sumNumeric,
} from "../../../offchain/bfv/index.ts";
import { refusal } from "./support.ts";

const patient = (temperature: string, weight: string): PlainFeature[] => [
  { index: 0, name: "temperature", text: temperature, numeric: { scale: 2 } },
  { index: 1, name: "note", text: '"x"' },
  { index: 2, name: "weight", text: weight, numeric: { scale: 1 } },
];

describe("bfv: analytics", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: sums numeric slots of both encryptions without the key`, async () => {
      const { publicKey, secretKey } = await generateKeys(profile);
      const sum = await sumNumeric(profile, [
        await encryptFragment(profile, publicKey, patient("36.50", "80")),
        await encryptFragment(profile, publicKey, patient("37.2", "-1.5")),
        await encryptFragmentSymmetric(profile, secretKey, patient("40", "61.7")),
      ]);
      assert.deepEqual((await decryptNumeric(profile, secretKey, sum)).slice(0, 3), [11370n, 1402n, 0n]);
      // A result can be summed further.
      const twice = await sumNumeric(profile, [sum, sum]);
      assert.equal((await decryptNumeric(profile, secretKey, twice))[0], 22740n);
    });
  }

  it("refuses no file, and files without the same numeric ciphertexts", async () => {
    const { publicKey } = await generateKeys("compact");
    const file = await encryptFragment("compact", publicKey, patient("1", "2"));
    const without = await encryptFragment("compact", publicKey, patient("1", "2"), { numericSlots: false });
    await refusal("INPUT_INVALID", () => sumNumeric("compact", []));
    await refusal("INPUT_INVALID", () => sumNumeric("compact", [file, without]));
    await refusal("BFV_BYTES_INVALID", () => sumNumeric("compact", [file, file.slice(1)]));
  });
});
