import { type MerkleTree, merkleTree } from "@medexchain/chain";
import { expect } from "chai";
import { getBytes, hexlify, toUtf8Bytes, ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type Checkpoint, digest, digestOf, domainOf, tuple } from "./support/messages.ts";
import {
  type Attestation,
  type Attestations,
  anotherRequest,
  approve,
  attestCheckpoint,
  loadWorld,
  nextBlockAt,
  now,
  pendingRequest,
  THRESHOLD,
  type World,
} from "./support/world.ts";

describe("LedgerCheckpoints", () => {
  let world: World;
  let a: Chain;
  let b: Chain;
  let ledger: string;

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    ledger = await a.ledger.getAddress();
  });

  /** A ledger of so many entries. Those before `forkedAt` are the same for all. */
  const treeOf = (entryCount: bigint, forkedAt = entryCount): MerkleTree => {
    const tree = merkleTree();
    for (let i = 0n; i < entryCount; i++) tree.append(toUtf8Bytes(`entry ${i}${i < forkedAt ? "" : " rewritten"}`));
    return tree;
  };
  const rootOf = (entryCount: bigint, forkedAt = entryCount) => hexlify(treeOf(entryCount, forkedAt).root());
  /** A block's time by its number. */
  const timeOf = (blockNumber: bigint): bigint => 1_700_000_000n + 12n * blockNumber;
  const checkpoint = (entryCount: bigint, blockNumber: bigint, changes: Partial<Checkpoint> = {}): Checkpoint => ({
    chainId: a.chainId,
    ledger,
    entryCount,
    blockNumber,
    blockTime: timeOf(blockNumber),
    head: digest(`head ${entryCount}`),
    root: rootOf(entryCount),
    ...changes,
  });
  /** A ledger that is rewritten from an entry on. */
  const rewritten = (entryCount: bigint, blockNumber: bigint, forkedAt = 0n): Checkpoint =>
    checkpoint(entryCount, blockNumber, {
      head: digest(`rewritten head ${entryCount}`),
      root: rootOf(entryCount, forkedAt),
    });
  interface Extension {
    base: bigint;
    root: string;
    proof: string[];
  }
  const NOTHING: Extension = { base: 0n, root: ZeroHash, proof: [] };
  /** How a ledger of `second` entries began. */
  const extension = (base: bigint, first: bigint, second: bigint, forkedAt = second): Extension => {
    const tree = treeOf(second, forkedAt);
    return {
      base,
      root: hexlify(tree.root(Number(first))),
      proof: tree.consistencyProof(Number(first)).map((hash) => hexlify(hash)),
    };
  };
  const attested = (of: Checkpoint, how?: Parameters<typeof attestCheckpoint>[2]): Promise<Attestations> =>
    attestCheckpoint(world, of, how);
  const submit = async (of: Checkpoint, how: Extension = NOTHING) =>
    b.checkpoints.connect(b.actors.stranger).submitCheckpoint(of, how, await attested(of));
  /** Number and base of each that is stored. */
  const stored = async () => {
    const [page, bases] = await b.checkpoints.checkpoints(a.chainId, ledger, 0n, 99n);
    return page.map(({ entryCount }, at) => [entryCount, bases[at]]);
  };
  const eventsOf = async (of: Checkpoint, how: Extension = NOTHING) => {
    const receipt = await (await submit(of, how)).wait();
    return receipt!.logs.map((log) => b.checkpoints.interface.parseLog(log)!.name);
  };

  it("stores what A's ledger was, as B's relayers attest it, whoever carries it, and proves that it extends the one before", async () => {
    const seen = async (): Promise<Checkpoint> => {
      const block = await a.ethers.provider.getBlock("latest");
      return checkpoint(await a.ledger.length(), BigInt(block!.number), {
        blockTime: BigInt(block!.timestamp),
        head: await a.ledger.head(),
        root: await a.ledger.root(),
      });
    };
    await approve(world, (await pendingRequest(world)).requestId);
    const first = await seen();
    await expect(submit(first)).to.emit(b.checkpoints, "CheckpointStored").withArgs(a.chainId, 1n, tuple(first), 0n);
    await approve(world, (await anotherRequest(world)).requestId);
    await approve(world, (await anotherRequest(world)).requestId);
    const second = await seen();
    const tree = merkleTree();
    for (const { data } of await a.ledger.queryFilter(a.ledger.filters.AccessLogged()))
      tree.append(getBytes(data).subarray(0, 320));
    const how = { base: 1n, root: first.root, proof: tree.consistencyProof(1).map((hash) => hexlify(hash)) };
    await expect(submit(second, how))
      .to.emit(b.checkpoints, "CheckpointStored")
      .withArgs(a.chainId, 2n, tuple(second), 1n);
    expect(await b.checkpoints.latest(a.chainId, ledger)).to.deep.equal(tuple(second));
    expect(await b.checkpoints.checkpointCount(a.chainId, ledger)).to.equal(2n);
    expect(await b.checkpoints.checkpoints(a.chainId, ledger, 1n, 9n)).to.deep.equal([[tuple(second)], [1n]]);
    expect(await b.checkpoints.checkpoints(a.chainId, ledger, 2n, 9n)).to.deep.equal([[], []]);
  });

  it("knows nothing of a ledger of which nothing was attested", async () => {
    const nothing = [0n, ZeroAddress, 0n, 0n, 0n, ZeroHash, ZeroHash];
    expect(await b.checkpoints.latest(a.chainId, ledger)).to.deep.equal(nothing);
    expect(await b.checkpoints.checkpointCount(a.chainId, ledger)).to.equal(0n);
  });

  it("refuses too few relayers, a changed field, another chain's or contract's domain", async () => {
    const of = checkpoint(1n, 10n);
    const { checkpoints, relayers } = b;
    const alone = checkpoints.submitCheckpoint(of, NOTHING, await attested(of, { names: ["relayer1"] }));
    await expectRefusal(alone, relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
    const good = await attested(of);
    const [{ relayer }] = good.by as [Attestation];
    const changed: Partial<Checkpoint>[] = [
      { entryCount: 2n },
      { blockNumber: 11n },
      { blockTime: 11n },
      { head: digest("other") },
      { root: digest("other") },
    ];
    for (const changes of changed) {
      const attempt = checkpoints.submitCheckpoint({ ...of, ...changes }, NOTHING, good);
      await expectRefusal(attempt, relayers, "RelayerSetInvalidAttestation", relayer);
    }
    const elsewhere = checkpoints.submitCheckpoint(of, NOTHING, await attested(of, { on: a }));
    await expectRefusal(elsewhere, relayers, "RelayerSetInvalidAttestation", relayer);
    expect(await checkpoints.checkpointDigest(of, 7n, 8n)).to.equal(
      digestOf(await domainOf(b, "checkpoints"), "Checkpoint", { ...of, epoch: 7n, expiry: 8n }),
    );
  });

  it("refuses another ledger than its peer, and a chain whose lane is closed or paused", async () => {
    const other = checkpoint(1n, 10n, { ledger: b.actors.stranger.address });
    await expectRefusal(submit(other), b.checkpoints, "LedgerCheckpointsWrongLedger", a.chainId, other.ledger);
    await expectRefusal(submit(checkpoint(1n, 10n, { chainId: 9n })), b.checkpoints, "LanesUnknownChain", 9n);
    await b.checkpoints.pauseLane(a.chainId);
    await expectRefusal(submit(checkpoint(1n, 10n)), b.checkpoints, "LanesPaused", a.chainId);
  });

  it("refuses what cannot have been by now: nothing, the future, more blocks than time, more entries than blocks", async () => {
    const latest = (await now(b)) + 1000n;
    const implausible: Checkpoint[] = [
      checkpoint(1n, 10n, { blockTime: latest + 301n }),
      checkpoint(1n, 2n ** 64n - 1n, { blockTime: latest }),
      { ...checkpoint(1n, 10n), entryCount: 2n ** 64n - 1n },
      { ...checkpoint(1n, 10n), entryCount: 10n * 2n ** 16n + 1n },
      checkpoint(1n, 0n),
      { ...checkpoint(1n, 10n), entryCount: 0n },
    ];
    for (const of of implausible) {
      await nextBlockAt(b, latest);
      const { chainId, entryCount, blockNumber, blockTime } = of;
      const args = [chainId, entryCount, blockNumber, blockTime] as const;
      const snapshot = await b.takeSnapshot();
      await expectRefusal(submit(of), b.checkpoints, "LedgerCheckpointsImplausible", ...args);
      await snapshot.restore();
    }
    await nextBlockAt(b, latest);
    await submit(checkpoint(1n, 10n, { blockTime: latest + 300n }));
  });

  it("takes the same ledger again, of any block, as confirmation", async () => {
    await submit(checkpoint(1n, 10n));
    await submit(checkpoint(3n, 20n), extension(1n, 1n, 3n));
    for (const repeated of [checkpoint(1n, 10n), checkpoint(1n, 19n), checkpoint(3n, 20n), checkpoint(3n, 99n)]) {
      const number = await b.checkpoints.submitCheckpoint.staticCall(repeated, NOTHING, await attested(repeated));
      expect(number).to.equal(repeated.entryCount === 1n ? 1n : 2n);
      expect(await eventsOf(repeated)).to.deep.equal([]);
    }
    expect(await stored()).to.deep.equal([
      [1n, 0n],
      [3n, 1n],
    ]);
  });

  it("keeps a longer ledger that was rewritten beside the one that it contradicts, and raises an event", async () => {
    const honest = checkpoint(5n, 10n);
    await submit(honest);
    // From its first entry on, or from the last that was stored.
    for (const [number, forkedAt] of [
      [2n, 0n],
      [3n, 4n],
    ] as const) {
      const contradicting = rewritten(6n + number, 20n, forkedAt);
      const attempt = submit(contradicting, extension(1n, 5n, 6n + number, forkedAt));
      await expect(attempt)
        .to.emit(b.checkpoints, "CheckpointStored")
        .withArgs(a.chainId, number, tuple(contradicting), 0n)
        .and.to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, 1n, tuple(honest), tuple(contradicting));
    }
    // What was true goes on, as does what was rewritten.
    expect(await eventsOf(checkpoint(7n, 30n), extension(1n, 5n, 7n))).to.deep.equal(["CheckpointStored"]);
    expect(await eventsOf(rewritten(12n, 40n), extension(2n, 8n, 12n, 0n))).to.deep.equal(["CheckpointStored"]);
    expect(await stored()).to.deep.equal([
      [5n, 0n],
      [8n, 0n],
      [9n, 0n],
      [7n, 1n],
      [12n, 2n],
    ]);
  });

  it("is not kept from what is true by a false one, however far in the future its ledger is", async () => {
    await submit(checkpoint(1n, 10n));
    // As far as anyone may go, and even with a proof: who makes up the later entries can prove that they follow.
    const latest = await now(b);
    const evil = checkpoint(40n, latest * 1000n, { blockTime: latest, root: rootOf(40n, 1n) });
    await submit(evil, extension(1n, 1n, 40n, 1n));
    await b.relayers.removeRelayer(b.actors.relayer1);
    const honest = checkpoint(2n, 20n);
    const attestations = await attested(honest, { names: ["relayer2", "relayer3"] });
    await b.checkpoints.submitCheckpoint(honest, extension(1n, 1n, 2n), attestations);
    const later = checkpoint(4n, 30n);
    const more = await attested(later, { names: ["relayer2", "relayer3"] });
    await b.checkpoints.submitCheckpoint(later, extension(3n, 2n, 4n), more);
    expect(await stored()).to.deep.equal([
      [1n, 0n],
      [40n, 1n],
      [2n, 1n],
      [4n, 3n],
    ]);
  });

  it("takes a proof that shows nothing for the carrier's fault, which contradicts nothing", async () => {
    await submit(checkpoint(3n, 10n));
    const of = checkpoint(7n, 20n);
    const good = extension(1n, 3n, 7n);
    const bad: Extension[] = [
      { ...good, root: digest("other") },
      { ...good, proof: good.proof.slice(1) },
      { ...good, proof: [...good.proof, ZeroHash] },
      { ...good, proof: [] },
    ];
    for (const how of bad)
      await expectRefusal(submit(of, how), b.checkpoints, "LedgerCheckpointsInvalidProof", a.chainId, 1n);
    const unknown = submit(of, { ...good, base: 2n });
    await expectRefusal(unknown, b.checkpoints, "LedgerCheckpointsUnknownBase", a.chainId, 2n);
    expect(await eventsOf(of, good)).to.deep.equal(["CheckpointStored"]);
  });

  // Each against what is stored: 1 entry at block 10, and 3 at block 20. With its base, and the one that it contradicts.
  const CONTRADICTIONS: [string, () => Checkpoint, bigint, bigint][] = [
    ["another head at the latest length", () => checkpoint(3n, 20n, { head: digest("forked") }), 0n, 2n],
    ["another root at the latest length", () => checkpoint(3n, 20n, { root: digest("forked") }), 0n, 2n],
    ["another head at an older length", () => checkpoint(1n, 10n, { head: digest("rewritten") }), 0n, 1n],
    ["a shorter ledger at a later block", () => checkpoint(2n, 21n), 0n, 2n],
    ["a shorter ledger at the latest block", () => checkpoint(2n, 20n), 0n, 2n],
    ["a longer ledger at the latest block", () => checkpoint(4n, 20n), 0n, 2n],
    ["a longer ledger at an earlier block", () => checkpoint(4n, 15n), 0n, 2n],
    ["a longer ledger at the block of its base", () => checkpoint(4n, 10n), 1n, 1n],
    ["a later block of an earlier time", () => checkpoint(4n, 30n, { blockTime: timeOf(19n) }), 0n, 2n],
    ["an earlier block of a later time", () => checkpoint(2n, 15n, { blockTime: timeOf(21n) }), 0n, 2n],
  ];
  for (const [name, make, base, against] of CONTRADICTIONS) {
    it(`keeps ${name} beside, and raises an event`, async () => {
      const known = [checkpoint(1n, 10n), checkpoint(3n, 20n)];
      await submit(known[0]!);
      await submit(known[1]!, extension(1n, 1n, 3n));
      const contradicting = make();
      await expect(submit(contradicting, { ...NOTHING, base }))
        .to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, against, tuple(known[Number(against) - 1]!), tuple(contradicting));
      expect(await stored()).to.deep.equal([
        [1n, 0n],
        [3n, 1n],
        [contradicting.entryCount, 0n],
      ]);
    });
  }

  it("raises an event for one block of two times, though it stores no ledger twice", async () => {
    await submit(checkpoint(3n, 20n));
    const contradicting = checkpoint(3n, 20n, { blockTime: timeOf(21n) });
    expect(await eventsOf(contradicting)).to.deep.equal(["CheckpointContradicted"]);
    expect(await stored()).to.deep.equal([[3n, 0n]]);
  });

  it("raises an event where a ledger that is stored is told of a block at which another was longer", async () => {
    await submit(checkpoint(1n, 10n));
    const longer = checkpoint(3n, 20n);
    await submit(longer, extension(1n, 1n, 3n));
    for (const base of [0n, 2n]) {
      const shrunk = checkpoint(1n, 21n + base);
      await expect(submit(shrunk, { ...NOTHING, base }))
        .to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, 2n, tuple(longer), tuple(shrunk));
    }
    const unknown = submit(checkpoint(1n, 21n), { ...NOTHING, base: 9n });
    await expectRefusal(unknown, b.checkpoints, "LedgerCheckpointsUnknownBase", a.chainId, 9n);
    expect(await stored()).to.deep.equal([
      [1n, 0n],
      [3n, 1n],
    ]);
  });

  describe("compared by anyone, once they are stored", () => {
    const compare = (number: bigint, how: Extension) =>
      b.checkpoints.connect(b.actors.stranger).compareCheckpoints(a.chainId, ledger, number, how);

    it("get the base that was not proven when they came", async () => {
      await submit(checkpoint(1n, 10n));
      await submit(checkpoint(3n, 20n));
      await expect(compare(2n, extension(1n, 1n, 3n)))
        .to.emit(b.checkpoints, "CheckpointExtended")
        .withArgs(a.chainId, 2n, 1n);
      await expect(compare(2n, extension(1n, 1n, 3n))).not.to.emit(b.checkpoints, "CheckpointExtended");
      expect(await stored()).to.deep.equal([
        [1n, 0n],
        [3n, 1n],
      ]);
    });

    it("raise an event where the proof shows that the ledger was rewritten, though it came without one", async () => {
      const honest = checkpoint(3n, 10n);
      await submit(honest);
      const other = rewritten(5n, 20n);
      expect(await eventsOf(other)).to.deep.equal(["CheckpointStored"]);
      await expect(compare(2n, extension(1n, 3n, 5n, 0n)))
        .to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, 1n, tuple(honest), tuple(other));
      expect(await stored()).to.deep.equal([
        [3n, 0n],
        [5n, 0n],
      ]);
    });

    it("raise an event where lengths and blocks alone contradict each other, and neither was the last", async () => {
      const longer = checkpoint(3n, 20n);
      await submit(longer);
      await submit(checkpoint(5n, 30n), extension(1n, 3n, 5n));
      const shorter = checkpoint(2n, 25n);
      expect(await eventsOf(shorter)).to.deep.equal(["CheckpointStored"]);
      const [, bases] = await b.checkpoints.checkpoints(a.chainId, ledger, 2n, 1n);
      expect(bases).to.deep.equal([0n]);
      await expect(compare(3n, { ...NOTHING, base: 1n }))
        .to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, 1n, tuple(longer), tuple(shorter));
    });

    it("are refused where there is no such checkpoint, or the proof shows nothing", async () => {
      await submit(checkpoint(1n, 10n));
      await submit(checkpoint(3n, 20n));
      const how = extension(1n, 1n, 3n);
      for (const [number, base] of [
        [0n, 1n],
        [3n, 1n],
      ] as const) {
        await expectRefusal(
          compare(number, { ...how, base }),
          b.checkpoints,
          "LedgerCheckpointsUnknownBase",
          a.chainId,
          number,
        );
      }
      for (const base of [0n, 2n, 3n]) {
        await expectRefusal(
          compare(2n, { ...how, base }),
          b.checkpoints,
          "LedgerCheckpointsUnknownBase",
          a.chainId,
          base,
        );
      }
      const wrong = compare(2n, { ...how, root: digest("other") });
      await expectRefusal(wrong, b.checkpoints, "LedgerCheckpointsInvalidProof", a.chainId, 1n);
      await expectRefusal(
        compare(1n, { ...how, base: 2n }),
        b.checkpoints,
        "LedgerCheckpointsInvalidProof",
        a.chainId,
        2n,
      );
    });
  });

  it("keeps an older length that it never stored, and what extends it", async () => {
    await submit(checkpoint(1n, 10n));
    await submit(checkpoint(3n, 20n), extension(1n, 1n, 3n));
    expect(await eventsOf(checkpoint(2n, 15n), extension(1n, 1n, 2n))).to.deep.equal(["CheckpointStored"]);
    // Whoever brings an older one later does not hide from others that theirs is stored.
    const { entryCount, head, root } = checkpoint(3n, 20n);
    expect(await b.checkpoints.numberOf(a.chainId, ledger, entryCount, head, root)).to.equal(2n);
    expect(await b.checkpoints.numberOf(a.chainId, ledger, entryCount, head, ZeroHash)).to.equal(0n);
    expect(await stored()).to.deep.equal([
      [1n, 0n],
      [3n, 1n],
      [2n, 1n],
    ]);
  });

  it("starts anew when the lane moves to another ledger, and keeps what it saw of the old one", async () => {
    await submit(checkpoint(3n, 20n));
    const moved = b.actors.stranger.address;
    await b.checkpoints.setPeer(a.chainId, moved);
    await submit(checkpoint(1n, 5n, { ledger: moved }));
    expect((await b.checkpoints.latest(a.chainId, moved)).entryCount).to.equal(1n);
    expect(await stored()).to.deep.equal([[3n, 0n]]);
  });
});
