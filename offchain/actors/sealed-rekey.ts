import { fromHex32, type Hex32 } from "@medexchain/chain";
import { encodeObject, MedexError } from "@medexchain/core";
import { type GtBytes, reKeyGen } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Owner } from "./owner.ts";
import type { CertifiedRequester } from "./requester.ts";

/** Names what an approval depends on, besides the record: whom it is for, under which keys, and what is sent. */
export function bindingOf(
  { identity, publicKey, hospitalKey, bfv }: CertifiedRequester,
  sealingKey: Uint8Array,
  features: ReadonlySet<string> | undefined,
): Uint8Array {
  const names = features === undefined ? null : [...features].sort();
  return sha256(
    encodeObject({ identity, publicKey: { ...publicKey }, hospitalKey, bfv: { ...bfv }, sealingKey, names }),
  );
}

/** A request and the record that it is for. */
interface RequestIds {
  readonly recordId: Hex32;
  readonly requestId: Hex32;
}

export interface RekeyInput extends RequestIds {
  readonly privateKey: Parameters<typeof reKeyGen>[0];
  readonly requester: CertifiedRequester;
  /** Of the relayers. */
  readonly sealingKey: Uint8Array;
}

/**
 * That the firewall has not sealed this request's re-encryption key yet, which it does once.
 *
 * @throws APPROVAL_ELSEWHERE as `makeSealedRekey`; what calling the firewall throws
 */
export async function expectUnsealed(owner: Owner, ids: RequestIds): Promise<void> {
  (await dealX(owner, ids)).fill(0); // asked again, the firewall deals the same X
}

/**
 * ReKeyGen on the device, with the firewall's `X`, then CRF-ReKeyGen and sealing in the firewall.
 *
 * @throws APPROVAL_ELSEWHERE when the firewall has sealed a key for this request before: what it sealed then is on another device, or was
 *   made for another choice of features
 */
export async function makeSealedRekey(
  owner: Owner,
  { recordId, requestId, privateKey, requester }: RekeyInput,
): Promise<Uint8Array> {
  const x = await dealX(owner, { recordId, requestId });
  const proposal = reKeyGen(privateKey, x, requester);
  x.fill(0);
  return owner.firewall.signOff({
    recordId: fromHex32(recordId),
    requestId: fromHex32(requestId),
    owner: owner.scopeOf(recordId),
    requester,
    proposal,
  });
}

async function dealX({ firewall }: Owner, { recordId, requestId }: RequestIds): Promise<GtBytes> {
  try {
    return await firewall.dealX(fromHex32(recordId), fromHex32(requestId));
  } catch (cause) {
    // The one reason for which the firewall deals no X: this request's key is sealed.
    if (!MedexError.is(cause, "PRE_REKEY_REFUSED")) throw cause;
    throw new MedexError(
      "APPROVAL_ELSEWHERE",
      `the approval of request ${requestId} was begun on another device, or with other features: finish it there with the same command, or deny the request and let the doctor ask again`,
      { cause },
    );
  }
}
