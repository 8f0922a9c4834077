import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { type Chain, deployChain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { digest, digestOf, domainOf, sign, type Terms } from "./support/messages.ts";
import {
  type Attestation,
  aloneIn,
  DAY,
  loadWorld,
  nextBlockAt,
  now,
  type RelayerName,
  THRESHOLD,
  termsOf,
} from "./support/world.ts";

describe("RelayerSet", () => {
  let a: Chain;

  beforeEach(async () => {
    ({ a } = await loadWorld());
  });

  it("adds and removes relayers, once per change", async () => {
    const { relayers, actors } = a;
    await expect(relayers.addRelayer(actors.stranger))
      .to.emit(relayers, "RelayerAdded")
      .withArgs(actors.stranger.address, 4n, 5n);
    await expect(relayers.addRelayer(actors.stranger)).not.to.emit(relayers, "RelayerAdded");
    expect(await relayers.isRelayer(actors.stranger)).to.equal(true);
    await expect(relayers.removeRelayer(actors.stranger))
      .to.emit(relayers, "RelayerRemoved")
      .withArgs(actors.stranger.address, 4n, 6n);
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
    await expect(relayers.setThreshold(3n)).to.emit(relayers, "ThresholdSet").withArgs(3n, 5n);
    await expect(relayers.setThreshold(3n)).not.to.emit(relayers, "ThresholdSet");
    expect(await relayers.threshold()).to.equal(3n);
    await expectRefusal(relayers.setThreshold(0n), relayers, "RelayerSetInvalidThreshold", 0n, 3n);
    await expectRefusal(relayers.setThreshold(4n), relayers, "RelayerSetInvalidThreshold", 4n, 3n);
  });

  it("has an epoch for each change of members or threshold, and knows who was in it", async () => {
    const { relayers, actors } = a;
    const addresses = (...names: RelayerName[]) => names.map((name) => actors[name].address);
    expect(await relayers.epoch()).to.equal(4n);
    expect(await relayers.epochAt(4n)).to.deep.equal([THRESHOLD, 0n]);
    await relayers.removeRelayer(actors.relayer1);
    await relayers.addRelayer(actors.stranger);
    await relayers.setThreshold(3n);
    await relayers.addRelayer(actors.relayer1);
    expect(await relayers.epoch()).to.equal(8n);
    expect(await relayers.membersAt(4n)).to.deep.equal(addresses("relayer1", "relayer2", "relayer3"));
    expect(await relayers.membersAt(5n)).to.deep.equal(addresses("relayer2", "relayer3"));
    expect(await relayers.membersAt(7n)).to.deep.equal(addresses("relayer2", "relayer3", "stranger"));
    expect(await relayers.relayers()).to.deep.equal(addresses("relayer2", "relayer3", "stranger", "relayer1"));
    expect((await relayers.epochAt(6n))[0]).to.equal(THRESHOLD);
    expect(await relayers.epochAt(7n)).to.deep.equal([3n, await now(a)]);
    // No index is used again.
    expect(await relayers.tenureCount()).to.equal(5n);
    expect(await relayers.indexOf(actors.relayer1)).to.equal(5n);
    expect(await relayers.tenure(1n)).to.deep.equal([actors.relayer1.address, 1n, 5n, ZeroHash]);
    expect(await relayers.tenure(5n)).to.deep.equal([actors.relayer1.address, 8n, 0n, ZeroHash]);
  });

  it("lets each relayer set the digest of its own sealing key, and nobody else's", async () => {
    const { relayers, actors } = a;
    const set = (name: RelayerName, key: string) => relayers.connect(actors[name]).setSealingKey(key);
    const key = digest("a hybrid key");
    await expect(set("relayer2", key))
      .to.emit(relayers, "RelayerSealingKeySet")
      .withArgs(actors.relayer2.address, 2n, key);
    await expect(set("relayer2", key)).not.to.emit(relayers, "RelayerSealingKeySet");
    expect((await relayers.tenure(2n)).sealingKeyDigest).to.equal(key);
    await expectRefusal(set("relayer2", ZeroHash), relayers, "RelayerSetInvalidSealingKey");
    await expectRefusal(set("stranger", key), relayers, "RelayerSetUnknownRelayer", actors.stranger.address);
    await relayers.removeRelayer(actors.relayer2);
    await expectRefusal(set("relayer2", key), relayers, "RelayerSetUnknownRelayer", actors.relayer2.address);
    await relayers.addRelayer(actors.relayer2);
    expect((await relayers.tenure(4n)).sealingKeyDigest, "of the new tenure").to.equal(ZeroHash);
  });

  it("tells that a relayer disputes its partial, and takes that of nobody else", async () => {
    const { relayers, actors } = a;
    const [requestId, evidence] = [digest("request"), digest("evidence")];
    const dispute = (name: RelayerName) => relayers.connect(actors[name]).disputePartial(requestId, evidence);
    await expect(dispute("relayer2"))
      .to.emit(relayers, "PartialDisputed")
      .withArgs(actors.relayer2.address, 2n, requestId, evidence);
    await expectRefusal(dispute("stranger"), relayers, "RelayerSetUnknownRelayer", actors.stranger.address);
    await relayers.removeRelayer(actors.relayer2);
    await expectRefusal(dispute("relayer2"), relayers, "RelayerSetUnknownRelayer", actors.relayer2.address);
  });

  it("takes no threshold below the administrator's, nor above what an item of a batch can carry", async () => {
    const { relayers, actors } = a;
    await expect(relayers.setMinThreshold(2n)).to.emit(relayers, "MinThresholdSet").withArgs(2n);
    await expect(relayers.setMinThreshold(2n)).not.to.emit(relayers, "MinThresholdSet");
    await expectRefusal(relayers.setThreshold(1n), relayers, "RelayerSetInvalidThreshold", 1n, 3n);
    for (const wrong of [0n, 3n])
      await expectRefusal(relayers.setMinThreshold(wrong), relayers, "RelayerSetInvalidMinThreshold", wrong, THRESHOLD);
    const unauthorised = relayers.connect(actors.relayer1).setMinThreshold(1n);
    await expectRefusal(unauthorised, relayers, "AccessManagedUnauthorized", actors.relayer1.address);
    const most = await relayers.MAX_THRESHOLD();
    for (let i = 0n; i < most; i++) await relayers.addRelayer(`0x${(i + 1n).toString(16).padStart(40, "0")}`);
    await expectRefusal(relayers.setThreshold(most + 1n), relayers, "RelayerSetInvalidThreshold", most + 1n, most + 3n);
    await relayers.setThreshold(most);
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
    let terms: Terms;

    beforeEach(async () => {
      hash = digestOf(await domainOf(a, "grants"), "Denial", message);
      terms = await termsOf(a);
    });

    const attestation = async (name: RelayerName): Promise<Attestation> => ({
      relayer: a.actors[name].address,
      signature: await sign(a.actors[name], await domainOf(a, "grants"), "Denial", message),
    });
    const ascending = async (...names: RelayerName[]): Promise<Attestation[]> =>
      (await Promise.all(names.map(attestation))).sort((x, y) => (BigInt(x.relayer) < BigInt(y.relayer) ? -1 : 1));

    // What was signed does not name the terms here: those who call the set put them into the digest.
    const requireAttested = (by: Attestation[], of = hash, changes: Partial<Terms> = {}) =>
      a.relayers.requireAttested(of, { ...terms, ...changes, by });
    const requireAttestedBy = (caller: { address: string }, by: Attestation[]) =>
      a.relayers.requireAttestedBy(caller.address, hash, { ...terms, by });

    it("takes attestations of the epoch of now, and of an ended one within the grace, by the higher threshold", async () => {
      const { relayers, actors } = a;
      const [first, second] = await ascending("relayer1", "relayer2");
      const current = await relayers.epoch();
      for (const epoch of [current + 1n, 2n ** 64n - 1n])
        await expectRefusal(
          requireAttested([first!, second!], hash, { epoch }),
          relayers,
          "RelayerSetWrongEpoch",
          epoch,
          current,
        );
      await relayers.setThreshold(1n);
      await requireAttested([first!, second!]);
      await expectRefusal(requireAttested([first!]), relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      await requireAttested([first!], hash, { epoch: current + 1n });
      await relayers.setThreshold(3n);
      await expectRefusal(requireAttested([first!, second!]), relayers, "RelayerSetTooFewAttestations", 2n, 3n);
      await relayers.setThreshold(1n);
      // Who was added since, or was removed and added again, did not attest as a relayer of that epoch.
      await relayers.addRelayer(actors.stranger);
      const late = requireAttested(await ascending("relayer1", "stranger"));
      await expectRefusal(late, relayers, "RelayerSetUnknownRelayer", actors.stranger.address);
      const carried = requireAttestedBy(actors.stranger, await ascending("relayer1"));
      await expectRefusal(carried, relayers, "RelayerSetUnknownRelayer", actors.stranger.address);
      await requireAttestedBy(actors.relayer3, await ascending("relayer1"));
      await relayers.removeRelayer(actors.relayer2);
      await relayers.addRelayer(actors.relayer2);
      const again = requireAttested(await ascending("relayer1", "relayer2"));
      await expectRefusal(again, relayers, "RelayerSetUnknownRelayer", actors.relayer2.address);
      await requireAttested(await ascending("relayer1", "relayer3"));
    });

    it("takes no attestation of an epoch that ended an hour ago, nor one that expired", async () => {
      const { relayers } = a;
      const pair = await ascending("relayer1", "relayer2");
      await relayers.setThreshold(1n);
      const ended = await now(a);
      await nextBlockAt(a, ended + 3599n);
      await a.ethers.provider.send("evm_mine", []);
      await requireAttested(pair);
      await nextBlockAt(a, ended + 3600n);
      await a.ethers.provider.send("evm_mine", []);
      const current = await relayers.epoch();
      await expectRefusal(requireAttested(pair), relayers, "RelayerSetWrongEpoch", terms.epoch, current);
      const at = await now(a);
      for (const expiry of [0n, at, at + 31n * DAY + 1n])
        await expectRefusal(
          requireAttested(pair, hash, { epoch: current, expiry }),
          relayers,
          "RelayerSetWrongExpiry",
          expiry,
        );
      for (const expiry of [at + 1n, at + 31n * DAY]) await requireAttested(pair, hash, { epoch: current, expiry });
    });

    it("passes with as many relayers as the threshold, any of them, and with more", async () => {
      const sets: RelayerName[][] = [
        ["relayer1", "relayer2"],
        ["relayer1", "relayer3"],
        ["relayer2", "relayer3"],
        ["relayer1", "relayer2", "relayer3"],
      ];
      for (const names of sets) await requireAttested(await ascending(...names));
    });

    it("refuses fewer than the threshold", async () => {
      for (const attestations of [[], await ascending("relayer1")]) {
        const attempt = requireAttested(attestations);
        const given = BigInt(attestations.length);
        await expectRefusal(attempt, a.relayers, "RelayerSetTooFewAttestations", given, THRESHOLD);
      }
    });

    it("counts a relayer once", async () => {
      const one = await attestation("relayer1");
      const attempt = requireAttested([one, one]);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnorderedAttestation", one.relayer);
    });

    it("refuses attestations that are not in ascending order", async () => {
      const [low, high] = await ascending("relayer1", "relayer2");
      const attempt = requireAttested([high!, low!]);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnorderedAttestation", low!.relayer);
    });

    it("refuses one who is not a relayer, or no longer", async () => {
      const stranger = a.actors.stranger.address;
      const withStranger = await ascending("relayer1", "stranger");
      // The other attestation is good: only the stranger's can be the reason.
      const attempt = requireAttested(withStranger);
      await expectRefusal(attempt, a.relayers, "RelayerSetUnknownRelayer", stranger);
      const pair = await ascending("relayer1", "relayer3");
      await a.relayers.removeRelayer(a.actors.relayer3);
      const late = requireAttested(pair);
      await expectRefusal(late, a.relayers, "RelayerSetUnknownRelayer", a.actors.relayer3.address);
    });

    it("refuses a signature of something else, or of another relayer", async () => {
      const [low, high] = await ascending("relayer1", "relayer2");
      const other = requireAttested([low!, high!], digest("something else"));
      await expectRefusal(other, a.relayers, "RelayerSetInvalidAttestation", low!.relayer);
      const borrowed = { relayer: high!.relayer, signature: low!.signature };
      const attempt = requireAttested([low!, borrowed]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", high!.relayer);
    });

    it("lets no bad attestation pass beside enough good ones", async () => {
      const [low, middle, high] = await ascending("relayer1", "relayer2", "relayer3");
      const attempt = requireAttested([low!, middle!, { ...high!, signature: "0x" }]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", high!.relayer);
    });

    it("lets the caller count as one, without a signature, when it is a relayer", async () => {
      const { relayer1, stranger } = a.actors;
      await requireAttestedBy(relayer1, await ascending("relayer2"));
      await requireAttestedBy(relayer1, await ascending("relayer2", "relayer3"));
      const alone = requireAttestedBy(relayer1, []);
      await expectRefusal(alone, a.relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      const twice = requireAttestedBy(relayer1, await ascending("relayer1", "relayer2"));
      await expectRefusal(twice, a.relayers, "RelayerSetDuplicateAttestation", relayer1.address);
      const outsider = requireAttestedBy(stranger, await ascending("relayer1", "relayer2"));
      await expectRefusal(outsider, a.relayers, "RelayerSetUnknownRelayer", stranger.address);
      const forged = { relayer: a.actors.relayer2.address, signature: (await attestation("relayer3")).signature };
      const attempt = requireAttestedBy(relayer1, [forged]);
      await expectRefusal(attempt, a.relayers, "RelayerSetInvalidAttestation", forged.relayer);
    });

    it("says whose bits the caller's and the others' are", async () => {
      const { relayer1, relayer2 } = a.actors;
      const bitOf = async (relayer: { address: string }) => 1n << (await a.relayers.indexOf(relayer.address));
      const signers = (await bitOf(relayer1)) | (await bitOf(relayer2));
      expect(await requireAttestedBy(relayer1, await ascending("relayer2"))).to.equal(signers);
    });

    it("takes a caller that is alone by the higher threshold of now and of the epoch, and in no epoch to come", async () => {
      const { relayers, actors } = a;
      const { relayer1, relayer3, stranger } = actors;
      const alone = (caller: { address: string }, epoch: bigint) =>
        relayers.requireAttestedBy(caller.address, hash, aloneIn(epoch));
      const { epoch } = terms;
      await relayers.setThreshold(1n);
      await expectRefusal(alone(relayer1, epoch), relayers, "RelayerSetTooFewAttestations", 1n, THRESHOLD);
      expect(await alone(relayer1, epoch + 1n)).to.equal(1n << (await relayers.indexOf(relayer1)));
      await expectRefusal(alone(relayer1, epoch + 2n), relayers, "RelayerSetWrongEpoch", epoch + 2n, epoch + 1n);
      await relayers.addRelayer(stranger);
      await expectRefusal(alone(stranger, epoch + 1n), relayers, "RelayerSetUnknownRelayer", stranger.address);
      await relayers.removeRelayer(relayer3);
      await expectRefusal(alone(relayer3, epoch + 1n), relayers, "RelayerSetUnknownRelayer", relayer3.address);
      await relayers.setThreshold(2n);
      await expectRefusal(alone(relayer1, epoch + 1n), relayers, "RelayerSetTooFewAttestations", 1n, 2n);
    });

    it("lets nothing pass before a threshold is set", async () => {
      const fresh = await deployChain("chainA");
      const attempt = fresh.relayers.requireAttested(hash, { ...terms, epoch: 0n, by: [] });
      await expectRefusal(attempt, fresh.relayers, "RelayerSetTooFewAttestations", 0n, 0n);
      await fresh.relayers.addRelayer(fresh.actors.relayer1);
      const alone = fresh.relayers.requireAttestedBy(fresh.actors.relayer1, hash, aloneIn(1n));
      await expectRefusal(alone, fresh.relayers, "RelayerSetTooFewAttestations", 1n, 0n);
    });
  });
});
