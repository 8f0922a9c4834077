import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { encodeBytes32String, getBytes, Wallet } from "ethers";
import { FINDINGS } from "../../audit/index.ts";
import { addressToWord, digester, wordOf } from "../../audit/verify/digests.ts";
import { signatureVerifier } from "../../audit/verify/signatures.ts";
import { type AccessRequest, type Hex32, requestIdOf, toHex32 } from "../../offchain/chain/index.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("the audit's signatures and digests", () => {
  it("take what ethers signed, often enough for the tables, and nothing else", () => {
    const signedBy = signatureVerifier();
    const { signingKey, address } = new Wallet(Wallet.createRandom().privateKey);
    const account = address.toLowerCase();
    for (let round = 0; round < 60; round++) {
      const digest = randomBytes(32);
      const signature = getBytes(signingKey.sign(digest).serialized);
      expect(signedBy(account, digest, signature), `round ${round}`).to.equal(true);
      expect(signedBy(account, randomBytes(32), signature), "another digest").to.equal(false);
      const otherV = Uint8Array.from(signature);
      otherV[64] = otherV[64] === 27 ? 28 : 27;
      expect(signedBy(account, digest, otherV), "the other v").to.equal(false);
      const highS = Uint8Array.from(otherV);
      highS.set(wordOf(ORDER - BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}`)), 32);
      expect(signedBy(account, digest, highS), "the other s").to.equal(false);
      expect(signedBy(account, digest, signature.subarray(0, 64)), "too short").to.equal(false);
    }
    const other = Wallet.createRandom().address.toLowerCase();
    const digest = randomBytes(32);
    expect(signedBy(other, digest, getBytes(signingKey.sign(digest).serialized)), "another account").to.equal(false);
    expect(signedBy(account, digest, new Uint8Array(65)), "zeros").to.equal(false);
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
