import { bfvContext, PROFILE_NAMES } from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";
import { assert } from "chai";
import { packPair, unpackPair } from "../../../offchain/bfv/coefficients.ts";
import { residueMemory, residues } from "../../../offchain/bfv/residues.ts";
import { RESIDUES_MODULE } from "../../../offchain/bfv/residues-module.ts";
import { compileResidues } from "../../../tools/residues.ts";

/** What packing is, by the book: one number, lowest bits first. */
function packed(values: readonly bigint[], bits: number): Uint8Array {
  const sum = values.reduceRight((rest, value) => (rest << BigInt(bits)) | value, 0n);
  const length = Math.ceil((values.length * bits) / 8);
  return Uint8Array.from({ length }, (_, i) => Number((sum >> BigInt(8 * i)) & 255n));
}

describe("bfv: residues in WebAssembly", () => {
  it("the module is its source, compiled", async () => {
    assert.equal(RESIDUES_MODULE, await compileResidues(), "run npm run residues");
  });

  it("packs and unpacks every width at every place of a word", () => {
    for (let bits = 1; bits <= 64; bits++) {
      const largest = (1n << BigInt(bits)) - 1n;
      const values = Array.from({ length: 131 }, (_, i) => (i % 3 === 0 ? largest : (largest * BigInt(i)) / 131n));
      const [from, to, back] = [0, 2048, 4096];
      const memory = residueMemory(8192);
      memory.fill(0xa5);
      new BigUint64Array(memory.buffer, from, values.length).set(values);
      // In two calls: the second goes on in the middle of a word.
      residues().pack(from, 50, bits, to, 0);
      residues().pack(from + 8 * 50, 81, bits, to, 50 * bits);
      const expected = packed(values, bits);
      assert.deepEqual(memory.slice(to, to + expected.length), expected, `${bits} bits`);
      // Whatever follows the last residue is not read as a part of it.
      memory.fill(0xff, to + expected.length, to + expected.length + 8);
      const isWrong = residues().unpack(to, 0, bits, largest, back, 131);
      assert.deepEqual([...new BigUint64Array(memory.buffer, back, 131)], values, `${bits} bits`);
      assert.equal(isWrong, 1, "the largest is there, and not below itself");
      if (bits < 64) assert.equal(residues().unpack(to, 0, bits, largest + 1n, back, 131), 0);
      assert.equal(residues().unpack(to, bits, bits, largest, back, 2), 0, "the two in between are below it");
    }
  });

  it("adds modulo the prime, at its border too", () => {
    const prime = (1n << 62n) - 57n;
    const left = [0n, 1n, prime - 1n, prime - 1n, 5n, prime / 2n, 7n];
    const right = [0n, prime - 1n, 1n, prime - 1n, prime - 6n, prime / 2n + 1n, 8n];
    const memory = residueMemory(1024);
    new BigUint64Array(memory.buffer, 0, left.length).set(left);
    new BigUint64Array(memory.buffer, 512, right.length).set(right);
    residues().add(0, 512, prime, left.length - 1); // the last stays as it is
    const sums = left.map((value, i) =>
      i === left.length - 1 ? (right[i] ?? 0n) : (value + (right[i] ?? 0n)) % prime,
    );
    assert.deepEqual([...new BigUint64Array(memory.buffer, 512, right.length)], sums);
  });

  for (const profile of PROFILE_NAMES) {
    it(`${profile}: a residue that is not below its prime is refused at each place`, async () => {
      const { degree, dataLevel, byteLevel, keyLevel } = await bfvContext(profile);
      for (const level of [dataLevel, byteLevel, keyLevel]) {
        const count = 2 * degree * level.primes.length;
        const bits = level.primes.map((prime) => prime.toString(2).length);
        const coefficients = new BigUint64Array(count);
        const primeOf = (place: number): bigint => level.primes[Math.floor(place / degree) % level.primes.length]!;
        for (let place = 0; place < count; place++) coefficients[place] = primeOf(place) - 1n;
        const pack = () => packPair({ coefficients }, level, degree);
        assert.deepEqual(unpackPair(pack(), level, degree, false, "test").coefficients, coefficients);
        // Around each border of rows, and at every place of a byte and of a word in between.
        const step = degree / 32 - 1;
        const places = Array.from({ length: count }, (_, place) => place).filter(
          (place) => place % degree < 2 || place % degree >= degree - 2 || place % step === 0,
        );
        for (const place of places) {
          const prime = primeOf(place);
          const width = bits[Math.floor(place / degree) % bits.length]!;
          for (const wrong of [prime, (1n << BigInt(width)) - 1n]) {
            coefficients[place] = wrong;
            assert.throws(() => unpackPair(pack(), level, degree, false, "test"), MedexError, /out of range/);
          }
          coefficients[place] = prime - 1n;
        }
      }
    });
  }
});
