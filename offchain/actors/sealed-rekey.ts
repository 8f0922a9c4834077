import { fromHex32, type Hex32 } from "@medexchain/chain";
import { encodeObject } from "@medexchain/core";
import { reKeyGen } from "@medexchain/pre";
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

export interface RekeyInput {
  readonly recordId: Hex32;
  readonly requestId: Hex32;
  readonly privateKey: Parameters<typeof reKeyGen>[0];
  readonly requester: CertifiedRequester;
  /** Of the relayers. */
  readonly sealingKey: Uint8Array;
}

/** ReKeyGen on the device, with the firewall's `X`, then CRF-ReKeyGen and sealing in the firewall. */
export async function makeSealedRekey(
  owner: Owner,
  { recordId, requestId, privateKey, requester, sealingKey }: RekeyInput,
): Promise<Uint8Array> {
  const { firewall } = owner;
  const ids = { recordId: fromHex32(recordId), requestId: fromHex32(requestId) };
  const x = await firewall.dealX(ids.recordId, ids.requestId);
  const proposal = reKeyGen(privateKey, x, requester);
  x.fill(0);
  return firewall.signOff({ ...ids, owner: owner.scopeOf(recordId), requester, proposal, sealingKey });
}
