import {
  ask,
  type Decision,
  decisionOf,
  type Hex32,
  hex32,
  type RequestState,
  requestStateOf,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { encodeObject, MedexError } from "@medexchain/core";
import { initCurve, parseCapsule } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { fetchOwnCapsule } from "./own-capsule.ts";
import type { Owner } from "./owner.ts";
import { relayersOfNow, untilRelayersChange } from "./relayer-group.ts";
import { fetchRequester } from "./requester.ts";
import { bindingOf, publishSealedRekey, requireSealable } from "./sealed-rekey.ts";

/** What became of a resealing. */
export interface Resealing {
  /** `Granted`, or why the request was refused instead: the record was revoked, or somebody lost its standing, since the approval. */
  readonly decision: Decision;
  readonly transactionHash: string;
  /** Of the relayers to whom the key is sealed now. */
  readonly epoch: bigint;
  /** What went out; absent where the request was refused. */
  readonly sealedRekey?: Hex32;
  /** Indices of relayers who have no part in it, as nothing could be sealed to them; absent where the request was refused. */
  readonly leftOutRelayers?: readonly number[];
}

/**
 * Seals the re-encryption key of an approved request anew, to the relayers of now, where they have changed since: with a fresh `X`, and counted
 * once. The private features went out with the approval and stay as they are.
 *
 * @throws REQUEST_UNKNOWN, REQUEST_PENDING (it is not approved), REQUEST_ALREADY_GRANTED, REQUEST_DENIED, REQUEST_EXPIRED by what became of the
 *   request; INPUT_INVALID when it is sealed to the relayers of now; APPROVAL_ELSEWHERE, CERTIFICATE_INVALID, PRE_PUBLIC_KEY_INVALID,
 *   PRE_DEALING_INVALID, RELAYERS_UNREADY, RELAYERS_CHANGED, SERVICE_UNREACHABLE, CHAIN_REVERTED
 */
export async function resealRequest(owner: Owner, requestId: Hex32): Promise<Resealing> {
  await initCurve();
  const { chain, store } = owner;
  const grant = await ask(chain, () => chain.grants.grant(requestId));
  const state = requestStateOf(grant.state);
  if (state !== "Authorized") throw notAuthorized(requestId, state);
  const relayers = await relayersOfNow(chain);
  const { epoch } = relayers;
  if (epoch <= grant.relayerEpoch) {
    throw new MedexError(
      "INPUT_INVALID",
      `request ${requestId} is sealed to the relayers of now, those of epoch ${grant.relayerEpoch}: wait until they have re-encrypted it`,
    );
  }
  const send = async (sealedRekey: Hex32) => {
    const { hash } = await untilRelayersChange(() =>
      transact(chain, () => chain.grants.reseal(requestId, sealedRekey, epoch)),
    );
    return hash;
  };
  // Any digest will do to ask for the decision.
  const foreseen = decisionOf(
    await untilRelayersChange(() => ask(chain, () => chain.grants.reseal.staticCall(requestId, requestId, epoch))),
  );
  if (foreseen !== "Granted") return { decision: foreseen, transactionHash: await send(ZERO_32), epoch };

  const recordId = hex32(grant.recordId);
  const requester = await fetchRequester(chain, store, hex32(grant.requester));
  // The doctor may have been certified with other keys since the approval; a firewall seals once for an epoch, so this comes first.
  requireSealable(requester, hex32(grant.requester), "withdraw the approval");
  const { privateKey, capsule } = await fetchOwnCapsule(owner, recordId);
  const binding = sha256(encodeObject({ resealing: bindingOf(requester, undefined) }));
  await using progress = await owner.fragmentStore.approval(requestId, binding);
  const ciphertext = parseCapsule(capsule);
  const input = { recordId, requestId, relayers, privateKey, requester, ciphertext };
  const { sealedRekey, leftOut } = await publishSealedRekey(owner, progress, input).finally(() => privateKey.fill(0));
  const transactionHash = await send(sealedRekey);
  await owner.fragmentStore.endApproval(requestId);
  return { decision: "Granted", transactionHash, epoch, sealedRekey, leftOutRelayers: leftOut };
}

/** Why a request in a state cannot be sealed anew. */
function notAuthorized(requestId: Hex32, state: Exclude<RequestState, "Authorized">): MedexError {
  const request = `request ${requestId}`;
  switch (state) {
    case "None":
      return new MedexError("REQUEST_UNKNOWN", `${request} is not known on the owner's chain; check the id`);
    case "Pending":
      return new MedexError("REQUEST_PENDING", `${request} is not approved; approve it, to the relayers of now`);
    case "Granted":
      return new MedexError("REQUEST_ALREADY_GRANTED", `${request} is granted: nothing needs to be sealed any more`);
    case "Expired":
      return new MedexError("REQUEST_EXPIRED", `${request} has expired; the doctor must ask again`);
    default:
      return new MedexError("REQUEST_DENIED", `${request} is ${state.toLowerCase()}; the doctor may ask again`);
  }
}
