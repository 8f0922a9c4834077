/** Attestations that stand for many relayers, by one BLS signature: `contracts/interfaces/IAggregateKeys.sol`. */
import { BLS_POSSESSION_TAG, type Hex32, readAggregate, verifyBls } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";
import { addressWord, bytesAt, intWord, type StoredLog, toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import { addressToWord } from "./digests.ts";
import type { RelayerEpochs } from "./relayer-epochs.ts";

/** A `BlsKeySet`: the key, if its relayer proved that it holds it; undefined where it did not, which is reported. */
export function keySetIn(
  context: VerifyContext,
  log: StoredLog,
): { readonly relayer: string; readonly index: number; readonly key: Uint8Array } | undefined {
  const [relayer, index] = [addressWord(log.topics, 1), Number(intWord(log.topics, 2))];
  const [key, proof] = [bytesAt(log.data, 0, 0), bytesAt(log.data, 0, 1)];
  const digest = context.digests("KeyPossession", log.chainId)?.(addressToWord(relayer), keccak256(key));
  if (digest && verifyBls([key], toHex(digest) as Hex32, proof, BLS_POSSESSION_TAG)) return { relayer, index, key }; // 32 bytes
  context.wrong({
    code: "ATTESTATION_INVALID",
    message: "a relayer's key for aggregates was taken without a proof that the relayer holds it",
    log,
    expected: `a proof of possession by ${relayer}`,
    found: toHex(proof),
  });
  return undefined;
}

/**
 * Who attested something by an aggregate. What is wrong with it is reported.
 *
 * @param encoded the attestation's signature
 * @returns addresses in lower case, of those whose keys are known
 */
export function aggregateSigners(
  context: VerifyContext,
  relayers: Pick<RelayerEpochs, "keyAt" | "aggregatesOn">,
  attested: { readonly log: StoredLog; readonly digest: Uint8Array; readonly requestId?: Hex32 | undefined },
  encoded: Uint8Array,
): readonly string[] {
  const { log, digest, requestId } = attested;
  const wrong = (message: string, expected: string, found: string) =>
    context.wrong({ code: "ATTESTATION_INVALID", message, log, expected, found, ...(requestId && { requestId }) });
  const aggregate = parsed(encoded);
  if (!aggregate || !relayers.aggregatesOn()) {
    wrong("an aggregate that does not count", "attestations as the set takes them", toHex(encoded));
    return [];
  }
  const holders = aggregate.signers.map((index) => relayers.keyAt(index));
  const known = holders.filter((holder) => holder !== undefined);
  if (known.length < holders.length) {
    const unknown = aggregate.signers.filter((_, number) => !holders[number]);
    wrong("an aggregate names relayers that have no key", "indices of relayers with keys", unknown.join(" "));
  } else {
    const keys = known.map(({ key }) => key);
    if (!verifyBls(keys, toHex(digest) as Hex32, aggregate.signature)) {
      const message = "relayers did not sign what is said to be attested by their aggregate";
      wrong(message, `signed by ${known.map(({ relayer }) => relayer).join(" ")}`, toHex(aggregate.signature));
    }
  }
  return known.map(({ relayer }) => relayer);
}

function parsed(encoded: Uint8Array) {
  try {
    return readAggregate(encoded);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // of another length
    throw error;
  }
}
