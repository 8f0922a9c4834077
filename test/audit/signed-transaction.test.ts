import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { getBytes, hexlify, Transaction, type TransactionLike, Wallet } from "ethers";
import { signedTransaction } from "../../audit/read/signed-transaction.ts";
import { signatureVerifier } from "../../audit/verify/signatures.ts";
import { rpcForm } from "./support/rpc-transaction.ts";

const CHAIN = 31337n;

describe("a transaction's sender, from its own fields", () => {
  const sender = Wallet.createRandom();
  const to = Wallet.createRandom().address;
  const accessList = [
    { address: to, storageKeys: [hexlify(randomBytes(32)), hexlify(randomBytes(32))] },
    { address: sender.address, storageKeys: [] },
  ];
  const fees = { maxFeePerGas: 3_000_000_007n, maxPriorityFeePerGas: 1n };
  const common = { chainId: CHAIN, to, gasLimit: 300_000n };
  const authorization = () => sender.authorizeSync({ address: to, nonce: 0n, chainId: CHAIN });
  const kinds: Record<string, TransactionLike> = {
    "a legacy one": { type: 0, ...common, gasPrice: 0n },
    "a legacy one of any chain": { type: 0, ...common, chainId: 0n, gasPrice: 1n },
    "one with an access list": { type: 1, ...common, gasPrice: 7n, accessList },
    "one with a priority fee": { type: 2, ...common, ...fees, accessList },
    "one that makes a contract": { type: 2, ...common, ...fees, to: null },
    "one with blobs": {
      type: 3,
      ...common,
      ...fees,
      maxFeePerBlobGas: 9n,
      blobVersionedHashes: [`0x01${"ab".repeat(31)}`],
    },
    "one that sets code": { type: 4, ...common, ...fees, authorizationList: [authorization()] },
  };
  for (const [name, like] of Object.entries(kinds)) {
    it(`is proven of ${name}, and no longer when a field was changed`, async () => {
      const signedBy = await signatureVerifier();
      for (const [nonce, length, value] of [
        [0, 0, 0n],
        [1, 1, 127n],
        [128, 55, 128n],
        [65_536, 56, 2n ** 80n],
        [7, 300, 0n],
      ] as const) {
        const signed = Transaction.from(
          await sender.signTransaction({ ...like, nonce, value, data: hexlify(randomBytes(length)) }),
        );
        const raw = rpcForm(signed);
        const found = signedTransaction(raw, CHAIN);
        expect(found && hexlify(found.hash)).to.equal(signed.hash);
        expect(found && hexlify(found.digest)).to.equal(signed.unsignedHash);
        expect(found && signedBy(sender.address.toLowerCase(), found.digest, found.signature)).to.equal(true);
        for (const [field, other] of Object.entries({ nonce: "0x5", gas: "0x1", value: "0x77", input: "0x01020304" })) {
          const altered = signedTransaction({ ...raw, [field]: other }, CHAIN);
          expect(altered && hexlify(altered.hash), field).to.not.equal(signed.hash);
        }
        const flipped = Number(raw.v) < 2 ? { v: raw.v === "0x0" ? "0x1" : "0x0", yParity: undefined } : { v: "0x1" };
        const other = signedTransaction({ ...raw, ...flipped }, CHAIN);
        expect(other && hexlify(other.hash)).to.not.equal(signed.hash);
        // A transaction of another chain is none of this one; only the old form is of any.
        const elsewhere = signedTransaction(raw, CHAIN + 1n);
        const isAnywhere = like.chainId === 0n;
        expect(elsewhere !== undefined && hexlify(elsewhere.hash) === signed.hash).to.equal(isAnywhere);
      }
    });
  }

  it("is not known where a node leaves fields out, or has types of its own", async () => {
    const long = { ...kinds["one with a priority fee"], nonce: 1, data: hexlify(randomBytes(70_000)) };
    const signed = Transaction.from(await sender.signTransaction(long));
    const raw = rpcForm(signed);
    for (const field of ["r", "s", "nonce", "gas", "value", "input", "accessList", "maxFeePerGas"]) {
      expect(signedTransaction({ ...raw, [field]: undefined }, CHAIN), field).to.equal(undefined);
    }
    expect(signedTransaction({ ...raw, v: undefined, yParity: undefined }, CHAIN)).to.equal(undefined);
    expect(signedTransaction({ ...raw, type: "0x7e" }, CHAIN)).to.equal(undefined);
    expect(signedTransaction({ ...raw, r: `0x${"ff".repeat(33)}` }, CHAIN)).to.equal(undefined);
    expect(signedTransaction(undefined, CHAIN)).to.equal(undefined);
    const malformed: Record<string, unknown>[] = [
      { nonce: "0x5g" },
      { nonce: "0x" },
      { nonce: "05" },
      { value: 5 },
      { value: `0x${"1".repeat(65)}` },
      { input: "0x0g" },
      { input: "0x012" },
      { to: 7 },
      { v: "0x2", yParity: undefined },
      { accessList: [null] },
      { accessList: [{ address: to, storageKeys: ["0xzz"] }] },
      { accessList: [{ address: to }, { address: to, storageKeys: [] }] },
    ];
    for (const fields of malformed) {
      expect(signedTransaction({ ...raw, ...fields }, CHAIN), JSON.stringify(fields)).to.equal(undefined);
    }
    const padded = signedTransaction({ ...raw, nonce: "0x0001", value: "0x00" }, CHAIN);
    expect(padded && hexlify(padded.hash), "leading zeros").to.equal(signed.hash);
    expect(getBytes(signed.hash!)).to.deep.equal(Uint8Array.from(signedTransaction(raw, CHAIN)!.hash));
  });
});
