/**
 * The firewall deals `rk1'` to n relayers, so that any k of them re-encrypt and fewer do not (docs/design.md §3, threshold).
 *
 *   polynomial    f(0) = rk1', f of degree k − 1 with coefficients a_j in G1;   s_i = f(i), i the relayer's index
 *   commitments   A_j = e(a_j, g2), A_0 = e(rk1', g2);   so V_i = e(s_i, g2) = Π A_j^(i^j)
 *   answers       h_i = H(P_i as published), P_i = e(s_i, c1')
 *
 * The commitments are in GT, as the logarithms of `rk1'` and of the shares are nobody's. They are public, and determine e(rk1', g2): k − 1
 * relayers and the user do not learn nothing, they cannot compute e(rk1', c1') while the co-bilinear Diffie-Hellman problem is hard.
 */
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import type { G1, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import type { FirewalledCiphertext } from "../ciphertexts.ts";
import {
  add,
  generatorLines,
  makeLines,
  mulG1Public,
  mulGeneratorG1,
  mulGt,
  pairing,
  powGeneratorGt,
  reduceToScalar,
} from "../curve.ts";
import { type G1Bytes, type G2Bytes, type GtBytes, readG1, readG2, readGt, writeG1, writeGt } from "../elements.ts";
import { hashTarget } from "../hash.ts";
import type { ScopedIdentity } from "../identity.ts";
import { prepareHospitalKey, prepareOwner } from "../prepared.ts";
import { type RandomSource, systemRandom } from "../random.ts";
import { randomScalar } from "../random-scalar.ts";
import { secret } from "../secret.ts";
import { evaluateInExponent } from "./exponents.ts";
import { checkGroup, type PartialContext } from "./group.ts";
import { partialDigest } from "./partial-object.ts";

/** One relayer's share; secret, and sealed to that relayer alone. */
export interface Share {
  /** The relayer's index in its set: never 0, never used again. */
  readonly index: number;
  /** `s_i`, 48 bytes. */
  readonly share: G1Bytes;
}

/** What a firewall commits to when it signs off; public. */
export interface ShareCommitments {
  /** `A_0 … A_(k−1)`, 576 bytes each: k is their number. */
  readonly commitments: readonly GtBytes[];
  /** The relayers that hold shares, ascending. */
  readonly indices: readonly number[];
  /** `h_i`, 32 bytes each, in the order of the indices. */
  readonly digests: readonly Uint8Array[];
}

/** A dealing: the shares go to the relayers, one each, the commitments to everyone. */
export interface Dealing extends ShareCommitments {
  readonly shares: readonly Share[];
}

/** What is dealt, and among whom. */
export interface DealInput extends PartialContext {
  /** `rk1'`, 48 bytes. */
  readonly rk1: G1Bytes;
  /** `c1'` of the record's capsule, 96 bytes. */
  readonly c1: G2Bytes;
  /** k: how many partials open. */
  readonly threshold: number;
  /** The indices of the relayers, ascending, at least k of them. */
  readonly indices: readonly number[];
}

/**
 * Deals `rk1'`. With k = n = 1 the one share is `rk1'` itself.
 *
 * @throws INPUT_INVALID for indices or a threshold that make no group; PRE_ELEMENT_INVALID
 */
export function dealShares(input: DealInput, random: RandomSource = systemRandom): Dealing {
  const { threshold, indices } = input;
  checkGroup(indices, threshold);
  const lines = makeLines(readG2(input.c1, "c1'"));
  using rk1 = secret(readG1(input.rk1, "rk1'"));
  using drawn = new DisposableStack();
  const coefficients: G1[] = [rk1.value];
  const commitments: GT[] = [pairing(rk1.value, generatorLines())];
  for (let j = 1; j < threshold; j += 1) {
    using exponent = secret(randomScalar(random));
    coefficients.push(drawn.use(secret(mulGeneratorG1(exponent.value, "direct"))).value);
    commitments.push(powGeneratorGt(exponent.value, "direct"));
  }
  // Shares of the answers come from those of the coefficients: k pairings in place of n.
  const answers = coefficients.map((coefficient) => pairing(coefficient, lines));
  const shares = indices.map((index): Share => {
    using share = secret(evaluate(coefficients, index));
    return { index, share: writeG1(share.value, "a share") };
  });
  const digests = indices.map((index) =>
    partialDigest(input, index, writeGt(evaluateInExponent(answers, index), "a partial")),
  );
  for (const answer of answers) answer.clear();
  return {
    shares,
    commitments: commitments.map((value) => writeGt(value, "a commitment")),
    indices: [...indices],
    digests,
  };
}

/** What the owner's device holds its firewall's dealing against. */
export interface CheckDealingInput extends PartialContext {
  /** `X`, as the firewall dealt it for this request. */
  readonly x: GtBytes;
  /** The owner, with the record's scope. */
  readonly owner: ScopedIdentity;
  /** `PK_A'`, 96 bytes. */
  readonly hospitalKey: G2Bytes;
  /** The capsule's `(c1', c2', c3')`, as published. */
  readonly ciphertext: FirewalledCiphertext;
  /** k and the indices, as the chain has them. */
  readonly threshold: number;
  readonly indices: readonly number[];
}

/**
 * By the device, before it lets a dealing go on-chain: that it shares the right `rk1'` among the right relayers, that each share is the one that
 * was committed to, and each answer the one that the share gives.
 *
 *   A_0·e(c3', g2)·e(pk_DO, PK_A') = e(H2(X), g2),   e(s_i, g2) = V_i,   h_i = H(e(s_i, c1'))
 *
 * The device made `rk1` itself, so that the shares tell it nothing that it could not compute.
 *
 * @throws PRE_DEALING_INVALID when the firewall dealt anything else; PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function checkDealing(dealing: Dealing, input: CheckDealingInput): void {
  checkGroup(input.indices, input.threshold);
  const { shares, commitments, indices, digests } = dealing;
  const isOfGroup =
    commitments.length === input.threshold &&
    [indices, shares.map(({ index }) => index)].every((those) => those.join() === input.indices.join()) &&
    digests.length === indices.length;
  if (!isOfGroup) throw wrongDealing("it is not for the relayers and the threshold on-chain");
  const coefficients = readCommitments(commitments);
  const owner = prepareOwner(input.owner, prepareHospitalKey(input.hospitalKey, "PK_A'"));
  using x = secret(readGt(input.x, "X"));
  using hashed = secret(hashTarget(x.value));
  const c3 = readG1(input.ciphertext.c3, "c3'");
  const shared = readGt(commitments[0] ?? new Uint8Array(), "commitment 0");
  const left = mulGt(mulGt(shared, pairing(c3, generatorLines())), owner.pairing());
  if (!left.isEqual(pairing(hashed.value, generatorLines()))) throw wrongDealing("it shares another key than rk1'");

  const lines = makeLines(readG2(input.ciphertext.c1, "c1'"));
  for (const [position, { index, share }] of shares.entries()) {
    using point = secret(readG1(share, `the share of relayer ${index}`));
    if (!pairing(point.value, generatorLines()).isEqual(evaluateInExponent(coefficients, index))) {
      throw wrongDealing(`the share of relayer ${index} is not the one that it commits to`);
    }
    const answer = partialDigest(input, index, writeGt(pairing(point.value, lines), "a partial"));
    if (!equalBytes(answer, digests[position] ?? new Uint8Array())) {
      throw wrongDealing(`the answer of relayer ${index} is not its share's`);
    }
  }
}

/**
 * By a relayer, on what was sealed to it: whether its share is the one that was committed to, `e(s_i, g2) = V_i`.
 *
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function isCommittedShare({ index, share }: Share, { commitments, indices }: ShareCommitments): boolean {
  checkGroup(indices, commitments.length);
  using point = secret(readG1(share, "the share"));
  return indices.includes(index) && pairing(point.value, generatorLines()).isEqual(commitmentOf(index, commitments));
}

/** V_i, which anyone computes from the commitments. */
export function commitmentOf(index: number, commitments: readonly GtBytes[]): GT {
  return evaluateInExponent(readCommitments(commitments), index);
}

function readCommitments(commitments: readonly GtBytes[]): GT[] {
  return commitments.map((commitment, j) => readGt(commitment, `commitment ${j}`));
}

/** f(i), by Horner's rule: the index is public, the points are not. */
function evaluate(coefficients: readonly G1[], index: number): G1 {
  const at = reduceToScalar(Uint8Array.of(index >> 8, index & 0xff));
  let value = new mcl.G1(); // the identity
  for (const coefficient of coefficients.toReversed()) {
    using before = secret(value);
    using multiple = secret(mulG1Public(before.value, at));
    value = add(multiple.value, coefficient);
  }
  return value;
}

export function wrongDealing(problem: string, cause?: unknown): MedexError {
  return new MedexError(
    "PRE_DEALING_INVALID",
    `the firewall's dealing is wrong: ${problem}; approve nothing with it, and check the firewall`,
    { cause },
  );
}
