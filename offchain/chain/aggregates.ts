/** Aggregates: one attestation that stands for many relayers, as `contracts/interfaces/IAggregateKeys.sol` describes it. */
import { bytesToHex } from "@noble/hashes/utils.js";
import { concat, getBytes, toBeHex } from "ethers";
import { addBlsSignatures, BLS_POSSESSION_TAG, BLS_SIGNATURE_LENGTH, blsPublicKey, signBls } from "./bls.ts";
import { type Attestation, possessionDigestOf, type VerifyingContract } from "./messages.ts";

/** One relayer's part of an aggregate. */
export interface AggregateShare {
  /** Of the relayer's tenure in the set. */
  readonly index: number;
  /** By its BLS key, see `signBls`. */
  readonly signature: Uint8Array;
}

/** An aggregate as it is attested. */
export interface Aggregate {
  /** Indices of the tenures of those who signed, ascending. */
  readonly signers: readonly number[];
  readonly signature: Uint8Array;
}

/** The highest index of a tenure that an aggregate can name: its signers are the bits of a word. */
export const LAST_AGGREGATE_INDEX = 255;

/**
 * What a relayer registers its key with: the arguments of `RelayerSet.setBlsKey`.
 *
 * @param set RelayerSet on the chain
 */
export function blsKeyRegistration(
  secretKey: Uint8Array,
  set: VerifyingContract,
  relayer: string,
): { readonly key: Uint8Array; readonly proof: Uint8Array } {
  const key = blsPublicKey(secretKey);
  return { key, proof: signBls(secretKey, possessionDigestOf(set, relayer, key), BLS_POSSESSION_TAG) };
}

/**
 * Adds shares of one digest up to an attestation that stands for all of their relayers. It is to be put among the others in ascending
 * order of address.
 *
 * @param set address of the RelayerSet
 * @throws RangeError when there is no share, two are of one relayer, one is no point, or an index is out of range
 */
export function aggregateOf(set: string, shares: readonly AggregateShare[]): Attestation {
  let signers = 0n;
  for (const { index } of shares) {
    if (!Number.isInteger(index) || index < 1 || index > LAST_AGGREGATE_INDEX) {
      throw new RangeError(`an index must be between 1 and ${LAST_AGGREGATE_INDEX}, got ${index}`);
    }
    const bit = 1n << BigInt(index);
    if ((signers & bit) !== 0n) throw new RangeError(`two shares of index ${index}`);
    signers |= bit;
  }
  const signature = addBlsSignatures(shares.map((share) => share.signature));
  return { relayer: set, signature: concat([toBeHex(signers, 32), signature]) };
}

/** The bytes of an encoded aggregate: a word of signers, and a point. */
export const AGGREGATE_LENGTH: number = 32 + BLS_SIGNATURE_LENGTH;

/**
 * Reads the signature of an attestation that stands for an aggregate.
 *
 * @throws RangeError when it has another length
 */
export function readAggregate(encoded: Uint8Array | string): Aggregate {
  const bytes = getBytes(encoded);
  if (bytes.length !== AGGREGATE_LENGTH) {
    throw new RangeError(`an aggregate has ${AGGREGATE_LENGTH} bytes, got ${bytes.length}`);
  }
  const bits = BigInt(`0x${bytesToHex(bytes.subarray(0, 32))}`);
  const signers = Array.from({ length: LAST_AGGREGATE_INDEX + 1 }, (_, index) => index).filter(
    (index) => ((bits >> BigInt(index)) & 1n) === 1n,
  );
  return { signers, signature: bytes.subarray(32) };
}
