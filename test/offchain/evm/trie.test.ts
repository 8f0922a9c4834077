import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import {
  EMPTY_TRIE,
  encodedReceipt,
  keccak256,
  listRoot,
  provenAccount,
  provenSlot,
  provenValue,
  readRlp,
  rlpOf,
  rlpString,
  trieRoot,
} from "@medexchain/evm";
import { expect } from "chai";
import { encodeRlp, getBytes, hexlify, zeroPadValue } from "ethers";
import fc from "fast-check";
import { proofs, withReceipts } from "../../vectors/besu-qbft/index.ts";

const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");
/** Besu wraps typed transactions and receipts in a string, as in a block's body. */
const unwrapped = (hex: string): Uint8Array => {
  const bytes = bytesOf(hex);
  const first = bytes[0] ?? 0;
  return first >= 0x80 && first < 0xc0 ? (readRlp(bytes) as Uint8Array) : bytes;
};

describe("evm: RLP that was read", () => {
  const bytes = fc.uint8Array({ maxLength: 70 });
  const { item } = fc.letrec<{ item: unknown }>((tie) => ({
    item: fc.oneof({ maxDepth: 3, depthSize: "small" }, bytes, fc.array(tie("item"), { maxLength: 5 })),
  }));

  it("is written as it was read, and as ethers writes it", () => {
    fc.assert(
      fc.property(item, (any) => {
        const encoded = getBytes(encodeRlp(any as Uint8Array));
        expect(hexlify(rlpOf(readRlp(encoded)))).to.equal(hexlify(encoded));
      }),
      { numRuns: 100 },
    );
  });

  it("has one form only: lengths that are too long, cut off, or followed by something are refused", () => {
    for (const hex of [
      "0x",
      "0x8100",
      "0xb801",
      "0xb80100",
      "0xb90038",
      "0x82ff",
      "0xc1",
      "0xc28080ff",
      "0x8080",
      "0xbb01000000",
      "0xbc0100000000",
      `0x${"c1".repeat(40)}`,
    ])
      expect(() => readRlp(bytesOf(hex)), hex).to.throw(RangeError);
    expect(() => readRlp(rlpOf([[[[[[[[[]]]]]]]]]))).to.throw("more than 8 lists");
  });

  it("is refused or canonical, whatever bytes it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
        try {
          expect(hexlify(rlpOf(readRlp(any)))).to.equal(hexlify(any));
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("evm: tries", () => {
  for (const { number, block, receipts, rawReceipts, rawTransactions } of withReceipts.blocks) {
    it(`have the roots of Besu's block ${number}, from raw bytes and from what the node tells`, () => {
      expect(hexlify(listRoot(rawTransactions.map(unwrapped)))).to.equal(block.transactionsRoot);
      expect(hexlify(listRoot(rawReceipts.map(unwrapped)))).to.equal(block.receiptsRoot);
      expect(hexlify(listRoot(receipts.map((each) => encodedReceipt(each)!)))).to.equal(block.receiptsRoot);
    });
  }

  it("of lists of any length have the root that another library gives them", async () => {
    for (const length of [0, 1, 2, 16, 127, 128, 129, 255, 256, 300]) {
      const items = Array.from({ length }, (_, number) => Buffer.alloc(1 + ((number * 7) % 90), number + 1));
      const other = await createMPT();
      for (const [number, each] of items.entries())
        await other.put(
          rlpString(
            number === 0
              ? new Uint8Array()
              : Uint8Array.from(bytesOf(`0x${number.toString(16).padStart(number > 255 ? 4 : 2, "0")}`)),
          ),
          each,
        );
      expect(hexlify(listRoot(items)), `${length}`).to.equal(hexlify(other.root()));
    }
  });

  it("prove every value and every absence that another library proves, and nothing with a byte altered", async () => {
    const other = await createMPT();
    const entries = Array.from(
      { length: 60 },
      (_, number) => [keccak256(Uint8Array.of(number)), rlpString(Buffer.alloc(1 + (number % 40), 0x90))] as const,
    );
    for (const [key, value] of entries) await other.put(key, value);
    const root = trieRoot(entries);
    expect(hexlify(root)).to.equal(hexlify(other.root()));
    for (const [key, value] of entries) {
      const nodes = await createMerkleProof(other, key);
      expect(hexlify(provenValue(root, key, nodes)!)).to.equal(hexlify(value));
      const altered = nodes.map((node) => Uint8Array.from(node));
      altered[altered.length - 1]![3]! ^= 1;
      expect(() => provenValue(root, key, altered)).to.throw(RangeError);
      expect(() => provenValue(root, key, nodes.slice(0, -1))).to.throw("a node is missing");
      expect(() => provenValue(root, key, [...nodes, nodes[0]!])).to.throw("nodes after the last");
    }
    for (let number = 60; number < 120; number++) {
      const key = keccak256(Uint8Array.of(number));
      expect(provenValue(root, key, await createMerkleProof(other, key))).to.equal(undefined);
    }
  });

  it("are empty in either of the forms in which nodes say so", () => {
    expect(provenValue(EMPTY_TRIE, keccak256(), [])).to.equal(undefined);
    expect(provenValue(EMPTY_TRIE, keccak256(), [Uint8Array.of(0x80)])).to.equal(undefined);
    expect(() => provenValue(keccak256(), keccak256(), [])).to.throw("a node is missing");
  });

  it("prove accounts and slots of Besu's chain, present and absent", () => {
    let slots = 0;
    for (const { stateRoot, entries } of proofs.blocks) {
      for (const { address, proof } of entries) {
        const account = provenAccount(bytesOf(stateRoot), bytesOf(address), proof.accountProof.map(bytesOf))!;
        expect(account.nonce).to.equal(BigInt(proof.nonce));
        expect(hexlify(account.codeHash)).to.equal(proof.codeHash);
        expect(hexlify(account.storageRoot)).to.equal(proof.storageHash);
        for (const { key, value, proof: nodes } of proof.storageProof) {
          const slot = getBytes(zeroPadValue(key, 32));
          expect(provenSlot(account.storageRoot, slot, nodes.map(bytesOf))).to.equal(BigInt(value));
          slots += 1;
        }
      }
    }
    expect(slots).to.be.greaterThan(60);
  });

  it("never prove what is not there, however a proof is mutated", () => {
    const { stateRoot, entries } = proofs.blocks[3]!;
    const [first] = entries;
    const nodes = first!.proof.accountProof.map(bytesOf);
    const told = provenAccount(bytesOf(stateRoot), bytesOf(first!.address), nodes)!;
    fc.assert(
      fc.property(fc.nat(nodes.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, by) => {
        const mutated = nodes.map((node) => Buffer.from(node));
        mutated[which]![at % mutated[which]!.length]! ^= by;
        expect(() => provenAccount(bytesOf(stateRoot), bytesOf(first!.address), mutated)).to.throw(RangeError);
      }),
      { numRuns: 200 },
    );
    expect(told.codeHash).to.have.length(32);
  });
});
