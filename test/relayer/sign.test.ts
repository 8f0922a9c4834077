import type { Chain } from "@medexchain/chain";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, keccak256, Transaction, Wallet } from "ethers";
import fc from "fast-check";
import { openAccount } from "../../relayer/keys/account.ts";
import { readCall, signCall } from "../../relayer/submit/sign.ts";

describe("the relayer's signatures", () => {
  const key = hexlify(randomBytes(32));
  const account = openAccount(key);
  const ethers = new Wallet(key);

  it("are those that ethers makes", () => {
    expect(account.address).to.equal(ethers.address);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        expect(account.signingKey.sign(digest).serialized).to.equal(ethers.signingKey.sign(digest).serialized);
      }),
      { numRuns: 50 },
    );
    expect(() => account.signingKey.sign(new Uint8Array(31))).to.throw("32 bytes");
  });

  it("make the transactions that ethers makes, of any size and either type", async () => {
    // Where the form changes: nothing, a byte below 128, above, and lengths to 55, 255 and beyond.
    const lengths = [0, 1, 2, 54, 55, 56, 255, 256, 65_535, 65_536];
    const first = fc.constantFrom(0x00, 0x7f, 0x80, 0xff);
    const data = fc
      .tuple(fc.constantFrom(...lengths), first)
      .map(([length, byte]) => new Uint8Array(length).fill(byte));
    const wei = fc.oneof(fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n), fc.bigInt(0n, 2n ** 100n));
    const price = fc.oneof(
      fc.record({ type: fc.constant(2 as const), maxFeePerGas: wei, maxPriorityFeePerGas: wei }),
      fc.record({ type: fc.constant(0 as const), gasPrice: wei }),
    );
    const nonce = fc.oneof(fc.constantFrom(0, 1, 127, 128, 256), fc.nat(2 ** 30));
    const chainId = fc.constantFrom(1n, 127n, 31_337n, 2n ** 53n - 1n);
    await fc.assert(
      fc.asyncProperty(fc.record({ data, price, nonce, chainId, gasLimit: fc.bigInt(0n, 2n ** 40n) }), async (one) => {
        const chain = { deployment: { chainId: one.chainId } } as Chain; // nothing else of it is read
        const call = {
          to: ethers.address,
          data: hexlify(one.data),
          gasLimit: one.gasLimit,
          action: "a",
          requestIds: [],
        };
        const paid =
          one.price.type === 2 && one.price.maxPriorityFeePerGas > one.price.maxFeePerGas // ethers refuses it
            ? { ...one.price, maxPriorityFeePerGas: one.price.maxFeePerGas }
            : one.price;
        const signed = signCall(chain, account, call, one.nonce, paid);
        const { chainId, nonce } = one;
        const { to, data, gasLimit } = call;
        expect(signed.raw).to.equal(await ethers.signTransaction({ chainId, nonce, to, data, gasLimit, ...paid }));
        expect(signed.hash).to.equal(keccak256(signed.raw)).and.to.equal(Transaction.from(signed.raw).hash);
        expect(readCall(signed)).to.deep.equal({ call, paid });
      }),
      { numRuns: 60 },
    );
  });
});
