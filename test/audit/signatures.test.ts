import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { encodeBytes32String, getBytes, Wallet } from "ethers";
import { FINDINGS } from "../../audit/index.ts";
import { addressToWord, digester, wordOf } from "../../audit/verify/digests.ts";
import { signatureVerifier } from "../../audit/verify/signatures.ts";
import { type AccessRequest, type Hex32, requestIdOf, toHex32 } from "../../offchain/chain/index.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ZERO_ACCOUNT = `0x${"00".repeat(20)}`;

describe("the audit's signatures and digests", () => {
  it("take what ethers signed, and refuse every odd form of it alike", async () => {
    const signedBy = await signatureVerifier();
    const { signingKey, address } = new Wallet(Wallet.createRandom().privateKey);
    const account = address.toLowerCase();
    const word = (value: bigint) => Buffer.from(wordOf(value));
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
        expect(signedBy(account, of, form), `${name}, round ${round}`).to.equal(false);
      }
      expect(signedBy(account, digest, signature), `round ${round}`).to.equal(true);
      expect(signedBy(account, digest, signature), "the second time").to.equal(true);
      expect(signedBy(ZERO_ACCOUNT, digest, signature), "another account").to.equal(false);
    }
  });

  it("hash a request's words to the id that its typed fields have", () => {
    const request: AccessRequest = {
      recordId: toHex32(randomBytes(32)),
      requester: toHex32(randomBytes(32)),
      purpose: encodeBytes32String("TREAT") as Hex32,
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
