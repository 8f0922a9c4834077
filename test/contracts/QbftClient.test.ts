import { sealedHeader } from "@medexchain/chain";
import type { QbftClient } from "@medexchain/contracts";
import { encodeQbftExtraData, type QbftHeader, qbftHeader } from "@medexchain/evm";
import { expect } from "chai";
import { decodeRlp, encodeRlp, ZeroHash } from "ethers";
import { allBlocks as blocks } from "../vectors/besu-qbft/index.ts";
import type { Chain } from "./support/chain.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { type Sealing, sealBlock, TRUSTING_PERIOD, type Validator, validatorsOf } from "./support/sealing.ts";
import { loadWorld, nextBlockAt, now } from "./support/world.ts";

const BESU_CHAIN = 67_001n;

describe("QbftClient", () => {
  let chain: Chain;
  const deploy = async (validators: readonly string[], period = TRUSTING_PERIOD) => {
    const args = [BESU_CHAIN, [...validators], period];
    return (await chain.ethers.deployContract("QbftClient", args)) as unknown as QbftClient; // of the same ABI
  };
  const update = (client: QbftClient, header: QbftHeader) => {
    const { header: rlp, seals } = sealedHeader(header);
    return client.update(rlp, [...seals]);
  };

  beforeEach(async () => {
    ({ a: chain } = await loadWorld());
  });

  describe("of a real Besu chain", () => {
    const headerOf = (number: number): QbftHeader => {
      const header = qbftHeader(blocks.find((block) => block.number === number)!.header);
      if (header === undefined) throw new Error(`no header ${number}`);
      return header;
    };
    /** A client that trusts the validators of a block. The recorded blocks are of a time of their own. */
    const clientAt = async (number: number) => {
      const last = headerOf(103).timestamp;
      if ((await now(chain)) < last) await nextBlockAt(chain, last);
      return deploy(headerOf(number).validators);
    };

    it("takes every block from vote to vote, through changes of validators and of rounds", async () => {
      const client = await clientAt(74);
      for (let number = 75; number <= 103; number++) {
        const header = headerOf(number);
        await expect(update(client, header))
          .to.emit(client, "HeaderAccepted")
          .withArgs(number, header.blockHash, header.stateRoot, header.timestamp);
        expect(await client.stateAt(number)).to.deep.equal([header.stateRoot, header.timestamp]);
      }
      expect(await client.blockHashAt(102)).to.equal(blocks.find(({ number }) => number === 102)!.header.hash);
      expect((await client.validators()).map((each) => each.toLowerCase())).to.deep.equal(headerOf(103).validators);
    });

    it("takes a later block without those between, whoever was added or left meanwhile, and says so", async () => {
      const client = await clientAt(42);
      await expect(update(client, headerOf(80)))
        .to.emit(client, "ValidatorsChanged")
        .and.to.emit(client, "FewValidators")
        .withArgs(80, 3);
      await expect(update(client, headerOf(96)))
        .to.emit(client, "ValidatorsChanged")
        .and.not.to.emit(client, "FewValidators");
    });

    it("takes the same block again, by other seals or in another round's form, and does nothing", async () => {
      const client = await clientAt(74);
      await update(client, headerOf(96));
      await expect(update(client, headerOf(96))).not.to.emit(client, "HeaderAccepted");
      expect(await client.isFrozen()).to.equal(false);
    });
  });

  describe("with validators of these tests", () => {
    const four = validatorsOf("validator", 4);
    const [first, second, third, fourth] = four as [Validator, Validator, Validator, Validator];
    const fields = (number: number, timestamp: bigint, changes = {}) => ({
      ...blocks[3]!.header,
      number: `0x${number.toString(16)}`,
      timestamp: `0x${timestamp.toString(16)}`,
      ...changes,
    });
    let client: QbftClient;
    let time: bigint;
    const header = (number: number, sealing: Partial<Sealing> = {}, changes = {}, timestamp = time) =>
      sealBlock(fields(number, timestamp, changes), { validators: four, ...sealing });

    beforeEach(async () => {
      client = await deploy(four.map(({ address }) => address));
      time = await now(chain);
    });

    it("needs the seals of two thirds, rounded up", async () => {
      await expectRefusal(update(client, header(1, { by: [first, second] })), client, "QbftClientTooFewSeals", 2, 3);
      await update(client, header(1, { by: [first, second, third] }));
      await update(client, header(2, { by: four }));
    });

    it("counts each validator once, in the order of the list, and nobody else", async () => {
      const { sealedRlp, seals } = header(1, { by: four });
      const [one, two, three] = seals as [string, string, string];
      const [stranger] = header(1, { by: validatorsOf("stranger", 1) }).seals as [string];
      await expectRefusal(client.update(sealedRlp, [one, one, two]), client, "QbftClientInvalidSeal", 1);
      await expectRefusal(client.update(sealedRlp, [one, three, two]), client, "QbftClientInvalidSeal", 2);
      await expectRefusal(client.update(sealedRlp, [one, two, stranger]), client, "QbftClientInvalidSeal", 2);
      await expectRefusal(
        client.update(sealedRlp, [one, two, three, `${three}00`]),
        client,
        "QbftClientInvalidSeal",
        3,
      );
      await expectRefusal(
        client.update(sealedRlp, [one, two, `${three.slice(0, 130)}1b`]),
        client,
        "QbftClientInvalidSeal",
        2,
      );
      await expectRefusal(client.update(sealedRlp, [one, two, ZeroHash]), client, "QbftClientInvalidSeal", 2);
    });

    it("takes no list of validators that names one twice, or is out of order, or empty", async () => {
      for (const validators of [[first, first, second, third], four.toReversed(), []]) {
        const wrong = update(client, header(1, { validators, by: four }));
        await expectRefusal(wrong, client, "QbftHeadersInvalidValidators");
      }
    });

    it("takes no header with seals in it, with too few fields, or too long", async () => {
      const { sealedRlp, seals } = header(1);
      const extra = {
        vanity: ZeroHash,
        validators: four.map(({ address }) => address),
        vote: undefined,
        round: 0,
        seals,
      };
      const items = decodeRlp(sealedRlp) as string[];
      const wrong = [
        items.with(12, encodeQbftExtraData(extra)),
        items.slice(0, 14),
        items.with(6, `0x${"00".repeat(8_192)}`),
      ];
      for (const each of wrong) {
        await expectRefusal(client.update(encodeRlp(each), [...seals]), client, "QbftHeadersMalformed");
      }
    });

    it("takes no seal of another block", async () => {
      const { seals } = header(1);
      await expectRefusal(client.update(header(2).sealedRlp, [...seals]), client, "QbftClientInvalidSeal", 0);
    });

    it("believes other validators only if more than a third of those it trusts sealed, too", async () => {
      const others = validatorsOf("other", 5);
      const inOrder = (list: readonly Validator[]) => list.toSorted((x, y) => (x.address < y.address ? -1 : 1));
      const withOne = inOrder([...others, first]);
      await expectRefusal(
        update(client, header(1, { validators: withOne, by: withOne })),
        client,
        "QbftClientTooFewTrusted",
        1,
        2,
      );
      const withTwo = inOrder([...others, first, fourth]);
      await expect(update(client, header(1, { validators: withTwo, by: withTwo }))).to.emit(
        client,
        "ValidatorsChanged",
      );
      await expectRefusal(update(client, header(2)), client, "QbftClientTooFewTrusted", 1, 3);
    });

    it("freezes when two blocks of one height are sealed, keeps both hashes as evidence, and takes nothing more", async () => {
      const one = header(5);
      const other = header(5, { by: [second, third, fourth] }, { stateRoot: ZeroHash });
      await update(client, one);
      await expect(update(client, other))
        .to.emit(client, "Conflicted")
        .withArgs(5, one.blockHash, other.blockHash, other.sealedRlp, [...other.seals]);
      expect(await client.isFrozen()).to.equal(true);
      await expectRefusal(update(client, header(6)), client, "QbftClientFrozen");
    });

    it("is not frozen by one block in two rounds, or with other seals", async () => {
      await update(client, header(5));
      await update(client, header(5, { round: 2 }));
      await update(client, header(5, { by: [second, third, fourth] }));
      expect(await client.isFrozen()).to.equal(false);
    });

    it("is not frozen by a block that too few sealed", async () => {
      await update(client, header(5));
      const other = header(5, { by: [first, second] }, { stateRoot: ZeroHash });
      await expectRefusal(update(client, other), client, "QbftClientTooFewSeals", 2, 3);
    });

    it("takes an older height as evidence only, and judges it by the validators of its time", async () => {
      await update(client, header(5));
      const six = validatorsOf("validator", 6);
      await update(client, header(7, { validators: six, by: six }, {}, time + 1n));
      // Of these, those who seal the evidence are no more than a third.
      const ten = validatorsOf("validator", 10);
      await update(client, header(8, { validators: ten, by: ten }, {}, time + 2n));
      await expectRefusal(update(client, header(6)), client, "QbftClientOldHeader", 6, 8);
      await expect(update(client, header(5, {}, { stateRoot: ZeroHash }))).to.emit(client, "Conflicted");
    });

    it("freezes when a lower height has a later time than the latest, or a higher one an earlier time", async () => {
      await update(client, header(1_000));
      await expect(update(client, header(6, {}, {}, time + 1n))).to.emit(client, "Conflicted");
      client = await deploy(four.map(({ address }) => address));
      await update(client, header(5));
      await expect(update(client, header(6, {}, {}, time - 1n))).to.emit(client, "Conflicted");
    });

    it("freezes when it is shown two blocks of one height of which it keeps none", async () => {
      const report = (one: QbftHeader, other: QbftHeader) => {
        const [x, y] = [sealedHeader(one), sealedHeader(other)];
        return client.reportConflict(x.header, [...x.seals], y.header, [...y.seals]);
      };
      await update(client, header(9));
      const other = header(5, {}, { stateRoot: ZeroHash });
      await expectRefusal(report(header(5), header(6)), client, "QbftClientNoConflict");
      await expectRefusal(report(header(5), header(5, { round: 1 })), client, "QbftClientNoConflict");
      const tooFew = header(5, { by: [first] }, { stateRoot: ZeroHash });
      await expectRefusal(report(header(5), tooFew), client, "QbftClientTooFewSeals", 1, 3);
      await expectRefusal(report(tooFew, header(5)), client, "QbftClientTooFewSeals", 1, 3);
      await expect(report(header(5), other)).to.emit(client, "Conflicted");
      await expect(report(header(5), other)).not.to.emit(client, "Conflicted");
    });

    it("trusts its validators for the trusting period and no longer", async () => {
      await nextBlockAt(chain, time + TRUSTING_PERIOD - 1n);
      await update(client, header(1, {}, {}, time));
      await nextBlockAt(chain, time + TRUSTING_PERIOD);
      const late = header(2, {}, {}, time + TRUSTING_PERIOD);
      await expectRefusal(update(client, late), client, "QbftClientExpired", time, TRUSTING_PERIOD);
      await chain.time.increaseTo(time + TRUSTING_PERIOD);
      expect(await client.isExpired()).to.equal(true);
      const evidence = header(1, {}, { stateRoot: ZeroHash });
      await expectRefusal(update(client, evidence), client, "QbftClientExpired", time, TRUSTING_PERIOD);
    });

    it("trusts nobody anew for a block from before the trusting period, though some of them are trusted still", async () => {
      const inOrder = (list: readonly Validator[]) => list.toSorted((x, y) => (x.address < y.address ? -1 : 1));
      // Of six who validated once, two still do. The others' keys may be anyone's by now.
      const former = inOrder([first, second, ...validatorsOf("former", 4)]);
      const long = (await now(chain)) - TRUSTING_PERIOD;
      const old = header(1, { validators: former, by: former }, {}, long);
      await expectRefusal(update(client, old), client, "QbftClientExpired", long, TRUSTING_PERIOD);
      await update(client, header(9));
    });

    it("trusts a block from before its own deployment for as long as any other", async () => {
      await update(client, header(1, {}, {}, time - 100n));
      await nextBlockAt(chain, time - 100n + TRUSTING_PERIOD);
      const next = header(2, {}, {}, time);
      await expectRefusal(update(client, next), client, "QbftClientExpired", time - 100n, TRUSTING_PERIOD);
    });

    it("takes no block of the future, by more than clocks differ", async () => {
      const future = header(1, {}, {}, time + 1_000n);
      await expectRefusal(update(client, future), client, "QbftClientFutureHeader", 1, time + 1_000n);
    });

    it("keeps a root until a block is taken whose number has the same remainder", async () => {
      const kept = Number(await client.KEPT_BLOCKS());
      await update(client, header(1));
      await update(client, header(kept));
      expect((await client.stateAt(1))[0]).to.equal(header(1).stateRoot);
      await update(client, header(kept + 1));
      await expectRefusal(client.stateAt(1), client, "QbftClientUnknownBlock", 1);
      expect(await client.blockHashAt(1)).to.equal(ZeroHash);
      expect((await client.stateAt(kept + 1))[0]).to.equal(header(kept + 1).stateRoot);
      expect(await client.latest()).to.deep.equal([BigInt(kept + 1), time]);
      await expectRefusal(update(client, header(1)), client, "QbftClientOldHeader", 1, kept + 1);
    });

    it("is not set up with no validators, with some out of order, or for no time", async () => {
      const addresses = four.map(({ address }) => address);
      for (const wrong of [[], addresses.toReversed(), [addresses[0]!, addresses[0]!]]) {
        await expectRefusal(deploy(wrong), client, "QbftClientInvalidSetup");
      }
      await expectRefusal(deploy(addresses, 0n), client, "QbftClientInvalidSetup");
    });

    it("warns of fewer than four validators when it is set up", async () => {
      const few = await deploy(four.slice(1).map(({ address }) => address));
      const [warning] = await few.queryFilter(few.filters.FewValidators());
      expect(warning?.args.count).to.equal(3n);
    });
  });
});
