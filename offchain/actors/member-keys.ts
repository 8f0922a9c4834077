import { PROFILE_NAMES, type ProfileName } from "@medexchain/bfv";
import { bytesOf, decodeObject, encodeObject } from "@medexchain/core";
import { checkG1, checkG2, type UserPublicKey, X_WING_PUBLIC_KEY_LENGTH } from "@medexchain/pre";
import { z } from "zod";

/** What a doctor publishes; the hospital signs its digest in the member certificate. */
export interface MemberKeys {
  /** `V` and `U` of `pk_DU`; its identity part is the member id. */
  readonly pre: UserPublicKey;
  /** For the private features that are sent to this doctor; where it has a key for X-Wing, each record has a key of its own in place of this. */
  readonly bfv: { readonly profile: ProfileName; readonly publicKey: Uint8Array };
  /** For what is sealed to this doctor, an X-Wing public key of 1,216 bytes; absent from keys that were certified before there was one. */
  readonly kem?: Uint8Array;
}

const both = {
  type: z.literal("medexchain/member-keys"),
  pre: z.strictObject({ V: z.instanceof(Uint8Array), U: z.instanceof(Uint8Array) }),
  bfv: z.strictObject({ profile: z.enum(PROFILE_NAMES), publicKey: z.instanceof(Uint8Array) }),
};
const schema = z.discriminatedUnion("v", [
  z.strictObject({ v: z.literal(1), ...both }),
  z.strictObject({ v: z.literal(2), ...both, kem: bytesOf(X_WING_PUBLIC_KEY_LENGTH) }),
]);

/** @returns DAG-CBOR bytes */
export function encodeMemberKeys({ pre, bfv, kem }: MemberKeys): Uint8Array {
  const version = kem === undefined ? { v: 1 } : { v: 2, kem };
  return encodeObject({ ...version, type: "medexchain/member-keys", pre: { ...pre }, bfv: { ...bfv } });
}

/** @throws CERTIFICATE_INVALID when the bytes are no member's keys; PRE_ELEMENT_INVALID when a key is no group element */
export function parseMemberKeys(bytes: Uint8Array): MemberKeys {
  const { pre, bfv, ...keys } = decodeObject(bytes, schema, "the member's keys", "CERTIFICATE_INVALID");
  return { pre: { V: checkG2(pre.V, "V"), U: checkG1(pre.U, "U") }, bfv, ...(keys.v === 2 && { kem: keys.kem }) };
}
