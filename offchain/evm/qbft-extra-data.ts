/**
 * The extraData of a QBFT block: `rlp([vanity, [validator...], vote, round, [seal...]])`. EEA, "QBFT Blockchain Consensus Protocol
 * Specification", version 1, section 4.5, as Hyperledger Besu writes it.
 */
import { decodeRlp, encodeRlp } from "ethers";

/** A proposer's vote on who is a validator. */
export interface QbftVote {
  /** Whom it is about: an address. */
  readonly recipient: string;
  readonly isAdded: boolean;
}

export interface QbftExtraData {
  /** Free bytes, 32 of them in what Besu writes. */
  readonly vanity: string;
  /** Who made the block: addresses. In ascending order in all blocks but the first. */
  readonly validators: readonly string[];
  readonly vote: QbftVote | undefined;
  /** In which round of its height the block was agreed on: 0 unless a proposer failed. */
  readonly round: number;
  /** Commit seals of 65 bytes, r ‖ s ‖ v with v 0 or 1. */
  readonly seals: readonly string[];
}

/** As many as `QbftClient` takes: a long answer of a node costs no more to look at. */
export const MAX_VALIDATORS = 200;
const MAX_ROUND = 2 ** 32 - 1;
const ADDED = "0xff";
const ADDRESS_LENGTH = 42;
const SEAL_LENGTH = 132;

/** All hex in lower case. */
export function encodeQbftExtraData({ vanity, validators, vote, round, seals }: QbftExtraData): string {
  const ballot = vote === undefined ? [] : [vote.recipient, vote.isAdded ? ADDED : "0x"];
  return encodeRlp([vanity, [...validators], ballot, scalar(round), [...seals]]);
}

/**
 * Reads extraData.
 *
 * @param extraData hex
 * @returns undefined where it is not of that form, or not in RLP's one encoding of what it says
 */
export function decodeQbftExtraData(extraData: string): QbftExtraData | undefined {
  const items = decoded(extraData);
  if (!isList(items) || items.length !== 5) return undefined;
  const [vanity, validators, ballot, round, seals] = items;
  if (typeof vanity !== "string" || typeof round !== "string" || round.length > 10) return undefined;
  if (!isListOf(validators, ADDRESS_LENGTH) || !isListOf(seals, SEAL_LENGTH)) return undefined;
  const vote = voteOf(ballot);
  if (vote === "none of ours") return undefined;
  const read = { vanity, validators, vote, round: round === "0x" ? 0 : Number(round), seals };
  return encodeQbftExtraData(read) === extraData.toLowerCase() ? read : undefined;
}

function decoded(extraData: string): unknown {
  try {
    return decodeRlp(extraData);
  } catch {
    return undefined; // ethers' own words for what is no RLP say no more
  }
}

function voteOf(ballot: unknown): QbftVote | undefined | "none of ours" {
  if (!isList(ballot)) return "none of ours";
  const [recipient, direction, ...rest] = ballot;
  if (recipient === undefined) return undefined;
  if (typeof recipient !== "string" || recipient.length !== ADDRESS_LENGTH || rest.length > 0) return "none of ours";
  if (direction !== ADDED && direction !== "0x") return "none of ours";
  return { recipient, isAdded: direction === ADDED };
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isListOf = (value: unknown, length: number): value is readonly string[] =>
  isList(value) &&
  value.length <= MAX_VALIDATORS &&
  value.every((each) => typeof each === "string" && each.length === length);

function scalar(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > MAX_ROUND) throw new RangeError(`${value} is no round`);
  if (value === 0) return "0x";
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
