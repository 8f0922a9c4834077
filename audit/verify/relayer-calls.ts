/**
 * What relayers send, read from calldata word by word: decoding it by the ABI takes longer than all that is checked of it. Every reader
 * throws a RangeError where the calldata is too short for what it says.
 */
import { id } from "ethers";
import { REQUEST_WORDS } from "../store/decode.ts";
import { addressWord, bytesAt, hexWord, intWord, toHex, word } from "../store/stored-log.ts";

/** The first four bytes of calldata that calls a function. */
export const selector = (signature: string): string => id(signature).slice(0, 10);

const REQUEST = "(bytes32,bytes32,bytes32,uint64,address,uint64,uint64,uint256)";
const ATTESTATIONS = "(address,bytes)[]";
const DELIVER = selector(`deliverRequest(uint64,${REQUEST},bytes)`);
const DELIVER_MANY = selector(`deliverRequests(uint64,(${REQUEST},bytes)[])`);
const SUBMIT = selector(`submitReEncryption(bytes32,bytes32,${ATTESTATIONS})`);
const SUBMIT_MANY = selector(`submitReEncryptions((bytes32,bytes32,${ATTESTATIONS})[])`);

export interface Attestation {
  /** In lower case. */
  readonly relayer: string;
  readonly signature: Uint8Array;
}

export interface SentReEncryption {
  readonly requestId: string;
  readonly reEncryption: Uint8Array;
  readonly attestations: readonly Attestation[];
}

/** The signatures of the requests of a call, each with its `requestKey`, in their order; empty where nothing is delivered. */
export function deliveredIn(input: Uint8Array): (readonly [key: string, signature: Uint8Array])[] {
  const name = toHex(input.subarray(0, 4));
  const data = input.subarray(4);
  const one = (tuple: Uint8Array) => [requestKey(tuple, 0), bytesAt(tuple, 0, REQUEST_WORDS)] as const;
  if (name === DELIVER) return [[requestKey(data, 1), bytesAt(data, 0, 1 + REQUEST_WORDS)]];
  return name === DELIVER_MANY ? tuplesAt(data, 1).map(one) : [];
}

/** All fields of a request, whose first is in a word, as a key. */
export function requestKey(data: Uint8Array, first: number): string {
  word(data, first + REQUEST_WORDS - 1);
  return Buffer.from(data.buffer, data.byteOffset + 32 * first, 32 * REQUEST_WORDS).toString("latin1");
}

/** The re-encryptions of a call, each with its request's id, in their order; undefined where nothing is submitted. */
export function reEncryptionsIn(input: Uint8Array): (readonly [requestId: string, SentReEncryption])[] | undefined {
  const name = toHex(input.subarray(0, 4));
  const data = input.subarray(4);
  const one = (tuple: Uint8Array): readonly [string, SentReEncryption] => {
    const requestId = hexWord(tuple, 0);
    return [requestId, { requestId, reEncryption: word(tuple, 1), attestations: attestationsAt(tuple, 2) }];
  };
  if (name === SUBMIT) return [one(data)];
  return name === SUBMIT_MANY ? tuplesAt(data, 0).map(one) : undefined;
}

/** An `Attestation[]` whose offset is in a word. */
export const attestationsAt = (data: Uint8Array, offsetWord: number): Attestation[] =>
  tuplesAt(data, offsetWord).map((tuple) => ({ relayer: addressWord(tuple, 0), signature: bytesAt(tuple, 0, 1) }));

/** An array of tuples whose offset is in a word: of each what is from its first word on. */
function tuplesAt(data: Uint8Array, offsetWord: number): Uint8Array[] {
  const list = data.subarray(Number(intWord(data, offsetWord)));
  const count = Number(intWord(list, 0));
  const items = list.subarray(32); // offsets of the tuples count from here
  if (count * 32 > items.length) throw new RangeError("more tuples than there is room for");
  return Array.from({ length: count }, (_, number) => items.subarray(Number(intWord(items, number))));
}
