/**
 * What relayers send, read from calldata word by word: decoding it by the ABI takes longer than all that is checked of it. Every reader
 * throws a RangeError where the calldata is too short for what it says, and an OverlappingCalldata, which is one, where offsets name
 * the same bytes again and again: a chain accepts that, and some kilobytes would unfold to gigabytes. An encoder uses each byte once, so
 * what is read is at most as long as what was sent.
 */
import { id } from "ethers";
import { CHECKPOINT_WORDS, REQUEST_WORDS } from "../store/decode.ts";
import { addressWord, bytesAt, hexWord, intWord, toHex, word } from "../store/stored-log.ts";

/** The first four bytes of calldata that calls a function. */
export const selector = (signature: string): string => id(signature).slice(0, 10);

const REQUEST = "(bytes32,bytes32,bytes32,uint64,address,uint64,uint64,uint256)";
const ATTESTATIONS = "(uint64,uint64,(address,bytes)[])";
const DELIVER = selector(`deliverRequest(uint64,${REQUEST},bytes)`);
const DELIVER_MANY = selector(`deliverRequests(uint64,(${REQUEST},bytes)[])`);
const PATH = "(uint64,bytes32[])";
const DELIVER_PROVEN = selector(`deliverRequestProven(address,uint64,(${REQUEST},bytes,${PATH}))`);
const DELIVER_MANY_PROVEN = selector(`deliverRequestsProven(address,uint64,(${REQUEST},bytes,${PATH})[])`);
const SUBMIT = selector(`submitReEncryption(bytes32,${ATTESTATIONS})`);
const SUBMIT_MANY = selector(`submitReEncryptions((bytes32,${ATTESTATIONS})[])`);
const CHECKPOINT = "(uint64,address,uint64,uint64,uint64,bytes32,bytes32)";
const EXTENSION = "(uint64,bytes32,bytes32[])";
const SUBMIT_CHECKPOINT = selector(`submitCheckpoint(${CHECKPOINT},${EXTENSION},${ATTESTATIONS})`);
const LEDGER_PROOF = "(bytes[],bytes[],bytes[],bytes[][])";
const SUBMIT_CHECKPOINT_PROVEN = selector(
  `submitCheckpointProven(address,${CHECKPOINT},${EXTENSION},${ATTESTATIONS},${LEDGER_PROOF})`,
);

const SET_KEY = selector("setBlsKey(bytes,bytes)");

export interface Attestation {
  /** In lower case. */
  readonly relayer: string;
  readonly signature: Uint8Array;
}

/** `Attestations` of `contracts/types/Access.sol`. */
export interface Attestations {
  readonly epoch: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
  readonly by: readonly Attestation[];
}

export interface SentReEncryption {
  readonly requestId: string;
  readonly attestations: Attestations;
}

/** Offsets that name more bytes than there are. */
export class OverlappingCalldata extends RangeError {}

/** Calldata, or a log's data, and how much of it may still be read. */
interface Reading {
  readonly data: Uint8Array;
  left: number;
}

const callOf = (input: Uint8Array): Reading => ({ data: input.subarray(4), left: input.length });

/**
 * Notes what is read.
 *
 * @param words of fixed length
 * @param bytes of any length besides, with their own length before them
 */
function count(reading: Reading, words: number, bytes?: Uint8Array): void {
  reading.left -= 32 * words + (bytes ? 32 + bytes.length : 0);
  if (reading.left < 0) throw new OverlappingCalldata("its offsets name the same bytes more than once");
}

/** The signatures of the requests of a call, each with its `requestKey`, in their order; empty where nothing is delivered. */
export function deliveredIn(input: Uint8Array): (readonly [key: string, signature: Uint8Array])[] {
  const name = toHex(input.subarray(0, 4));
  const call = callOf(input);
  const one = (tuple: Uint8Array, first: number) => {
    const signature = bytesAt(tuple, 0, first + REQUEST_WORDS);
    count(call, REQUEST_WORDS + 1, signature);
    return [requestKey(tuple, first), signature] as const;
  };
  if (name === DELIVER) return [one(call.data, 1)];
  if (name === DELIVER_PROVEN) return [one(call.data.subarray(Number(intWord(call.data, 2))), 0)];
  const list = name === DELIVER_MANY ? 1 : name === DELIVER_MANY_PROVEN ? 2 : undefined;
  return list === undefined ? [] : tuplesAt(call, call.data, list).map((tuple) => one(tuple, 0));
}

/** All fields of a request, whose first is in a word, as a key. */
export function requestKey(data: Uint8Array, first: number): string {
  word(data, first + REQUEST_WORDS - 1);
  return Buffer.from(data.buffer, data.byteOffset + 32 * first, 32 * REQUEST_WORDS).toString("latin1");
}

/** The re-encryptions of a call, each with its request's id, in their order; undefined where nothing is submitted. */
export function reEncryptionsIn(input: Uint8Array): (readonly [requestId: string, SentReEncryption])[] | undefined {
  const name = toHex(input.subarray(0, 4));
  const call = callOf(input);
  const one = (tuple: Uint8Array): readonly [string, SentReEncryption] => {
    const requestId = hexWord(tuple, 0);
    count(call, 2);
    return [requestId, { requestId, attestations: attestationsOf(call, tuple, 1) }];
  };
  if (name === SUBMIT) return [one(call.data)];
  return name === SUBMIT_MANY ? tuplesAt(call, call.data, 0).map(one) : undefined;
}

/** The attestations of a checkpoint's call; undefined where it is none. */
export function checkpointAttestationsIn(input: Uint8Array): Attestations | undefined {
  const call = callOf(input);
  const name = toHex(input.subarray(0, 4));
  // After the offset of the extension; what is proven names the contract first.
  if (name === SUBMIT_CHECKPOINT) return attestationsOf(call, call.data, CHECKPOINT_WORDS + 1);
  return name === SUBMIT_CHECKPOINT_PROVEN ? attestationsOf(call, call.data, CHECKPOINT_WORDS + 2) : undefined;
}

/** The key for aggregates that a relayer sets by a call of its own; undefined where it sets none. */
export function blsKeyIn(input: Uint8Array): Uint8Array | undefined {
  return toHex(input.subarray(0, 4)) === SET_KEY ? bytesAt(input.subarray(4), 0, 0) : undefined;
}

/** The `Attestations` of a log, whose offset is in a word of its data. */
export const attestationsAt = (data: Uint8Array, offsetWord: number): Attestations =>
  attestationsOf({ data, left: data.length }, data, offsetWord);

/** The `Attestations` whose offset is in a word of a part of the calldata. */
function attestationsOf(reading: Reading, part: Uint8Array, offsetWord: number): Attestations {
  const all = part.subarray(Number(intWord(part, offsetWord)));
  count(reading, 3);
  const by = tuplesAt(reading, all, 2).map((tuple) => {
    const signature = bytesAt(tuple, 0, 1);
    count(reading, 2, signature);
    return { relayer: addressWord(tuple, 0), signature };
  });
  return { epoch: intWord(all, 0), expiry: intWord(all, 1), by };
}

/** An array of tuples whose offset is in a word: of each what is from its first word on. */
function tuplesAt(reading: Reading, part: Uint8Array, offsetWord: number): Uint8Array[] {
  const list = part.subarray(Number(intWord(part, offsetWord)));
  const length = Number(intWord(list, 0));
  const items = list.subarray(32); // offsets of the tuples count from here
  if (length * 32 > items.length) throw new RangeError("more tuples than there is room for");
  count(reading, 1 + length);
  return Array.from({ length }, (_, number) => items.subarray(Number(intWord(items, number))));
}
