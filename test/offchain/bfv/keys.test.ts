import { createHash } from "node:crypto";
import { decode, encode } from "@ipld/dag-cbor";
import {
  type BfvContext,
  bfvContext,
  checkPublicKey,
  decryptFragment,
  derivePublicKey,
  encryptFragment,
  encryptFragmentSymmetric,
  generateKeys,
  PROFILE_NAMES,
  SECRET_KEY_LENGTH,
} from "@medexchain/bfv";
import { assert } from "chai";
import { packPair, unpackPair } from "../../../offchain/bfv/coefficients.ts";
import { expandSecretKey } from "../../../offchain/bfv/keys.ts";
import { writePlaintext, writeRlwePair } from "../../../offchain/bfv/seal-format.ts";
import { DECODED, FEATURES, refusal } from "./support.ts";

describe("bfv: keys", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: the secret polynomial is ternary, balanced, and the key's alone`, async () => {
      const bfv = await bfvContext(profile);
      const { seal, context, dataLevel, degree, plainModulus } = bfv;
      const read = (secretKey: Uint8Array): bigint[] => {
        using key = expandSecretKey(bfv, profile, secretKey);
        using decryptor = new seal.Decryptor(context, key);
        // The ciphertext (0, q/t) decrypts to the secret polynomial itself.
        const q = dataLevel.primes.reduce((product, prime) => product * prime, 1n);
        const coefficients = new BigUint64Array(2 * dataLevel.primes.length * degree);
        for (const [i, prime] of dataLevel.primes.entries()) {
          coefficients[(dataLevel.primes.length + i) * degree] = (q / plainModulus) % prime;
        }
        using ciphertext = new seal.Ciphertext();
        ciphertext.loadFromArray(context, writeRlwePair({ coefficients }, dataLevel, degree, false));
        using plaintext = new seal.Plaintext();
        decryptor.decrypt(ciphertext, plaintext);
        const saved: Uint8Array = plaintext.saveToArray(seal.ComprModeType.none);
        return [...new BigUint64Array(saved.slice(88).buffer)];
      };
      const secretKey = new Uint8Array(SECRET_KEY_LENGTH).fill(1);
      const polynomial = read(secretKey);
      for (const digit of [0n, 1n, plainModulus - 1n]) {
        const share = polynomial.filter((c) => c === digit).length + (digit === 0n ? degree - polynomial.length : 0);
        // Six standard deviations of a fair three-sided die.
        assert.approximately(share, degree / 3, 6 * Math.sqrt((degree * 2) / 9), `digit ${digit}`);
      }
      assert.isTrue(polynomial.every((c) => c <= 1n || c === plainModulus - 1n));
      // Once more by OpenSSL's SHAKE256 and the text of the definition.
      const input = Buffer.concat([Buffer.from(`medexchain/v1/bfv/secret-key\0${profile}\0`), secretKey]);
      const digits = [...createHash("shake256", { outputLength: degree }).update(input).digest()]
        .filter((byte) => byte < 243)
        .flatMap((byte) => [1, 3, 9, 27, 81].map((power) => Math.floor(byte / power) % 3))
        .slice(0, degree);
      const residues = [0n, 1n, plainModulus - 1n];
      assert.deepEqual(
        digits.map((digit) => residues[digit]),
        [...polynomial, ...new Array<bigint>(degree - polynomial.length).fill(0n)],
      );
      assert.deepEqual(read(secretKey), polynomial, "the same key grows the same polynomial");
      assert.notDeepEqual(read(new Uint8Array(SECRET_KEY_LENGTH).fill(2)), polynomial);
    });

    it(`${profile}: SEAL's own key and ours leave equal noise budgets`, async () => {
      const bfv = await bfvContext(profile);
      const { seal, context } = bfv;
      const { secretKey } = await generateKeys(profile);
      using own = expandSecretKey(bfv, profile, secretKey);
      using native = new seal.KeyGenerator(context);
      using nativeKey = native.secretKey();
      const budgets = [own, nativeKey].map((key) => {
        using generator = new seal.KeyGenerator(context, key);
        using publicKey = generator.createPublicKey();
        using encryptor = new seal.Encryptor(context, publicKey);
        using decryptor = new seal.Decryptor(context, key);
        using ciphertext = new seal.Ciphertext();
        encryptor.encryptZero(ciphertext);
        return decryptor.invariantNoiseBudget(ciphertext);
      });
      assert.approximately(budgets[0]!, budgets[1]!, 2);
      assert.isAbove(budgets[0]!, 20);
    });
  }

  it("a secret key has 32 bytes, and nothing else is taken for one", async () => {
    const { secretKey, publicKey } = await generateKeys("standard");
    assert.lengthOf(secretKey, 32);
    const file = await encryptFragment("standard", publicKey, FEATURES);
    for (const length of [0, 31, 33]) {
      const bad = new Uint8Array(length);
      await refusal("BFV_BYTES_INVALID", () => decryptFragment("standard", bad, file));
      await refusal("BFV_BYTES_INVALID", () => encryptFragmentSymmetric("standard", bad, FEATURES));
      await refusal("BFV_BYTES_INVALID", () => derivePublicKey("standard", bad));
    }
  });

  it("each public key that is derived from a secret key works, and no two are equal", async () => {
    const { secretKey, publicKey } = await generateKeys("compact");
    const again = await derivePublicKey("compact", secretKey);
    assert.notDeepEqual(again, publicKey);
    for (const key of [publicKey, again]) {
      assert.deepEqual(
        await decryptFragment("compact", secretKey, await encryptFragment("compact", key, FEATURES)),
        DECODED,
      );
    }
  });

  it("public keys are checked: damaged, cut, of another profile", async () => {
    const { publicKey } = await generateKeys("standard");
    await checkPublicKey("standard", publicKey);
    const { publicKey: compact } = await generateKeys("compact");
    const high = publicKey.slice();
    high.fill(0xff, -1000);
    for (const bad of [
      new Uint8Array(0),
      publicKey.slice(0, -1),
      Uint8Array.of(...publicKey, 0),
      compact,
      high,
      encode({ ...decode<object>(publicKey), profile: "compact" }),
      new Uint8Array(2 << 20),
    ]) {
      await refusal("BFV_BYTES_INVALID", () => checkPublicKey("standard", bad));
      await refusal("BFV_BYTES_INVALID", () => encryptFragment("standard", bad, FEATURES));
    }
  });

  for (const profile of PROFILE_NAMES) {
    it(`public keys of profile ${profile} are refused that hide nothing: of zeros, of one value, small, or half empty`, async () => {
      const { publicKey } = await generateKeys(profile);
      await checkPublicKey(profile, publicKey);
      const bfv = await bfvContext(profile);
      const { keyLevel, degree } = bfv;
      const file = decode<{ key: Uint8Array }>(publicKey);
      const { coefficients, seed } = unpackPair(file.key, keyLevel, degree, true, "public key");
      const keyWith = (change: (residue: bigint, at: number) => bigint) => {
        const changed = BigUint64Array.from(coefficients, change);
        return encode({ ...file, key: packPair({ coefficients: changed, seed: seed! }, keyLevel, degree) });
      };
      const small = smallInNtt(bfv);
      for (const bad of [
        keyWith(() => 0n),
        keyWith(() => 1n),
        keyWith((residue, at) => (at % 2 === 0 ? residue : 0n)),
        keyWith((_, at) => small[at]!),
      ]) {
        await refusal("BFV_BYTES_INVALID", () => checkPublicKey(profile, bad));
        await refusal("BFV_BYTES_INVALID", () => encryptFragment(profile, bad, FEATURES));
      }
    });
  }

  it("a profile's keys are separate: one secret key is two keys in two profiles", async () => {
    const { secretKey } = await generateKeys("compact");
    const file = await encryptFragmentSymmetric("compact", secretKey, FEATURES);
    await refusal("BFV_BYTES_INVALID", () => decryptFragment("standard", secretKey, file));
  });
});

/** The polynomial X, in the NTT domain at key level: powers of roots of unity, all distinct, and as small as a polynomial can be. */
function smallInNtt({ seal, context, degree, keyLevel }: BfvContext): BigUint64Array {
  using plaintext = new seal.Plaintext();
  using evaluator = new seal.Evaluator(context);
  using keyParmsId = context.keyParmsId();
  const polynomial = new BigUint64Array(degree);
  polynomial[1] = 1n;
  plaintext.loadFromArray(context, writePlaintext(polynomial));
  evaluator.plainTransformToNttInplace(plaintext, keyParmsId);
  const saved = plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  const length = 8 * degree * keyLevel.primes.length;
  return new BigUint64Array(saved.slice(saved.length - length).buffer);
}
