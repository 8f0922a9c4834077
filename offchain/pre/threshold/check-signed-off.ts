/** The device's check of all that its firewall returns at sign-off, before any of it is published. */
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { SignedOff } from "../reverse-firewall.ts";
import { parseSealedReKey } from "./sealed-rekey.ts";
import { parseSealedShares } from "./sealed-shares.ts";
import { type CheckDealingInput, checkDealing, wrongDealing } from "./shares.ts";

/**
 * That both objects are for this request and epoch, and for relayers of it, that the one names the other, and that what they commit to is what was
 * dealt, see `checkDealing`. A firewall may leave out relayers to which nothing can be sealed: as many as must re-encrypt are enough. That a
 * share is sealed to its relayer only that relayer can tell.
 *
 * @param input `indices` are those of all relayers of the epoch
 * @throws PRE_DEALING_INVALID when anything is otherwise; INPUT_INVALID for an input that is no group
 */
export function checkSignedOff({ sealedReKey, shares, dealt }: SignedOff, input: CheckDealingInput): void {
  try {
    const key = parseSealedReKey(sealedReKey);
    const { commitments, sealed, ...sharesOf } = parseSealedShares(shares);
    for (const context of [key, sharesOf]) {
      if (context.epoch !== input.epoch || !equalBytes(context.requestId, input.requestId)) {
        throw wrongDealing("it is for another request or epoch");
      }
    }
    if (!equalBytes(key.shares, sha256(shares))) throw wrongDealing("its key names other shares");
    if (key.threshold !== input.threshold) throw wrongDealing("it is for another threshold than that on-chain");
    if (sealed.map(({ index }) => index).join() !== key.indices.join()) {
      throw wrongDealing("its shares are sealed to other relayers than it commits to");
    }
    if (!key.indices.every((index) => input.indices.includes(index))) {
      throw wrongDealing("it is for others than the relayers on-chain");
    }
    const { indices, digests } = key;
    checkDealing(
      { shares: dealt, commitments, indices, digests },
      { ...input, indices, ...(key.form && { form: key.form }) },
    );
  } catch (cause) {
    if (!MedexError.is(cause, "SEALED_REKEY_INVALID") && !MedexError.is(cause, "PRE_ELEMENT_INVALID")) throw cause;
    throw wrongDealing(cause.message, cause);
  }
}
