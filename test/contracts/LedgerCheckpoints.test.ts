import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type Checkpoint, digest, digestOf, domainOf, sign, tuple } from "./support/messages.ts";
import {
  type Attestation,
  anotherRequest,
  approve,
  loadWorld,
  pendingRequest,
  type RelayerName,
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

  const checkpoint = (entryCount: bigint, blockNumber: bigint, changes: Partial<Checkpoint> = {}): Checkpoint => ({
    chainId: a.chainId,
    ledger,
    entryCount,
    blockNumber,
    head: digest(`head ${entryCount}`),
    ...changes,
  });
  const attested = async (
    of: Checkpoint,
    { names = ["relayer1", "relayer2"] as RelayerName[], on = b, contract = "checkpoints" as const } = {},
  ): Promise<Attestation[]> => {
    const domain = await domainOf(on, contract);
    const all = names.map(async (name) => ({
      relayer: b.actors[name].address,
      signature: await sign(b.actors[name], domain, "Checkpoint", of),
    }));
    return (await Promise.all(all)).sort((x, y) => (BigInt(x.relayer) < BigInt(y.relayer) ? -1 : 1));
  };
  const submit = async (of: Checkpoint) =>
    b.checkpoints.connect(b.actors.stranger).submitCheckpoint(of, await attested(of));
  const stored = async () =>
    (await b.checkpoints.checkpoints(a.chainId, ledger, 0n, 99n)).map(({ entryCount }) => entryCount);

  it("stores what A's ledger was, as B's relayers attest it, whoever carries it", async () => {
    await approve(world, (await pendingRequest(world)).requestId);
    const first = checkpoint(await a.ledger.length(), BigInt(await a.ethers.provider.getBlockNumber()), {
      head: await a.ledger.head(),
    });
    await expect(submit(first)).to.emit(b.checkpoints, "CheckpointStored").withArgs(a.chainId, 0n, tuple(first));
    await approve(world, (await anotherRequest(world)).requestId);
    const second = checkpoint(await a.ledger.length(), BigInt(await a.ethers.provider.getBlockNumber()), {
      head: await a.ledger.head(),
    });
    await expect(submit(second)).to.emit(b.checkpoints, "CheckpointStored").withArgs(a.chainId, 1n, tuple(second));
    expect(await b.checkpoints.latest(a.chainId, ledger)).to.deep.equal(tuple(second));
    expect(await b.checkpoints.checkpointCount(a.chainId, ledger)).to.equal(2n);
    expect(await b.checkpoints.checkpoints(a.chainId, ledger, 1n, 9n)).to.deep.equal([tuple(second)]);
    expect(await b.checkpoints.checkpoints(a.chainId, ledger, 2n, 9n)).to.deep.equal([]);
  });

  it("knows nothing of a ledger of which nothing was attested", async () => {
    const nothing = [0n, ZeroAddress, 0n, 0n, ZeroHash];
    expect(await b.checkpoints.latest(a.chainId, ledger)).to.deep.equal(nothing);
    expect(await b.checkpoints.checkpointCount(a.chainId, ledger)).to.equal(0n);
  });

  it("refuses too few relayers, a changed field, another chain's or contract's domain", async () => {
    const of = checkpoint(1n, 10n);
    const { checkpoints, relayers } = b;
    const alone = checkpoints.submitCheckpoint(of, await attested(of, { names: ["relayer1"] }));
    await expectRefusal(alone, relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
    const good = await attested(of);
    const [{ relayer }] = good as [Attestation];
    for (const changes of [{ entryCount: 2n }, { blockNumber: 11n }, { head: digest("other") }]) {
      const attempt = checkpoints.submitCheckpoint({ ...of, ...changes }, good);
      await expectRefusal(attempt, relayers, "RelayerSetInvalidAttestation", relayer);
    }
    const elsewhere = checkpoints.submitCheckpoint(of, await attested(of, { on: a }));
    await expectRefusal(elsewhere, relayers, "RelayerSetInvalidAttestation", relayer);
    expect(await checkpoints.checkpointDigest(of)).to.equal(
      digestOf(await domainOf(b, "checkpoints"), "Checkpoint", of),
    );
  });

  it("refuses another ledger than its peer, and a chain whose lane is closed or paused", async () => {
    const other = checkpoint(1n, 10n, { ledger: b.actors.stranger.address });
    await expectRefusal(submit(other), b.checkpoints, "LedgerCheckpointsWrongLedger", a.chainId, other.ledger);
    await expectRefusal(submit(checkpoint(1n, 10n, { chainId: 9n })), b.checkpoints, "LanesUnknownChain", 9n);
    await b.checkpoints.pauseLane(a.chainId);
    await expectRefusal(submit(checkpoint(1n, 10n)), b.checkpoints, "LanesPaused", a.chainId);
  });

  it("takes the same checkpoint again, and an old one, as confirmation", async () => {
    for (const of of [checkpoint(1n, 10n), checkpoint(3n, 20n)]) await submit(of);
    for (const of of [checkpoint(1n, 10n), checkpoint(1n, 19n), checkpoint(3n, 20n), checkpoint(3n, 99n)]) {
      expect(await b.checkpoints.submitCheckpoint.staticCall(of, await attested(of))).to.equal(true);
      expect((await (await submit(of)).wait())?.logs).to.have.length(0);
    }
    expect(await stored()).to.deep.equal([1n, 3n]);
  });

  const contradictions: [string, bigint, bigint, Partial<Checkpoint>, number][] = [
    ["another head at the latest length", 3n, 20n, { head: digest("forked") }, 1],
    ["another head at an older length", 1n, 10n, { head: digest("rewritten") }, 0],
    ["a shorter ledger at a later block", 2n, 21n, {}, 1],
    ["a shorter ledger at the latest block", 2n, 20n, {}, 1],
    ["a longer ledger at the latest block", 4n, 20n, {}, 1],
    ["a longer ledger at an earlier block", 4n, 15n, {}, 1],
    ["an old length at the block of a later one", 1n, 20n, {}, 0],
    ["the latest length at the block of an earlier one", 3n, 10n, {}, 1],
  ];
  for (const [name, entryCount, blockNumber, changes, against] of contradictions) {
    it(`refuses ${name}, and raises an event`, async () => {
      const known = [checkpoint(1n, 10n), checkpoint(3n, 20n)];
      for (const of of known) await submit(of);
      const contradicting = checkpoint(entryCount, blockNumber, changes);
      const attestations = await attested(contradicting);
      expect(await b.checkpoints.submitCheckpoint.staticCall(contradicting, attestations)).to.equal(false);
      await expect(submit(contradicting))
        .to.emit(b.checkpoints, "CheckpointContradicted")
        .withArgs(a.chainId, tuple(known[against]!), tuple(contradicting));
      expect(await stored()).to.deep.equal([1n, 3n]);
      expect(await b.checkpoints.latest(a.chainId, ledger)).to.deep.equal(tuple(known[1]!));
    });
  }

  it("can neither confirm nor refute an older length that it never stored", async () => {
    for (const of of [checkpoint(1n, 10n), checkpoint(3n, 20n)]) await submit(of);
    const stale = submit(checkpoint(2n, 15n));
    await expectRefusal(stale, b.checkpoints, "LedgerCheckpointsStale", a.chainId, 2n, 3n);
  });

  it("starts anew when the lane moves to another ledger, and keeps what it saw of the old one", async () => {
    await submit(checkpoint(3n, 20n));
    const moved = b.actors.stranger.address;
    await b.checkpoints.setPeer(a.chainId, moved);
    await submit(checkpoint(1n, 5n, { ledger: moved }));
    expect((await b.checkpoints.latest(a.chainId, moved)).entryCount).to.equal(1n);
    expect(await stored()).to.deep.equal([3n]);
  });
});
