import { createHash } from "node:crypto";
import { leafHash, merkleRange, merkleTree, verifyConsistency, verifyInclusion } from "@medexchain/chain";
import { expect } from "chai";
import fc from "fast-check";
import { MERKLE_VECTORS, vectorLeaf } from "../../vectors/merkle.ts";

const sha256 = (...parts: Uint8Array[]): Uint8Array => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, section 2.1, as it stands there. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  const [only] = leaves;
  if (leaves.length === 1 && only) return sha256(Uint8Array.of(0), only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("Merkle range", () => {
  it("has the roots and proofs of Go's sumdb/tlog", () => {
    const tree = merkleTree();
    const range = merkleRange();
    for (const [size, root] of MERKLE_VECTORS.roots.entries()) {
      expect(hex(tree.root())).to.equal(root);
      expect(hex(range.root())).to.equal(root);
      expect(range.size).to.equal(size);
      for (const each of [tree, range]) each.append(vectorLeaf(size));
    }
    for (const [size, root] of MERKLE_VECTORS.roots.entries()) expect(hex(tree.root(size))).to.equal(root);
    for (const { size, index, proof } of MERKLE_VECTORS.inclusions)
      expect(tree.inclusionProof(index, size).map(hex)).to.deep.equal(proof);
    for (const { first, second, proof } of MERKLE_VECTORS.consistencies)
      expect(tree.consistencyProof(first, second).map(hex)).to.deep.equal(proof);
  });

  it("has the root of RFC 6962 whatever the leaves, and proofs that hold of it and of no other index or size", () => {
    const leaves = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), (all, someIndex, someFirst) => {
        const tree = merkleTree();
        for (const leaf of all) tree.append(leaf);
        const [size, root] = [all.length, tree.root()];
        expect(hex(root)).to.equal(hex(treeHash(all)));
        const index = someIndex % size;
        const inclusion = { index, size, leaf: leafHash(all[index] ?? new Uint8Array()), root };
        const proof = tree.inclusionProof(index);
        expect(verifyInclusion(inclusion, proof)).to.equal(true);
        expect(verifyInclusion({ ...inclusion, root: leafHash(root) }, proof)).to.equal(false);
        // Every full tree over the leaf is a range of its own.
        for (let height = 0; 2 ** height * (Math.floor(index / 2 ** height) + 1) <= size; height += 1) {
          const { root: top, path } = tree.perfectTree(index, height);
          const within = { ...inclusion, index: index % 2 ** height, size: 2 ** height, root: top };
          expect(verifyInclusion(within, path)).to.equal(true);
          const start = index - (index % 2 ** height);
          expect(hex(top)).to.equal(hex(treeHash(all.slice(start, start + 2 ** height))));
        }
        const first = 1 + (someFirst % size);
        const consistency = { first, second: size, firstRoot: treeHash(all.slice(0, first)), secondRoot: root };
        expect(verifyConsistency(consistency, tree.consistencyProof(first))).to.equal(true);
        const rewritten = treeHash([leafHash(root), ...all.slice(1, first)]);
        expect(verifyConsistency({ ...consistency, firstRoot: rewritten }, tree.consistencyProof(first))).to.equal(
          false,
        );
      }),
    );
  });

  it("goes on from a range of which it has the peaks alone, with the roots and the proofs of the whole", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 40 }), (before, after) => {
        const whole = merkleTree();
        for (let index = 0; index < before; index++) whole.append(vectorLeaf(index));
        // As a range is kept: the roots of the perfect trees that the leaves fill, the largest first.
        const peaks: Uint8Array[] = [];
        for (let start = 0, left = before; left > 0; ) {
          const size = 2 ** Math.floor(Math.log2(left));
          const perfect = merkleTree();
          for (let index = start; index < start + size; index++) perfect.append(vectorLeaf(index));
          peaks.push(perfect.root());
          [start, left] = [start + size, left - size];
        }
        const start = { size: before, peaks };
        const [range, tree] = [merkleRange(start), merkleTree(start)];
        expect(hex(range.root())).to.equal(hex(whole.root()));
        for (let index = before; index < before + after; index++) {
          for (const each of [range, tree, whole]) each.append(vectorLeaf(index));
          expect(hex(range.root())).to.equal(hex(whole.root()));
          expect(hex(tree.root())).to.equal(hex(whole.root()));
          expect(tree.inclusionProof(index).map(hex)).to.deep.equal(whole.inclusionProof(index).map(hex));
        }
        for (let index = before; index < before + after; index++)
          expect(tree.inclusionProof(index).map(hex)).to.deep.equal(whole.inclusionProof(index).map(hex));
        if (before > 0)
          expect(tree.consistencyProof(before).map(hex)).to.deep.equal(whole.consistencyProof(before).map(hex));
      }),
    );
  });

  it("goes on from no range whose peaks are too few or too many", () => {
    const peak = leafHash(new Uint8Array());
    for (const start of [
      { size: 3, peaks: [peak] },
      { size: 4, peaks: [peak, peak] },
      { size: 0, peaks: [peak] },
    ]) {
      expect(() => merkleRange(start)).to.throw(RangeError);
      expect(() => merkleTree(start)).to.throw(RangeError);
    }
  });

  it("refuses numbers that are no index of a tree", () => {
    const hash = leafHash(new Uint8Array());
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(verifyInclusion({ index, size: 2 ** 54, leaf: hash, root: hash }, [])).to.equal(false);
  });

  it("makes no proof of what a tree has not", () => {
    const tree = merkleTree();
    tree.append(vectorLeaf(0));
    expect(() => tree.root(2)).to.throw(RangeError);
    expect(() => tree.inclusionProof(1)).to.throw(RangeError);
    expect(() => tree.inclusionProof(0, 2)).to.throw(RangeError);
    expect(() => tree.consistencyProof(0)).to.throw(RangeError);
    expect(() => tree.consistencyProof(2)).to.throw(RangeError);
  });
});
