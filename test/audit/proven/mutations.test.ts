/**
 * Headers, proofs, transactions and receipts of a real chain with something in them changed. Nothing of it may pass for what it is not, and
 * nothing may throw but what callers take. MEDEX_MUTATIONS says how many of each kind; `npm run test:proofs` has 35,000, more than a hundred thousand in all.
 */
import { encodedReceipt, listRoot, provenAccount, provenSlot } from "@medexchain/evm";
import { expect } from "chai";
import { hexlify } from "ethers";
import { contentsContradiction, type ToldBlock } from "../../../audit/proven/block-contents.ts";
import { signerRecovery } from "../../../audit/proven/seal-signers.ts";
import { sealedHeader } from "../../../audit/proven/sealed-header.ts";
import { validatorWalk } from "../../../audit/proven/validator-walk.ts";
import { allBlocks, proofs, withReceipts } from "../../vectors/besu-qbft/index.ts";
import { drawFor } from "../../world/seed.ts";

const COUNT = Number(process.env.MEDEX_MUTATIONS ?? 300);
const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

describe("what was mutated", () => {
  const random = drawFor("mutations")("bytes");
  const below = (limit: number): number => Buffer.from(random(4)).readUInt32BE() % limit;
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  /** Hex with a digit changed, dropped, doubled or a part of it cut, or filled. */
  const mutatedHex = (hex: string): string => {
    const at = 2 + below(Math.max(1, hex.length - 2));
    const digit = below(16).toString(16);
    return pick([
      () => hex.slice(0, at) + digit + hex.slice(at + 1),
      () => hex.slice(0, at) + hex.slice(at + 2),
      () => hex.slice(0, at) + hex.slice(at, at + 2) + hex.slice(at),
      () => hex.slice(0, at),
      () => hex + digit.repeat(2 * (1 + below(40))),
      () => "0x",
      () => hex.replaceAll(digit, below(16).toString(16)),
    ])();
  };
  /** A value of any shape with one part of it mutated, taken away, repeated or made another kind. */
  const mutated = (value: unknown): unknown => {
    if (typeof value === "string")
      return below(12) === 0 ? pick<unknown>([null, 7, [], {}, value.toUpperCase()]) : mutatedHex(value);
    if (Array.isArray(value)) {
      if (value.length === 0 || below(10) === 0)
        return pick<unknown>([[...value, "0x00"], null, "0x", [...value, ...value]]);
      const at = below(value.length);
      return below(5) === 0 ? value.toSpliced(at, 1) : value.with(at, mutated(value[at]));
    }
    if (typeof value !== "object" || value === null) return pick<unknown>(["0x1", undefined, {}]);
    const key = pick(Object.keys(value));
    const { [key]: old, ...rest } = value as Record<string, unknown>;
    return below(10) === 0 ? rest : { ...rest, [key]: mutated(old) };
  };

  it("headers are refused, or are of the block that they were", async () => {
    const signersOf = await signerRecovery();
    const recorded = allBlocks.slice(1);
    let refused = 0;
    for (let run = 0; run < COUNT; run++) {
      const { header: raw, validators, number } = pick(recorded);
      const header = sealedHeader(mutated(raw));
      if (header) {
        const walk = validatorWalk({ block: number - 1, validators }, () =>
          Promise.reject(new Error("asked for more")),
        );
        const distance = header.height <= number ? await walk.accept(header, signersOf(header)) : undefined;
        if (header.height <= number && distance === undefined) {
          expect(header.blockHash).to.equal(raw.hash);
          continue;
        }
      }
      refused += 1;
    }
    expect(refused).to.be.greaterThan(COUNT / 3);
  });

  it("proofs of accounts and slots are refused, or prove what they proved", () => {
    const all = proofs.blocks.flatMap(({ stateRoot, entries }) => entries.map((entry) => ({ ...entry, stateRoot })));
    let refused = 0;
    for (let run = 0; run < COUNT; run++) {
      const { stateRoot, address, proof } = pick(all);
      const { key, value, proof: nodes } = pick(proof.storageProof);
      const [accountNodes, slotNodes] = [proof.accountProof, nodes].map((each) => {
        const told = below(3) === 0 ? each : mutated(each);
        return Array.isArray(told) ? told.map((node) => bytesOf(String(node))) : [];
      });
      try {
        const account = provenAccount(bytesOf(stateRoot), bytesOf(address), accountNodes!);
        expect(hexlify(account!.storageRoot)).to.equal(proof.storageHash);
        const slot = bytesOf(`0x${key.slice(2).padStart(64, "0")}`);
        expect(provenSlot(account!.storageRoot, slot, slotNodes!)).to.equal(BigInt(value));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused += 1;
      }
    }
    expect(refused).to.be.greaterThan(COUNT / 3);
  });

  it("transactions and receipts are refused, or make the roots that they made", () => {
    let refused = 0;
    for (let run = 0; run < COUNT; run++) {
      const { block, receipts } = pick(withReceipts.blocks.slice(0, 2));
      const header = sealedHeader(block)!;
      const [changed, told] =
        below(2) === 0 ? [mutated(block.transactions), receipts] : [block.transactions, mutated(receipts)];
      const transactions = (Array.isArray(changed) ? changed : []).map((raw) => ({
        hash: bytesOf(String(raw?.hash)),
        from: String(raw?.from),
        to: undefined,
        input: Buffer.alloc(0),
        raw: raw ?? {},
      }));
      const logs: ToldBlock["logs"] = receipts.flatMap(({ logs: made }) =>
        (made as Record<string, string & string[]>[]).map(({ address, topics, data, logIndex, transactionHash }) => ({
          address: address!,
          topics: topics!.map(bytesOf),
          data: bytesOf(data!),
          blockNumber: header.height,
          blockHash: bytesOf(header.blockHash),
          transactionHash: bytesOf(transactionHash!),
          logIndex: Number(logIndex),
        })),
      );
      const addresses = new Set(logs.map(({ address }) => address));
      const asNode = {
        number: header.height,
        hash: bytesOf(header.blockHash),
        parentHash: bytesOf(header.parentHash),
        timestamp: Number(header.timestamp),
        transactions,
      };
      const list = Array.isArray(told) ? told : [];
      if (contentsContradiction({ header, block: asNode, receipts: list, logs }, 67001n, addresses)) refused += 1;
      else expect(hexlify(listRoot(list.map((each) => encodedReceipt(each)!)))).to.equal(header.receiptsRoot);
    }
    expect(refused).to.be.greaterThan(COUNT / 3);
  });
});
