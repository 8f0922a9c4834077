/** What a grant's answer leads to: the sealed key with k relayers' partials, or, of grants from before, one relayer's re-encryption. */
import { type AccessResponse, fromHex32, type Hex32 } from "@medexchain/chain";
import { decodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import {
  type CapsuleSubject,
  type G1Bytes,
  type OpenedCapsule,
  openCapsuleAsUser,
  openCapsuleByPartials,
  parseReEncryption,
  parseSealedReKey,
  type XWingBox,
} from "@medexchain/pre";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { fetchPartials, signersOf } from "./fetch-partials.ts";
import type { User } from "./user.ts";

/** All that opens a capsule but the user's key. */
export interface Answer {
  /** The record's secret `Q`, sealed to the doctor; undefined for records of before there was one. */
  readonly secret: XWingBox | undefined;
  /**
   * Opens the capsule that was granted.
   *
   * @throws CAPSULE_INVALID; PRE_DEALING_INVALID, in its place, where the fault is that of who sealed the key; PRE_ELEMENT_INVALID for a malformed key
   */
  open(capsule: Uint8Array, subject: CapsuleSubject, privateKey: G1Bytes): OpenedCapsule;
}

/** Of a re-encryption by one relayer, 1; what is otherwise is a sealed key, if anything. */
const versionSchema = z.union([z.array(z.unknown()), z.looseObject({ v: z.int() })]);

/**
 * Fetches what opens a granted capsule.
 *
 * @param requester to whom it was granted
 * @throws RESPONSE_INVALID when it is of another request; PARTIALS_MISSING, PRE_DEALING_INVALID as `fetchPartials`; SEALED_REKEY_INVALID,
 *   RE_ENCRYPTION_INVALID, CONTENT_NOT_FOUND, SERVICE_UNREACHABLE
 */
export async function fetchAnswer(
  { memberId, ownerChain, store }: User,
  requestId: Hex32,
  { reEncryption }: Pick<AccessResponse, "reEncryption">,
  requester: Hex32,
): Promise<Answer> {
  const bytes = await store.get(fromHex32(reEncryption), { maxBytes: CONTENT_LIMITS.sealedReKey });
  const answer = decodeObject(bytes, versionSchema, "the answer", "RESPONSE_INVALID");
  if ("v" in answer && answer.v === 1) {
    const whole = parseReEncryption(bytes);
    requireOf(requestId, whole.requestId);
    return {
      secret: undefined,
      open: (capsule, subject, privateKey) => openCapsuleAsUser(capsule, subject, whole, privateKey),
    };
  }
  const sealed = parseSealedReKey(bytes);
  requireOf(requestId, sealed.requestId);
  const partials = await fetchPartials(store, sealed, { signers: await signersOf(ownerChain, requestId) });
  const { C3, C4, secret } = sealed;
  return {
    secret,
    open(capsule, subject, privateKey) {
      try {
        return openCapsuleByPartials(capsule, subject, { C3, C4, partials, privateKey });
      } catch (cause) {
        // Whoever opens what was granted to somebody else has nobody to blame.
        if (!MedexError.is(cause, "CAPSULE_INVALID") || requester !== memberId) throw cause;
        const numbers = partials.map(({ index }) => index).join(", ");
        throw new MedexError(
          "PRE_DEALING_INVALID",
          `the record does not open, though relayers ${numbers} gave what the owner's side committed to: unless your keys changed since you asked, the owner's device or its hospital's firewall is to blame; dispute it`,
          { cause },
        );
      }
    },
  };
}

function requireOf(requestId: Hex32, of: Uint8Array): void {
  if (equalBytes(of, fromHex32(requestId))) return;
  throw new MedexError("RESPONSE_INVALID", `the answer to request ${requestId} holds another request's re-encryption`);
}
