import {
  checkpointText,
  cosign,
  type LedgerEvidence,
  makeReceipt,
  parseVerifierKey,
  type Receipt,
  verifierKeyOf,
  verifyReceipt,
  witness,
  witnessSigner,
} from "@medexchain/audit";
import { type Hex32, hex32, merkleTree, toHex32 } from "@medexchain/chain";
import { expect } from "chai";
import { AbiCoder, getBytes, id } from "ethers";
import { refusalOf } from "./support/refusal-of.ts";

const LEDGER = `0x${"ab".repeat(20)}`;
const requestOf = (number: number): Hex32 => hex32(id(`request ${number}`));
const ENTRY = ["bytes32", "bytes32", "bytes32", "bytes32", "uint8", "uint32", "uint32", "uint32", "uint32", "uint64"];
/** An entry as the contract encodes it. */
const entryOf = (number: number, granted = true): Uint8Array =>
  getBytes(
    AbiCoder.defaultAbiCoder().encode(ENTRY, [
      requestOf(number),
      id("record"),
      id("requester"),
      id("hospital"),
      granted ? 1 : 6,
      number,
      100,
      number,
      50,
      1_700_000_000 + number,
    ]),
  );

/** A ledger of so many entries, of which another chain keeps a checkpoint after some of them. */
function ledgerOf(size: number, kept: number, request: number, changed = -1): LedgerEvidence {
  const tree = merkleTree();
  for (let i = 0; i < size; i++) tree.append(entryOf(i, i !== changed));
  const checkpoint = {
    chainId: 1n,
    ledger: LEDGER,
    entryCount: BigInt(kept),
    blockNumber: 9n,
    blockTime: 10n,
    head: hex32(id("head")),
    root: toHex32(tree.root(kept)),
    keptBy: 2n,
  };
  return {
    chainId: 1n,
    ledger: LEDGER,
    tree,
    entries: [{ index: request, bytes: entryOf(request, request !== changed) }],
    checkpoints: kept > 0 ? [checkpoint] : [],
  };
}

describe("receipts", () => {
  const evidence = ledgerOf(11, 7, 4);
  const root = toHex32(evidence.tree.root(7));
  const receipt = makeReceipt(evidence, requestOf(4));
  const signer = witnessSigner("witness.example", new Uint8Array(32).fill(3));
  const key = parseVerifierKey(verifierKeyOf(signer));
  const noteOf = (size: number) =>
    cosign(
      checkpointText({ chainId: 1n, ledger: LEDGER, entryCount: size, root: evidence.tree.root(size) }),
      signer,
      5n,
    );

  it("prove an entry by the root alone, and say what it says", () => {
    const proven = verifyReceipt(JSON.parse(JSON.stringify(receipt)), { root });
    expect(proven).to.include({ chainId: 1n, ledger: LEDGER, requestId: requestOf(4), entryCount: 7, root });
    expect(proven.entries).to.have.length(1);
    expect(proven.entries[0]).to.include({ index: 4, decision: "Granted", recordCount: 4n, timestamp: 1_700_000_004n });
  });

  it("prove every entry up to the checkpoint, and none after", () => {
    for (let request = 0; request < 7; request++)
      expect(verifyReceipt(makeReceipt(ledgerOf(11, 7, request), requestOf(request)), { root }).entryCount).to.equal(7);
    expect(refusalOf(() => makeReceipt(ledgerOf(11, 7, 7), requestOf(7)))).to.equal("CHECKPOINT_MISSING");
    expect(refusalOf(() => makeReceipt(ledgerOf(11, 0, 7), requestOf(7)))).to.equal("CHECKPOINT_MISSING");
    expect(refusalOf(() => makeReceipt({ ...evidence, entries: [] }, requestOf(4)))).to.equal("REQUEST_UNKNOWN");
  });

  it("are refused with anything altered: entry, index, path, size, root, request", () => {
    const [entry] = receipt.entries as [Receipt["entries"][number]];
    const { checkpoint } = receipt;
    const other = hex32(id("other"));
    const bytes = (number: number, granted?: boolean) => `0x${Buffer.from(entryOf(number, granted)).toString("hex")}`;
    const altered: Receipt[] = [
      { ...receipt, entries: [{ ...entry, bytes: bytes(4, false) }] },
      { ...receipt, entries: [{ ...entry, bytes: bytes(5) }] },
      { ...receipt, entries: [{ ...entry, index: 5 }] },
      { ...receipt, entries: [{ ...entry, proof: entry.proof.slice(1) }] },
      { ...receipt, entries: [{ ...entry, proof: [...entry.proof, other] }] },
      { ...receipt, entries: [{ ...entry, proof: entry.proof.with(0, other) }] },
      { ...receipt, entries: [entry, { ...entry, index: 6 }] },
      { ...receipt, checkpoint: { ...checkpoint, entryCount: 9 } },
      { ...receipt, checkpoint: { ...checkpoint, root: other } },
      { ...receipt, requestId: requestOf(5) },
    ];
    for (const each of altered) expect(refusalOf(() => verifyReceipt(each, { root }))).to.equal("RECEIPT_INVALID");
    expect(refusalOf(() => verifyReceipt(receipt, { root: other }))).to.equal("RECEIPT_INVALID");
    expect(refusalOf(() => verifyReceipt({ ...receipt, more: 1 }, { root }))).to.equal("INPUT_INVALID");
    expect(refusalOf(() => verifyReceipt({ ...receipt, entries: [] }, { root }))).to.equal("INPUT_INVALID");
    expect(
      refusalOf(() => verifyReceipt(receipt, {})),
      "nothing is trusted",
    ).to.equal("INPUT_INVALID");
  });

  it("prove by witnesses, all that are asked for, of the very checkpoint", () => {
    const cosigned = makeReceipt(evidence, requestOf(4), noteOf(9));
    expect(verifyReceipt(cosigned, { witnesses: [key] })).to.deep.include({
      entryCount: 9,
      cosignatures: [{ name: "witness.example", time: 5n }],
    });
    const stranger = parseVerifierKey(verifierKeyOf(witnessSigner("stranger", new Uint8Array(32).fill(4))));
    expect(refusalOf(() => verifyReceipt(cosigned, { witnesses: [key, stranger] }))).to.equal("RECEIPT_INVALID");
    expect(
      refusalOf(() => verifyReceipt(receipt, { witnesses: [key] })),
      "no note",
    ).to.equal("RECEIPT_INVALID");
    // The note of another checkpoint, and of another ledger with the same root.
    const { checkpoint } = cosigned;
    const swapped: Receipt[] = [
      { ...receipt, checkpoint: { ...receipt.checkpoint, note: noteOf(9) } },
      { ...cosigned, ledger: `0x${"cd".repeat(20)}` },
      { ...cosigned, chainId: "2" },
      { ...cosigned, checkpoint: { ...checkpoint, note: noteOf(8) } },
    ];
    for (const each of swapped)
      expect(refusalOf(() => verifyReceipt(each, { witnesses: [key] }))).to.equal("RECEIPT_INVALID");
  });

  it("are not made of a note of another ledger", () => {
    const forked = ledgerOf(11, 7, 4, 2);
    expect(refusalOf(() => makeReceipt(forked, requestOf(4), noteOf(9)))).to.equal("AUDIT_MISMATCH");
    expect(refusalOf(() => makeReceipt(ledgerOf(8, 7, 4), requestOf(4), noteOf(9)))).to.equal("AUDIT_MISMATCH");
    expect(refusalOf(() => makeReceipt(evidence, requestOf(4), noteOf(4)))).to.equal("CHECKPOINT_MISSING");
  });

  it("rest on witnesses that cosign what grew out of what they cosigned before, and nothing else", () => {
    const first = witness(ledgerOf(5, 0, 1), signer, { time: 1n });
    expect(first.memory).to.deep.equal({ entryCount: 5, root: toHex32(evidence.tree.root(5)) });
    const second = witness(evidence, signer, { memory: first.memory, time: 2n });
    expect(second.memory.entryCount).to.equal(11);
    const { memory } = first;
    expect(refusalOf(() => witness(ledgerOf(11, 0, 1, 2), signer, { memory, time: 2n }))).to.equal("AUDIT_MISMATCH");
    expect(refusalOf(() => witness(ledgerOf(4, 0, 1), signer, { memory, time: 2n }))).to.equal("AUDIT_MISMATCH");
    // A shorter one of the same ledger may be cosigned again; it is not what is remembered.
    const again = witness(evidence, signer, { memory: second.memory, note: first.note, time: 3n });
    expect(again.memory).to.deep.equal(second.memory);
    const forked = witness(ledgerOf(11, 0, 1, 2), signer, { time: 1n });
    expect(refusalOf(() => witness(evidence, signer, { note: forked.note, time: 2n }))).to.equal("AUDIT_MISMATCH");
  });
});
