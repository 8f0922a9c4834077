import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { FINDINGS } from "@medexchain/audit";
import { type AccessRequest, hex32, requestIdOf, toHex32 } from "@medexchain/chain";
import { expect } from "chai";
import { encodeBytes32String, getBytes, Wallet } from "ethers";
import { addressToWord, digester, wordOf } from "../../audit/verify/digests.ts";
import type { SignatureToCheck } from "../../audit/verify/signature-batch.ts";
import { signaturePacker, unpackSignatures } from "../../audit/verify/signature-pack.ts";
import { signaturePool } from "../../audit/verify/signature-pool.ts";
import { signatureVerifier } from "../../audit/verify/signatures.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ZERO_ACCOUNT = `0x${"00".repeat(20)}`;

/** Which of more signatures than one thread takes at once are refused. mcl has another curve in this thread: they are checked in others. */
async function refused(batch: readonly SignatureToCheck[]): Promise<number[]> {
  expect(batch.length).to.be.greaterThan(512);
  await using pool = signaturePool();
  const found: number[] = [];
  for (const [number, one] of batch.entries()) pool.check(one, () => found.push(number));
  await pool.settle();
  return found.sort((a, b) => a - b);
}

describe("the audit's signatures and digests", () => {
  it("take what ethers signed, and refuse every odd form of it alike", async () => {
    const signedBy = await signatureVerifier();
    const { signingKey, address } = new Wallet(Wallet.createRandom().privateKey);
    const account = address.toLowerCase();
    const word = (value: bigint) => Buffer.from(wordOf(value));
    const batch: SignatureToCheck[] = [];
    const good: boolean[] = [];
    for (let round = 0; round < 20; round++) {
      const digest = randomBytes(32);
      const signature = Buffer.from(getBytes(signingKey.sign(digest).serialized));
      const [r, s] = [signature.subarray(0, 32), signature.subarray(32, 64)];
      const v = signature[64] === 27 ? 27 : 28;
      const otherS = word(ORDER - BigInt(`0x${s.toString("hex")}`));
      const form = (...parts: (Uint8Array | number)[]) =>
        Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : part)));
      const odd: Record<string, [Uint8Array, Uint8Array]> = {
        "another digest": [randomBytes(32), signature],
        "the other v": [digest, form(r, s, 55 - v)],
        "v from 0": [digest, form(r, s, v - 27)],
        "v of a large x": [digest, form(r, s, v + 2)],
        "the other s": [digest, form(r, otherS, 55 - v)],
        "the other s, the same v": [digest, form(r, otherS, v)],
        "s just over the half": [digest, form(r, word(ORDER / 2n + 1n), v)],
        "s of the order": [digest, form(r, word(ORDER), v)],
        "s of 0": [digest, form(r, word(0n), v)],
        "r of 0": [digest, form(word(0n), s, v)],
        "r of the order": [digest, form(word(ORDER), s, v)],
        "r of no point": [digest, form(word(5n), s, v)],
        "all zeros": [digest, new Uint8Array(65)],
        "no v": [digest, form(r, s)],
        "a byte more": [digest, form(signature, 0)],
        "EIP-2098's 64 bytes": [digest, getBytes(signingKey.sign(digest).compactSerialized)],
        nothing: [digest, new Uint8Array()],
        "a short digest": [digest.subarray(0, 31), signature],
      };
      for (const [name, [of, form]] of Object.entries(odd)) {
        batch.push([account, of, form]);
        good.push(false);
        expect(signedBy(account, of, form), `${name}, round ${round}`).to.equal(false);
      }
      expect(signedBy(account, digest, signature), `round ${round}`).to.equal(true);
      expect(signedBy(ZERO_ACCOUNT, digest, signature), "another account").to.equal(false);
      batch.push([account, digest, signature], [ZERO_ACCOUNT, digest, signature]);
      good.push(true, false);
    }
    // Twice: an account's first signature is recovered, the next ones are summed.
    const many = [...batch, ...batch];
    expect(await refused(many)).to.deep.equal([...good, ...good].flatMap((held, at) => (held ? [] : [at])));
  });

  it("take a batch of good ones by their sum, and find each forged one in it", async () => {
    const wallets = Array.from({ length: 9 }, () => new Wallet(Wallet.createRandom().privateKey));
    const batch = Array.from({ length: 1_100 }, (_, number): SignatureToCheck => {
      const { signingKey, address } = wallets[number % 9]!;
      const digest = randomBytes(32);
      return [address.toLowerCase(), digest, getBytes(signingKey.sign(digest).serialized)];
    });
    expect(await refused(batch)).to.deep.equal([]);
    // Two that would cancel each other in a sum without weights: both digests are changed, by the same amount up and down.
    const forged = new Map<number, SignatureToCheck>();
    for (const [number, by] of [
      [20, 1n],
      [29, -1n],
    ] as const) {
      const [account, digest, signature] = batch[number]!;
      const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`);
      const moved = (BigInt(`0x${Buffer.from(digest).toString("hex")}`) + by * s + ORDER) % ORDER;
      forged.set(number, [account, wordOf(moved), signature]);
    }
    // Another member's good signature, and a signature with another point of the same x.
    forged.set(600, [batch[601]![0], batch[600]![1], batch[600]![2]]);
    const other = Uint8Array.from(batch[1_099]![2]);
    other[64] = 55 - other[64]!;
    forged.set(1_099, [batch[1_099]![0], batch[1_099]![1], other]);
    expect(await refused(batch.map((one, number) => forged.get(number) ?? one))).to.deep.equal([...forged.keys()]);
  });

  it("are checked once where they come twice, before or after, and refused each time", async () => {
    const { signingKey, address } = new Wallet(Wallet.createRandom().privateKey);
    const digest = randomBytes(32);
    const good: SignatureToCheck = [address.toLowerCase(), digest, getBytes(signingKey.sign(digest).serialized)];
    const bad: SignatureToCheck = [ZERO_ACCOUNT, digest, good[2]];
    await using pool = signaturePool();
    const found: string[] = [];
    for (const round of ["first", "second"]) {
      pool.check(good, () => found.push(`good, ${round}`));
      pool.check(bad, () => found.push(`bad, ${round}`));
    }
    await pool.settle();
    pool.check(good, () => found.push("good, third"));
    pool.check(bad, () => found.push("bad, third"));
    expect(found).to.deep.equal(["bad, first", "bad, second", "bad, third"]);
  });

  it("are the same after they were packed for another thread", () => {
    const packer = signaturePacker(3);
    const one = (bytes: number): SignatureToCheck => [
      `0x${randomBytes(20).toString("hex")}`,
      randomBytes(32),
      randomBytes(bytes),
    ];
    const batch = [one(65), one(65), one(65)];
    expect(packer.add(one(64))).to.equal(false);
    expect(batch.map((each) => packer.add(each))).to.deep.equal([true, true, true]);
    const text = ([account, digest, signature]: SignatureToCheck) =>
      [account, ...[digest, signature].map((bytes) => Buffer.from(bytes).toString("hex"))].join(" ");
    expect(unpackSignatures(packer.take()).map(text)).to.deep.equal(batch.map(text));
    expect(unpackSignatures(packer.take())).to.deep.equal([]);
  });

  it("hash a request's words to the id that its typed fields have", () => {
    const request: AccessRequest = {
      recordId: toHex32(randomBytes(32)),
      requester: toHex32(randomBytes(32)),
      purpose: hex32(encodeBytes32String("TREAT")),
      destinationChainId: 31337n,
      destination: Wallet.createRandom().address,
      issuedAt: 1_700_000_000n,
      expiry: 1_700_003_600n,
      nonce: 7n,
    };
    const contract = { chainId: 31338n, address: Wallet.createRandom().address };
    const { recordId, requester, purpose, destination } = request;
    const digest = digester("AccessRequest", contract)(
      getBytes(recordId),
      getBytes(requester),
      getBytes(purpose),
      wordOf(request.destinationChainId),
      addressToWord(destination),
      wordOf(request.issuedAt),
      wordOf(request.expiry),
      wordOf(request.nonce),
    );
    expect(toHex32(digest)).to.equal(requestIdOf(contract, request));
  });
});

describe("the audit's findings", () => {
  it("are explained in docs/audit.md, each with its severity", () => {
    const text = readFileSync(new URL("../../docs/audit.md", import.meta.url), "utf8");
    const rows = Object.fromEntries(
      [...text.matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm)].map(([, code, severity]) => [code, severity]),
    );
    expect(rows).to.deep.equal(
      Object.fromEntries(Object.entries(FINDINGS).map(([code, [severity]]) => [code, severity])),
    );
  });
});
