/**
 * M3 and M4 between them: to the relayers of which epoch a request's re-encryption key is sealed, and who of them said that their partials are
 * out. The key is anchored by the owner's act and stays: what is granted is what was sealed last.
 */
import type { Hex32 } from "@medexchain/chain";
import { hexWord, intWord, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { RelayerEpochs } from "./relayer-epochs.ts";

/** A re-encryption key as it is sealed. */
export interface Sealing {
  /** Digest of the sealed re-encryption key. */
  readonly sealedRekey: Hex32;
  /** Of the relayers to whom it is sealed. */
  readonly epoch: bigint;
}

export interface SealingChecker {
  /** Takes an owner's `Approved` or `Resealed`. */
  act(log: StoredLog): void;
  /** Checks a `ReEncryptionRequested`. */
  requested(log: StoredLog): void;
  /** Takes a `ReEncrypted`. */
  reEncrypted(log: StoredLog): void;
  /** How the key of a request is sealed that is granted now, and the bits of who is told to have signed; either only where it was told. */
  granted(log: StoredLog): { readonly sealing: Sealing | undefined; readonly signers: bigint | undefined };
  /** Forgets a request that has ended. */
  ended(requestId: Hex32): void;
  /** Of the requests that wait for relayers: to go on from, between two blocks. */
  state(): ReadonlyMap<Hex32, Sealing>;
}

/**
 * An owner's act and the request to the relayers, and who signed and the answer, are each in one transaction.
 *
 * @param state what to go on from; nothing unless given
 */
export function sealingChecker(
  context: VerifyContext,
  relayers: Pick<RelayerEpochs, "epoch">,
  state?: ReadonlyMap<Hex32, Sealing>,
): SealingChecker {
  const sealings = new Map(state);
  let act: StoredLog | undefined;
  let told: StoredLog | undefined;
  const isOf = (log: StoredLog, later: StoredLog, requestId: Hex32): boolean =>
    log.block === later.block && log.place === later.place && hexWord(log.topics, 1) === requestId;
  return {
    act(log) {
      act = log;
    },
    requested(log) {
      const requestId = hexWord(log.topics, 2);
      const sealedRekey = hexWord(log.data, 0);
      const of = act;
      act = undefined; // an act seals once
      if (!of || !isOf(of, log, requestId)) {
        const message = "relayers were asked to re-encrypt without the owner's act";
        const expected = "Approved or Resealed before it in the same transaction";
        context.wrong({ code: "APPROVAL_FORGED", message, log, expected, found: of?.event ?? "none", requestId });
        return;
      }
      const earlier = sealings.get(requestId);
      const epoch = intWord(of.data, of.event === "Resealed" ? 1 : 2);
      sealings.set(requestId, { sealedRekey, epoch });
      if (hexWord(of.data, 0) !== sealedRekey) {
        const message = "relayers were asked to re-encrypt by another key than the owner's";
        const expected = hexWord(of.data, 0);
        context.wrong({ code: "SIDES_DIFFER", message, log, expected, found: sealedRekey, requestId });
      }
      if (epoch !== relayers.epoch()) {
        const message = "a key was sealed to the relayers of another epoch than that of its block";
        const expected = `epoch ${relayers.epoch()}`;
        context.wrong({ code: "ATTESTATION_STALE", message, log, expected, found: `epoch ${epoch}`, requestId });
      }
      if (of.event === "Resealed" && (earlier === undefined || earlier.epoch >= epoch)) {
        const message = "a key was sealed anew that was not sealed to the relayers of an earlier epoch";
        const expected = `sealed before epoch ${epoch}`;
        const found = earlier ? `epoch ${earlier.epoch}` : "not sealed";
        context.wrong({ code: "ATTESTATION_STALE", message, log, expected, found, requestId });
      }
    },
    reEncrypted(log) {
      told = log;
    },
    granted(log) {
      const requestId = hexWord(log.topics, 2);
      const of = told;
      told = undefined; // it tells of one grant
      const sealing = sealings.get(requestId);
      return { sealing, signers: of && isOf(of, log, requestId) ? intWord(of.data, 0) : undefined };
    },
    ended: (requestId) => {
      sealings.delete(requestId);
    },
    state: () => sealings,
  };
}

/** That a grant is of the key that was sealed last, by relayers of its epoch, and tells who they are. */
export function checkGranted(
  context: VerifyContext,
  relayers: Pick<RelayerEpochs, "indexOf">,
  log: StoredLog,
  { sealing, signers }: ReturnType<SealingChecker["granted"]>,
  attested: { readonly epoch: bigint; readonly by: ReadonlySet<string> },
): void {
  const requestId = toHex(word(log.data, 0)) as Hex32; // 32 bytes
  const answered = hexWord(log.data, 4);
  if (sealing && sealing.sealedRekey !== answered) {
    context.wrong({
      code: "SIDES_DIFFER",
      message: "the answer's re-encryption key is not the one that the owner sealed last",
      log,
      expected: sealing.sealedRekey,
      found: answered,
      requestId,
    });
  }
  if (sealing && sealing.epoch !== attested.epoch) {
    context.wrong({
      code: "ATTESTATION_STALE",
      message: "relayers of another epoch re-encrypted than those to whom the key is sealed",
      log,
      expected: `epoch ${sealing.epoch}`,
      found: `epoch ${attested.epoch}`,
      requestId,
    });
  }
  // An index above 255 has no bit, and who is no relayer no index, which is reported already.
  const bits = [...attested.by]
    .map((relayer) => relayers.indexOf(relayer) ?? 256)
    .filter((index) => index < 256)
    .reduce((all, index) => all | (1n << BigInt(index)), 0n);
  if (signers === bits) return;
  context.wrong({
    code: signers === undefined ? "EVENT_MISSING" : "SIGNERS_DIFFER",
    message:
      signers === undefined
        ? "a grant of which no relayer is told to have signed"
        : "other relayers are told to have signed than did",
    log,
    expected: `ReEncrypted by ${indicesOf(bits)}`,
    found: signers === undefined ? "none" : indicesOf(signers),
    requestId,
  });
}

/** The indices whose bits are set. */
export const indicesOf = (bits: bigint): string =>
  Array.from({ length: 256 }, (_, index) => index)
    .filter((index) => (bits >> BigInt(index)) & 1n)
    .join(" ");
