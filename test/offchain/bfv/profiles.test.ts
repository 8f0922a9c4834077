import { bfvContext, openContext, PROFILE_NAMES, PROFILES } from "@medexchain/bfv";
import { assert } from "chai";
import { refusal } from "./support.ts";

describe("bfv: profiles", () => {
  for (const profile of PROFILE_NAMES) {
    it(`${profile}: SEAL gives it 128-bit security, batching, and the primes of the table`, async () => {
      const { seal, context, degree, plainModulus, keyLevel, dataLevel, byteLevel } = await bfvContext(profile);
      const { coefficientBits, plainBits, byteLevelPrimes } = PROFILES[profile];
      using data = context.keyContextData();
      using qualifiers = data.qualifiers();
      assert.isAtLeast(qualifiers.securityLevel.value, 128);
      assert.isTrue(qualifiers.usingBatching);
      assert.equal(degree, PROFILES[profile].degree);
      assert.isAtMost(data.totalCoeffModulusBitCount(), seal.CoeffModulus.MaxBitCount(degree, seal.SecLevelType.tc128));
      assert.deepEqual(
        keyLevel.primes.map((p) => p.toString(2).length),
        [...coefficientBits],
      );
      assert.equal(plainModulus.toString(2).length, plainBits);
      assert.lengthOf(dataLevel.primes, Math.max(1, coefficientBits.length - 1));
      assert.lengthOf(byteLevel.primes, byteLevelPrimes);
    });

    it(`${profile}: byte ciphertexts decrypt at their level whatever the switching error is`, async () => {
      const { degree, plainModulus, byteLevel, dataLevel } = await bfvContext(profile);
      if (byteLevel.primes.length === dataLevel.primes.length) return; // nothing is switched
      const q = byteLevel.primes.reduce((product, prime) => product * prime, 1n);
      assert.isTrue(q / (2n * plainModulus) > BigInt(degree + 1));
    });
  }

  for (const [profile, products] of [
    ["standard", 1],
    ["compute", 3],
  ] as const) {
    it(`${profile}: a fresh numeric ciphertext stands ${products} product(s) in a row`, async () => {
      const { seal, context, degree } = await bfvContext(profile);
      using generator = new seal.KeyGenerator(context);
      using secretKey = generator.secretKey();
      using publicKey = generator.createPublicKey();
      using relinearisation = generator.createRelinKeys();
      using encryptor = new seal.Encryptor(context, publicKey);
      using decryptor = new seal.Decryptor(context, secretKey);
      using encoder = new seal.BatchEncoder(context);
      using evaluator = new seal.Evaluator(context);
      using plaintext = new seal.Plaintext();
      encoder.encode(
        new BigInt64Array(degree).map((_, i) => BigInt(i % 7) - 3n),
        plaintext,
      );
      using factor = new seal.Ciphertext();
      encryptor.encrypt(plaintext, factor);
      using product = factor.copy();
      for (let i = 0; i < products; i++) {
        evaluator.multiplyInplace(product, factor);
        evaluator.relinearizeInplace(product, relinearisation);
      }
      assert.isAbove(decryptor.invariantNoiseBudget(product), 0);
      decryptor.decrypt(product, plaintext);
      const slots: BigInt64Array = encoder.decodeBigInt64(plaintext);
      assert.deepEqual(
        [...slots.slice(0, 3)],
        [-3n, -2n, -1n].map((x) => x ** BigInt(products + 1)),
      );
    });
  }

  it("is opened once", async () => {
    assert.strictEqual(await bfvContext("compact"), await bfvContext("compact"));
  });

  it("refuses parameters below 128-bit security", async () => {
    for (const [degree, coefficientBits] of [
      [2048, [55]],
      [4096, [36, 37, 37]],
      [4096, [55, 55]],
      [1024, [36]],
    ] as const) {
      await refusal("BFV_PARAMETERS_REFUSED", () =>
        openContext({ degree, coefficientBits, plainBits: 20, byteLevelPrimes: 1 }),
      );
    }
  });

  it("refuses parameters that are none, and profiles that do not exist", async () => {
    const row = { coefficientBits: [54], plainBits: 20, byteLevelPrimes: 1 };
    await refusal("BFV_PARAMETERS_REFUSED", () => openContext({ degree: 3000, ...row }));
    await refusal("BFV_PARAMETERS_REFUSED", () => openContext({ degree: 2048, ...row, plainBits: 5 }));
    const unknown = "constructor" as (typeof PROFILE_NAMES)[number]; // as from untyped configuration
    await refusal("BFV_PARAMETERS_REFUSED", () => bfvContext(unknown));
  });
});
