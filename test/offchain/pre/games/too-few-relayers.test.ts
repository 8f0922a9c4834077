import { type GtBytes, type Partial, randomMessage } from "@medexchain/pre";
import { equalBytes } from "@noble/curves/utils.js";
import { expect } from "chai";
import { commitmentOf } from "../../../../offchain/pre/threshold/shares.ts";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { bitsOf } from "../support/statistics.ts";
import { type Dealt, deal } from "../threshold/dealt.ts";

const INDICES = [1, 2, 3, 4, 5];
const THRESHOLD = 3;

/**
 * The game against relayers who are too few, with the doctor to whom the record was granted: they have their shares, the doctor's key and all that is
 * public (commitments, digests, C3, C4), are shown two messages, and say which of them the capsule holds. That they find no way proves no security; it
 * shows that what tells them the message when the firewall deals to fewer tells them nothing of it in ours, where they are left with a guess.
 */
describe("pre game: one relayer too few, and the doctor", () => {
  let world: World;
  before(async () => {
    world = await makeWorld("too few relayers");
  });

  /** What they can put in the place of what they lack, each as partials to open with. */
  function* attemptsOf(dealt: Dealt, own: readonly number[]): Generator<readonly Partial[]> {
    const partials = dealt.partialsOf(own);
    yield partials;
    const { commitments } = dealt.dealing;
    const inPlace = (index: number, partial: GtBytes): Partial[] =>
      [...partials, { index, partial }].toSorted((one, other) => one.index - other.index);
    for (const index of INDICES.filter((each) => !own.includes(each))) {
      yield inPlace(index, commitmentOf(index, commitments).serialize() as GtBytes); // e(s_i, g2), of which they lack the logarithm of c1'
      yield inPlace(index, partials[0]?.partial ?? expect.fail());
    }
    for (const commitment of commitments) yield [{ index: 1, partial: commitment }];
  }

  /** Which of two messages one of their attempts gives; undefined where none does, and they can only guess. */
  function told(dealt: Dealt, own: readonly number[], messages: readonly [GtBytes, GtBytes]): number | undefined {
    for (const partials of attemptsOf(dealt, own)) {
      const opened = dealt.open(partials);
      const found = messages.findIndex((each) => equalBytes(each, opened));
      if (found >= 0) return found;
    }
    return undefined;
  }

  /** What they say of so many records, beside what is true. */
  function play(threshold: number): [said: number | undefined, bit: number][] {
    const pairs = [
      [1, 2],
      [2, 5],
      [4, 5],
    ] as const;
    return bitsOf(world.random(1)).map((bit, trial) => {
      const dealt = deal(world, threshold, INDICES);
      const other = randomMessage(world.random);
      const own = pairs[trial % pairs.length] ?? pairs[0];
      return [told(dealt, own, bit === 0 ? [dealt.m, other] : [other, dealt.m]), bit];
    });
  }

  it("win whenever the firewall deals to as few as they are", () => {
    for (const [said, bit] of play(THRESHOLD - 1)) expect(said).to.equal(bit);
  });

  it("are told nothing by ours", () => {
    for (const [said] of play(THRESHOLD)) expect(said).to.equal(undefined);
  });
});
