import { type AnchoredRecord, findRecord, fromHex32, type Hex32 } from "@medexchain/chain";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { checkOwnerKey, type G1Bytes, openCapsuleAsOwner } from "@medexchain/pre";
import type { Owner } from "./owner.ts";
import { parseRecordSecrets, type RecordSecrets } from "./record-secrets.ts";

/** What an owner begins an approval with. */
export interface OwnCapsule {
  readonly record: AnchoredRecord;
  /** `sk_DO'` of the record's scope; wipe it after use. */
  readonly privateKey: G1Bytes;
  /** As published. */
  readonly capsule: Uint8Array;
}

/**
 * Fetches the capsule of an owner's own record, and the key of its scope, checked against the hospital's.
 *
 * @throws RECORD_UNKNOWN, PRE_PRIVATE_KEY_INVALID, CONTENT_NOT_FOUND, SERVICE_UNREACHABLE; what asking the hospital for the key throws
 */
export async function fetchOwnCapsule(owner: Owner, recordId: Hex32): Promise<OwnCapsule> {
  const scope = owner.scopeOf(recordId);
  const record = await findRecord(owner.chain, recordId);
  const privateKey = await owner.requestKey(scope);
  checkOwnerKey(privateKey, scope, owner.firewall.publicKey);
  const capsule = await owner.store.get(fromHex32(record.capsule), { maxBytes: CONTENT_LIMITS.capsule });
  return { record, privateKey, capsule };
}

/** What an owner's own capsule holds. */
export interface OpenedCapsule extends OwnCapsule {
  /** Wipe it after use. */
  readonly m: ReturnType<typeof openCapsuleAsOwner>["m"];
  readonly secrets: RecordSecrets;
}

/**
 * Opens the capsule of an owner's own record.
 *
 * @throws as `fetchOwnCapsule`; CAPSULE_INVALID
 */
export async function openOwnCapsule(owner: Owner, recordId: Hex32): Promise<OpenedCapsule> {
  const own = await fetchOwnCapsule(owner, recordId);
  const q = owner.recordSecretOf(recordId);
  const subject = { recordId: fromHex32(recordId), owner: owner.scopeOf(recordId), q };
  const { payload, m } = openCapsuleAsOwner(own.capsule, subject, own.privateKey);
  q.fill(0);
  return { ...own, m, secrets: parseRecordSecrets(payload) };
}
