import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { type Chain, deployChain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, digestOf, domainOf, sign } from "./support/messages.ts";
import { type Attestation, loadWorld, type RelayerName, THRESHOLD } from "./support/world.ts";

describe("RelayerSet", () => {
  let a: Chain;

  beforeEach(async () => {
    ({ a } = await loadWorld());
  });

  it("adds and removes relayers, once per change", async () => {
    const { relayers, actors } = a;
    await expect(relayers.addRelayer(actors.stranger))
      .to.emit(relayers, "RelayerAdded")
      .withArgs(actors.stranger.address);
    await expect(relayers.addRelayer(actors.stranger)).not.to.emit(relayers, "RelayerAdded");
    expect(await relayers.isRelayer(actors.stranger)).to.equal(true);
    await expect(relayers.removeRelayer(actors.stranger))
      .to.emit(relayers, "RelayerRemoved")
      .withArgs(actors.stranger.address);
    await expect(relayers.removeRelayer(actors.stranger)).not.to.emit(relayers, "RelayerRemoved");
    expect(await relayers.isRelayer(actors.stranger)).to.equal(false);
    const expected = [actors.relayer1, actors.relayer2, actors.relayer3].map(({ address }) => address);
    expect(await relayers.relayers())
      .to.have.members(expected)
      .and.to.have.length(3);
  });

  it("refuses the zero address as a relayer", async () => {
    await expectRefusal(a.relayers.addRelayer(ZeroAddress), a.relayers, "RelayerSetInvalidRelayer", ZeroAddress);
  });

  it("keeps at least as many relayers as must attest", async () => {
    const { relayers, actors } = a;
    await relayers.removeRelayer(actors.relayer3);
    await expectRefusal(relayers.removeRelayer(actors.relayer2), relayers, "RelayerSetInvalidThreshold", 2n, 1n);
    expect(await relayers.isRelayer(actors.relayer2)).to.equal(true);
  });

  it("takes a threshold between one and all, once per change", async () => {
    const { relayers } = a;
    await expect(relayers.setThreshold(3n)).to.emit(relayers, "ThresholdSet").withArgs(3n);
    await expect(relayers.setThreshold(3n)).not.to.emit(relayers, "ThresholdSet");
    expect(await relayers.threshold()).to.equal(3n);
    await expectRefusal(relayers.setThreshold(0n), relayers, "RelayerSetInvalidThreshold", 0n, 3n);
    await expectRefusal(relayers.setThreshold(4n), relayers, "RelayerSetInvalidThreshold", 4n, 3n);
  });

  it("rotates the sealing key, once per change, and never to none", async () => {
    const { relayers } = a;
    const key = digest("next key");
    await expect(relayers.rotateSealingKey(key)).to.emit(relayers, "SealingKeyRotated").withArgs(key);
    await expect(relayers.rotateSealingKey(key)).not.to.emit(relayers, "SealingKeyRotated");
    expect(await relayers.sealingKey()).to.equal(key);
    await expectRefusal(relayers.rotateSealingKey(ZeroHash), relayers, "RelayerSetInvalidSealingKey");
  });

  describe("requireAttested", () => {
    const message = { requestId: digest("anything that relayers may sign") };
    let hash: string;

    beforeEach(async () => {
      hash = digestOf(await domainOf(a, "grants"), "Denial", message);
    });

    const attestation = async (name: RelayerName): Promise<Attestation> => ({
      relayer: a.actors[name].address,
      signature: await sign(a.actors[name], await domainOf(a, "grants"), "Denial", message),
    });
    const ascending = async (...names: RelayerName[]): Promise<Attestation[]> =>
      (await Promise.all(names.map(attestation))).sort((x, y) => (BigInt(x.relayer) < BigInt(y.relayer) ? -1 : 1));

    it("passes with as many relayers as the threshold, any of them, and with more", async () => {
      const sets: RelayerName[][] = [
        ["relayer1", "relayer2"],
        ["relayer1", "relayer3"],
        ["relayer2", "relayer3"],
        ["relayer1", "relayer2", "relayer3"],
      ];
      for (const names of sets) await a.relayers.requireAttested(hash, await ascending(...names));
    });

    it("refuses fewer than the threshold", async () => {
      for (const attestations of [[], await ascending("relayer1")]) {
        const attempt = a.relayers.requireAttested(hash, attestations);
        const given = BigInt(attestations.length);
        await expectRefusal(attempt, a.relayers, "RelayerSetTooFewAttestations", given, THRESHOLD);
      }
    });

    it("counts a relayer once", async () => {
      const one = await attestation("relayer1");
      const attempt = a.relayers.requireAttested(hash, [one, one]);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnorderedAttestation", one.relayer);
    });

    it("refuses attestations that are not in ascending order", async () => {
      const [low, high] = await ascending("relayer1", "relayer2");
      const attempt = a.relayers.requireAttested(hash, [high!, low!]);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnorderedAttestation", low!.relayer);
    });

    it("refuses one who is not a relayer, or no longer", async () => {
      const stranger = a.actors.stranger.address;
      const withStranger = await ascending("relayer1", "stranger");
      // The other attestation is good: only the stranger's can be the reason.
      const attempt = a.relayers.requireAttested(hash, withStranger);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnknownRelayer", stranger);
      const pair = await ascending("relayer1", "relayer3");
      await a.relayers.removeRelayer(a.actors.relayer3);
      const late = a.relayers.requireAttested(hash, pair);
      await expectRefusal(late, a.relayers, "RelayerSetUnknownRelayer", a.actors.relayer3.address);
    });

    it("refuses a signature of something else, or of another relayer", async () => {
      const [low, high] = await ascending("relayer1", "relayer2");
      const other = a.relayers.requireAttested(digest("something else"), [low!, high!]);
      await expectRefusal(other, a.relayers, "RelayerSetInvalidAttestation", low!.relayer);
      const borrowed = { relayer: high!.relayer, signature: low!.signature };
      const attempt = a.relayers.requireAttested(hash, [low!, borrowed]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", high!.relayer);
    });

    it("lets no bad attestation pass beside enough good ones", async () => {
      const [low, middle, high] = await ascending("relayer1", "relayer2", "relayer3");
      const attempt = a.relayers.requireAttested(hash, [low!, middle!, { ...high!, signature: "0x" }]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", high!.relayer);
    });

    it("lets the caller count as one, without a signature, when it is a relayer", async () => {
      const { relayer1, stranger } = a.actors;
      await a.relayers.requireAttestedBy(relayer1, hash, await ascending("relayer2"));
      await a.relayers.requireAttestedBy(relayer1, hash, await ascending("relayer2", "relayer3"));
      const alone = a.relayers.requireAttestedBy(relayer1, hash, []);
      await expectRefusal(alone, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const twice = a.relayers.requireAttestedBy(relayer1, hash, await ascending("relayer1", "relayer2"));
      await expectRefusal(twice, a.relayers, "RelayerSetDuplicateAttestation", relayer1.address);
      const outsider = a.relayers.requireAttestedBy(stranger, hash, await ascending("relayer1", "relayer2"));
      await expectRefusal(outsider, a.relayers, "RelayerSetUnknownRelayer", stranger.address);
      const forged = { relayer: a.actors.relayer2.address, signature: (await attestation("relayer3")).signature };
      const attempt = a.relayers.requireAttestedBy(relayer1, hash, [forged]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", forged.relayer);
    });

    it("lets nothing pass before a threshold is set", async () => {
      const fresh = await deployChain("chainA");
      const attempt = fresh.relayers.requireAttested(hash, []);
      await expectRefusal(attempt, fresh.relayers, "RelayerSetTooFewAttestations", 0n, 0n);
      await fresh.relayers.addRelayer(fresh.actors.relayer1);
      const alone = fresh.relayers.requireAttestedBy(fresh.actors.relayer1, hash, []);
      await expectRefusal(alone, fresh.relayers, "RelayerSetTooFewAttestations", 1n, 0n);
    });
  });
});
