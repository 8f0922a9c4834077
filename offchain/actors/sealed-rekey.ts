import { fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import { anyBytes, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { checkSignedOff, type FirewalledCiphertext, type GtBytes, reKeyGen } from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { z } from "zod";
import type { ApprovalProgress } from "./approval-progress.ts";
import type { Owner } from "./owner.ts";
import type { RelayersOfNow } from "./relayer-group.ts";
import type { CertifiedRequester } from "./requester.ts";

/** Names what an approval depends on, besides the record: whom it is for, under which keys, and what is sent. */
export function bindingOf(
  { identity, publicKey, hospitalKey, bfv }: CertifiedRequester,
  features: ReadonlySet<string> | undefined,
): Uint8Array {
  const names = features === undefined ? null : [...features].sort();
  return sha256(encodeObject({ identity, publicKey: { ...publicKey }, hospitalKey, bfv: { ...bfv }, names }));
}

/** A request, the record that it is for, and the relayers to whom is dealt. */
export interface RequestIds {
  readonly recordId: Hex32;
  readonly requestId: Hex32;
  readonly relayers: RelayersOfNow;
}

export interface RekeyInput extends RequestIds {
  readonly privateKey: Parameters<typeof reKeyGen>[0];
  readonly requester: CertifiedRequester;
  /** `(c1', c2', c3')` of the record's capsule. */
  readonly ciphertext: FirewalledCiphertext;
}

/** The name of what is kept of a sealed key: for other relayers another is made. */
const partOf = ({ relayers }: RequestIds) => `sealed-rekey-${relayers.epoch}` as const;

const keptSchema = z.strictObject({ sealedReKey: anyBytes(), shares: anyBytes() });

/**
 * That the firewall can seal this request's re-encryption key, which it does once for the relayers of an epoch. Nothing is asked where it is kept
 * from before.
 *
 * @throws APPROVAL_ELSEWHERE as `publishSealedRekey`; what calling the firewall throws
 */
export async function expectSealable(owner: Owner, progress: ApprovalProgress, ids: RequestIds): Promise<void> {
  if (await progress.has(partOf(ids))) return;
  (await dealX(owner, ids)).fill(0); // asked again, the firewall deals the same X
}

/**
 * ReKeyGen on the device, with the firewall's `X`, then CRF-ReKeyGen, dealing and sealing in the firewall. What it dealt is checked, kept, and put on
 * IPFS: the sealed shares first, which the sealed key names.
 *
 * @returns digest and length of the sealed key
 * @throws APPROVAL_ELSEWHERE when the firewall has sealed a key for this request and these relayers before: what it sealed then is on another
 *   device, or was made for another choice of features; PRE_DEALING_INVALID when it dealt wrongly; RELAYERS_CHANGED, RELAYERS_UNREADY
 */
export async function publishSealedRekey(
  owner: Owner,
  progress: ApprovalProgress,
  input: RekeyInput,
): Promise<{ readonly sealedRekey: Hex32; readonly length: number }> {
  const kept = await progress.once(partOf(input), () => makeSealedRekey(owner, input));
  const { sealedReKey, shares } = decodeObject(kept, keptSchema, "what was kept of the approval", "INPUT_INVALID");
  await owner.store.put(shares);
  const { digest } = await owner.store.put(sealedReKey);
  return { sealedRekey: toHex32(digest), length: sealedReKey.length };
}

async function makeSealedRekey(owner: Owner, input: RekeyInput): Promise<Uint8Array> {
  const { privateKey, requester, ciphertext } = input;
  const { epoch, threshold, indices } = input.relayers;
  const [recordId, requestId] = [fromHex32(input.recordId), fromHex32(input.requestId)];
  const scope = owner.scopeOf(input.recordId);
  const x = await dealX(owner, input);
  try {
    const proposal = reKeyGen(privateKey, x, requester);
    const signedOff = await owner.firewall.signOff({ recordId, requestId, epoch, owner: scope, requester, proposal });
    const hospitalKey = owner.firewall.publicKey;
    checkSignedOff(signedOff, { requestId, epoch, x, owner: scope, hospitalKey, ciphertext, threshold, indices });
    const { sealedReKey, shares } = signedOff;
    return encodeObject({ sealedReKey, shares });
  } finally {
    x.fill(0);
  }
}

async function dealX({ firewall }: Owner, { recordId, requestId, relayers }: RequestIds): Promise<GtBytes> {
  try {
    return await firewall.dealX(fromHex32(recordId), fromHex32(requestId), relayers.epoch);
  } catch (cause) {
    // The one reason for which the firewall deals no X: this request's key is sealed to these relayers.
    if (!MedexError.is(cause, "PRE_REKEY_REFUSED")) throw cause;
    throw new MedexError(
      "APPROVAL_ELSEWHERE",
      `the approval of request ${requestId} was begun on another device, or with other features: finish it there with the same command, or deny the request and let the doctor ask again`,
      { cause },
    );
  }
}
