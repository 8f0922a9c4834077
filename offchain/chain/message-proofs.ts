/**
 * What proves to another chain that a contract of this one said something: its message's place in the range that the `Mailbox` keeps of each
 * sender (`contracts/MessageOutbox.sol`), and the storage slots that show the range's peaks.
 */
import type { QbftHeader } from "@medexchain/evm";
import { qbftSealers } from "@medexchain/evm";
import { AbiCoder, getBytes, hexlify, keccak256, toBeHex } from "ethers";
import type { MerkleTree } from "./merkle-range.ts";
import { type AccessResponse, answerDigestOf } from "./messages.ts";

const abi = AbiCoder.defaultAbiCoder();

/** That a message is in its sender's range, as `Mailbox` takes it. */
export interface MessageProof {
  readonly index: number;
  /** The siblings from the leaf up to the peak. */
  readonly path: readonly string[];
}

/** A header as `QbftClient.update` takes it. */
export interface SealedHeader {
  /** RLP without seals, with its round. */
  readonly header: string;
  /** In the order of the header's validators. */
  readonly seals: readonly string[];
}

/**
 * A header with its seals in the order of its validators. Seals of nobody, and of who is no validator, are left out, as the contract
 * would refuse all for one of them.
 */
export function sealedHeader(header: QbftHeader): SealedHeader {
  const sealers = qbftSealers(header);
  const seals = header.validators.flatMap((validator) => {
    const seal = header.seals[sealers.indexOf(validator)];
    return seal === undefined ? [] : [seal];
  });
  return { header: header.sealedRlp, seals };
}

/** The message of a request is its id. */
export const requestMessage = (requestId: string): string => requestId;

/** The message of a response: what `AccessRequests.answerDigest` names it by. */
export const responseMessage = (response: AccessResponse): string => answerDigestOf(response);

/** Appends a message to its sender's range, which is one of `merkleTree()`. */
export const appendMessage = (range: MerkleTree, message: string): void => range.append(getBytes(message));

/** The heights of the peaks of a range of so many messages, the largest first. */
export function peakHeights(size: number): number[] {
  const heights: number[] = [];
  for (let height = 0; 2 ** height <= size; height++) if (hasPeak(size, height)) heights.unshift(height);
  return heights;
}

const hasPeak = (size: number, height: number): boolean => Math.floor(size / 2 ** height) % 2 === 1;

/**
 * The height of the peak above a message, in a range of so many.
 *
 * @throws RangeError where there is no such message
 */
export function peakAbove(index: number, size: number): number {
  let start = 0;
  for (const height of peakHeights(size)) {
    start += 2 ** height;
    if (index >= 0 && index < start) return height;
  }
  throw new RangeError(`no message ${index} among ${size}`);
}

/**
 * That a message is below the peak above it, in the range as it was at so many messages.
 *
 * @throws RangeError where the range has fewer, or no such message
 */
export function messageProof(range: MerkleTree, index: number, size = range.size): MessageProof {
  // What follows in the proof joins the peaks, which are proven one by one.
  const path = range.inclusionProof(index, size).slice(0, peakAbove(index, size));
  return { index, path: path.map((each) => hexlify(each)) };
}

const mapped = (key: string, slot: string): string => keccak256(abi.encode(["bytes32", "bytes32"], [key, slot]));
const word = (value: number): string => toBeHex(value, 32);

/** The storage slot of a peak of a sender's range, in `Mailbox`: `contracts/libraries/ProvenSlots.sol`. */
export const peakSlot = (sender: string, height: number): string =>
  mapped(word(height), keccak256(abi.encode(["address", "uint256"], [sender, 0])));

/** The storage slots of an `AccessLedger` of so many entries that prove it: head, length, and peaks, the largest first. */
export const ledgerSlots = (entryCount: number): { head: string; length: string; peaks: string[] } => ({
  head: word(2),
  length: word(3),
  peaks: peakHeights(entryCount).map((height) => mapped(word(height), word(4))),
});
