import { qbftSealers } from "@medexchain/evm";
import { expect } from "chai";
import { sealReader } from "../../../audit/proven/seal-signers.ts";
import { type SealedHeader, sealedHeader } from "../../../audit/proven/sealed-header.ts";
import { type ValidatorWalk, validatorWalk } from "../../../audit/proven/validator-walk.ts";
import { sealBlock } from "../../../devnet/seals/seal-block.ts";
import { drawValidators, type Validator } from "../../../devnet/seals/validators.ts";
import { allBlocks, type RecordedHeader } from "../../vectors/besu-qbft/index.ts";

/** Nothing is looked for in between. */
const never = () => Promise.reject(new Error("a header in between was asked for"));

describe("the walk along validators", () => {
  const seals = sealReader();
  after(() => seals[Symbol.asyncDispose]());
  const signersOf = async (header: SealedHeader) => (await seals.signersOf([header]))[0]!;
  const accept = async (walk: ValidatorWalk, header: SealedHeader) => walk.accept(header, await signersOf(header));

  describe("over a real Besu chain", () => {
    const recorded = allBlocks;
    const headerOf = ({ header }: RecordedHeader) => sealedHeader(header)!;

    it("proves every header, over both changes of validators and all rounds", async () => {
      const walk = validatorWalk({ block: 0, validators: recorded[0]!.validators }, never);
      for (const each of recorded.slice(1)) {
        expect(headerOf(each).blockHash, `${each.number}`).to.equal(each.header.hash);
        expect(await accept(walk, headerOf(each)), `${each.number}`).to.equal(undefined);
        expect(walk.trusted().validators.toSorted()).to.deep.equal(each.validators.toSorted());
      }
      expect(walk.trusted().block).to.equal(103);
    });

    it("proves each from the start alone, as more than a third of the first validators are still there", async () => {
      for (const each of recorded.slice(1)) {
        const walk = validatorWalk({ block: 0, validators: recorded[0]!.validators }, never);
        expect(await accept(walk, headerOf(each)), `${each.number}`).to.equal(undefined);
      }
    });

    it("recovers many seals in threads as it does few", async () => {
      const all = recorded.slice(1).map(headerOf);
      const many = await seals.signersOf([...all, ...all]);
      expect(many.slice(0, 12)).to.deep.equal(all.slice(0, 12).map((header) => qbftSealers(header)));
      expect(many.slice(all.length)).to.deep.equal(many.slice(0, all.length));
    });
  });

  describe("over validators that are replaced", () => {
    const people = drawValidators(12);
    /** Four at a time, one of them new with every tenth block. */
    const ofBlock = (number: number): Validator[] => {
      const from = Math.floor(number / 10);
      return people.slice(from, from + 4).toSorted((one, other) => (one.address < other.address ? -1 : 1));
    };
    const zero = `0x${"00".repeat(32)}`;
    const made = (number: number, validators = ofBlock(number)): SealedHeader => {
      const block = {
        ...allBlocks[5]!.header,
        number: `0x${number.toString(16)}`,
        hash: zero,
        parentHash: zero,
      };
      return sealedHeader({ ...block, ...sealBlock(block, zero, validators) })!;
    };
    const asked: number[] = [];
    const walkFrom = (block: number, headerAt: (number: number) => SealedHeader = made) => {
      asked.length = 0;
      const first = { block, validators: ofBlock(block).map(({ address }) => address) };
      return validatorWalk(first, async (number) => {
        asked.push(number);
        return [headerAt(number), await signersOf(headerAt(number))];
      });
    };

    it("asks for nothing in between while those before vouch for the new ones", async () => {
      const walk = walkFrom(1);
      for (const number of [5, 9, 12, 20, 29]) expect(await accept(walk, made(number))).to.equal(undefined);
      expect(asked).to.deep.equal([]);
    });

    it("finds the changes in between where all were replaced since", async () => {
      const walk = walkFrom(1);
      expect(await accept(walk, made(39))).to.equal(undefined);
      expect(asked.length).to.be.within(1, 12);
      expect(walk.trusted().validators).to.deep.equal(ofBlock(39).map(({ address }) => address));
    });

    it("takes none of strangers, however many they are, and ends its search", async () => {
      const strangers = drawValidators(9);
      for (const headerAt of [made, (number: number) => made(number, strangers)]) {
        const walk = walkFrom(1, headerAt);
        const wrong = await accept(walk, made(9, strangers));
        expect(wrong?.code).to.equal("HEADER_UNSEALED");
        expect(asked.length).to.be.lessThan(8);
      }
    });

    it("takes none that too few sealed, or that repeats a seal", async () => {
      const header = made(3);
      const [first = "", ...others] = header.seals;
      for (const few of [[], others, [first, first, ...others.slice(1)]]) {
        const wrong = await accept(walkFrom(1), { ...header, seals: few });
        expect(wrong).to.include({ code: "HEADER_UNSEALED", block: 3 });
      }
      expect(await accept(walkFrom(1), { ...header, seals: [first, first, ...others] })).to.equal(undefined);
    });

    it("takes none that names no validators, or one twice", async () => {
      const header = made(3);
      for (const validators of [[], [...header.validators, header.validators[0]!]])
        expect((await accept(walkFrom(1), { ...header, validators }))?.message).to.include(
          "no validators, or one twice",
        );
    });

    it("takes none that a third of the trusted ones sealed, and no more", async () => {
      const [one, ...rest] = ofBlock(1);
      const trusted = [one!, ...rest.slice(0, 2)].map(({ address }) => address);
      const mixed = [one!, ...drawValidators(2)].toSorted((a, b) => (a.address < b.address ? -1 : 1));
      const walk = validatorWalk({ block: 2, validators: trusted }, never);
      expect((await accept(walk, made(3, mixed)))?.message).to.include("do not vouch");
    });
  });
});
