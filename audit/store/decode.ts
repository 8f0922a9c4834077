/** The structs of `contracts/types` in logs. All their fields take one word each, so they lie in a log as they were hashed. */
import {
  type AccessRequest,
  type AccessResponse,
  type Checkpoint,
  type Decision,
  decisionOf,
  type Hex32,
} from "@medexchain/chain";
import { addressWord, hexWord, intWord, type StoredLog, word } from "./stored-log.ts";

/** Words of an `AccessRequest`, a `LogEntry`, an `AccessResponse` and a `Checkpoint`. */
export const REQUEST_WORDS = 8;
export const ENTRY_WORDS = 10;
export const RESPONSE_WORDS = 6;
export const CHECKPOINT_WORDS = 7;

/** @param first the word at which it begins */
export function decodeRequest(data: Uint8Array, first: number): AccessRequest {
  return {
    recordId: hexWord(data, first),
    requester: hexWord(data, first + 1),
    purpose: hexWord(data, first + 2),
    destinationChainId: intWord(data, first + 3),
    destination: addressWord(data, first + 4),
    issuedAt: intWord(data, first + 5),
    expiry: intWord(data, first + 6),
    nonce: intWord(data, first + 7),
  };
}

/** @param first the word at which it begins */
export function decodeResponse(data: Uint8Array, first: number): AccessResponse {
  return {
    requestId: hexWord(data, first),
    decision: intWord(data, first + 1),
    decidedAt: intWord(data, first + 2),
    contents: hexWord(data, first + 3),
    reEncryption: hexWord(data, first + 4),
    privateFragment: hexWord(data, first + 5),
  };
}

/** The data of `CheckpointStored` begins with it. */
export function decodeCheckpoint(data: Uint8Array): Checkpoint {
  return {
    chainId: intWord(data, 0),
    ledger: addressWord(data, 1),
    entryCount: intWord(data, 2),
    blockNumber: intWord(data, 3),
    blockTime: intWord(data, 4),
    head: hexWord(data, 5),
    root: hexWord(data, 6),
  };
}

/** A line of List₁ in `AccessLogged`. */
export interface LogEntry {
  readonly requestId: Hex32;
  readonly recordId: Hex32;
  readonly requester: Hex32;
  readonly hospitalId: Hex32;
  readonly decision: Decision;
  readonly hospitalCount: bigint;
  readonly hospitalLimit: bigint;
  readonly recordCount: bigint;
  readonly recordLimit: bigint;
  readonly timestamp: bigint;
}

/** The data of `AccessLogged`: the entry, then the head. A RangeError on a decision that there is not. */
export function decodeEntry(data: Uint8Array): LogEntry {
  return {
    requestId: hexWord(data, 0),
    recordId: hexWord(data, 1),
    requester: hexWord(data, 2),
    hospitalId: hexWord(data, 3),
    decision: decisionOf(intWord(data, 4)),
    hospitalCount: intWord(data, 5),
    hospitalLimit: intWord(data, 6),
    recordCount: intWord(data, 7),
    recordLimit: intWord(data, 8),
    timestamp: intWord(data, 9),
  };
}

/** The peaks in a ledger's `Continued`, the largest first. A RangeError where there are fewer than it says. */
export function continuedPeaks({ data }: Pick<StoredLog, "data">): Uint8Array[] {
  const list = data.subarray(Number(intWord(data, 2)));
  const count = Number(intWord(list, 0));
  if (32 * count > list.length) throw new RangeError(`no ${count} peaks in ${list.length} bytes`);
  return Array.from({ length: count }, (_, number) => Uint8Array.from(word(list, number + 1)));
}
