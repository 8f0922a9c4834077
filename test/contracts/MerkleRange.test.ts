import { leafHash, merkleTree, verifyConsistency, verifyInclusion } from "@medexchain/chain";
import { expect } from "chai";
import type { Contract } from "ethers";
import { MERKLE_VECTORS, vectorLeaf } from "../vectors/merkle.ts";
import { loadWorld } from "./support/world.ts";

const hex = (bytes: Uint8Array | string): string =>
  `0x${typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("hex")}`;

describe("MerkleRange", () => {
  let range: Contract;
  beforeEach(async () => {
    const { a } = await loadWorld();
    range = (await a.ethers.deployContract("MerkleRangeHarness")) as unknown as Contract; // it is in no deployment, so it has no type
  });

  /** The contract's word and TypeScript's, which must be one. */
  const includes = async (index: number, size: number, leaf: Uint8Array, root: Uint8Array, proof: Uint8Array[]) => {
    const here = verifyInclusion({ index, size, leaf, root }, proof);
    const there = await range.verifyInclusion?.(index, size, hex(leaf), hex(root), proof.map(hex));
    expect(there).to.equal(here);
    return here;
  };
  const extends_ = async (
    first: number,
    second: number,
    firstRoot: Uint8Array,
    secondRoot: Uint8Array,
    proof: Uint8Array[],
  ) => {
    const here = verifyConsistency({ first, second, firstRoot, secondRoot }, proof);
    const there = await range.verifyConsistency?.(first, second, hex(firstRoot), hex(secondRoot), proof.map(hex));
    expect(there).to.equal(here);
    return here;
  };
  const treeOf = (size: number) => {
    const tree = merkleTree();
    for (let i = 0; i < size; i++) tree.append(vectorLeaf(i));
    return tree;
  };

  it("has the roots of Go's sumdb/tlog at every size, and peaks that bag to them", async () => {
    for (const [size, root] of MERKLE_VECTORS.roots.slice(0, 40).entries()) {
      expect(await range.root?.()).to.equal(hex(root));
      expect(await range.peaks?.()).to.have.length([...size.toString(2)].filter((bit) => bit === "1").length);
      await range.append?.(vectorLeaf(size));
    }
  });

  it("takes Go's proofs, and TypeScript makes the same", async () => {
    const tree = treeOf(MERKLE_VECTORS.roots.length - 1);
    for (const { size, index, proof } of MERKLE_VECTORS.inclusions) {
      const made = tree.inclusionProof(index, size);
      expect(made.map(hex)).to.deep.equal(proof.map(hex));
      expect(await includes(index, size, leafHash(vectorLeaf(index)), tree.root(size), made)).to.equal(true);
    }
    for (const { first, second, proof } of MERKLE_VECTORS.consistencies) {
      const made = tree.consistencyProof(first, second);
      expect(made.map(hex)).to.deep.equal(proof.map(hex));
      expect(await extends_(first, second, tree.root(first), tree.root(second), made)).to.equal(true);
    }
  });

  it("refuses a proof of anything else: another leaf, index, size or root, a hash too few, too many or altered", async () => {
    const [index, size] = [5, 11];
    const tree = treeOf(12);
    const [leaf, root, proof] = [leafHash(vectorLeaf(index)), tree.root(size), tree.inclusionProof(index, size)];
    const other = leafHash(vectorLeaf(99));
    const refused: [number, number, Uint8Array, Uint8Array, Uint8Array[]][] = [
      [index, size, other, root, proof],
      [index + 1, size, leaf, root, proof],
      [index, 3, leaf, root, proof],
      [size, size, leaf, root, proof],
      [index, size, leaf, tree.root(12), proof],
      [index, size, leaf, root, proof.slice(1)],
      [index, size, leaf, root, proof.slice(0, -1)],
      [index, size, leaf, root, [...proof, other]],
      [index, size, leaf, root, []],
      ...proof.map((_, at): (typeof refused)[number] => [index, size, leaf, root, proof.with(at, other)]),
    ];
    for (const each of refused) expect(await includes(...each)).to.equal(false);
    expect(await includes(0, 0, leaf, root, [])).to.equal(false);
  });

  it("refuses consistency with a ledger that was rewritten, shrank, or of which too much or too little is proven", async () => {
    const tree = treeOf(13);
    for (const [first, second] of [
      [6, 11],
      [8, 13],
      [1, 2],
    ] as const) {
      const [firstRoot, secondRoot] = [tree.root(first), tree.root(second)];
      const proof = tree.consistencyProof(first, second);
      const other = leafHash(vectorLeaf(99));
      const refused: [number, number, Uint8Array, Uint8Array, Uint8Array[]][] = [
        [first, second, other, secondRoot, proof],
        [first, second, firstRoot, other, proof],
        [second, first, secondRoot, firstRoot, proof],
        [first, second, firstRoot, secondRoot, []],
        [first, second, firstRoot, secondRoot, [...proof, other]],
        [first, second, firstRoot, secondRoot, proof.slice(0, -1)],
        ...proof.map((_, at): (typeof refused)[number] => [
          first,
          second,
          firstRoot,
          secondRoot,
          proof.with(at, other),
        ]),
      ];
      for (const each of refused) expect(await extends_(...each)).to.equal(false);
    }
  });

  it("has an empty range begin every other, and every range itself", async () => {
    const tree = treeOf(5);
    expect(await extends_(0, 5, tree.root(0), tree.root(5), [])).to.equal(true);
    expect(await extends_(0, 5, tree.root(1), tree.root(5), [])).to.equal(false);
    expect(await extends_(5, 5, tree.root(5), tree.root(5), [])).to.equal(true);
    expect(await extends_(5, 5, tree.root(4), tree.root(5), [])).to.equal(false);
    expect(await extends_(5, 5, tree.root(5), tree.root(5), [tree.root(1)])).to.equal(false);
  });
});
