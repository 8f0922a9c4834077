import { PROFILE_NAMES, type ProfileName } from "@medexchain/bfv";
import { decodeObject, encodeObject } from "@medexchain/core";
import { checkG1, checkG2, type UserPublicKey } from "@medexchain/pre";
import { z } from "zod";

/** What a doctor publishes; the hospital signs its digest in the member certificate. */
export interface MemberKeys {
  /** `V` and `U` of `pk_DU`; its identity part is the member id. */
  readonly pre: UserPublicKey;
  /** For the private features that are sent to this doctor. */
  readonly bfv: { readonly profile: ProfileName; readonly publicKey: Uint8Array };
}

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal("medexchain/member-keys"),
  pre: z.strictObject({ V: z.instanceof(Uint8Array), U: z.instanceof(Uint8Array) }),
  bfv: z.strictObject({ profile: z.enum(PROFILE_NAMES), publicKey: z.instanceof(Uint8Array) }),
});

/** @returns DAG-CBOR bytes */
export function encodeMemberKeys(keys: MemberKeys): Uint8Array {
  return encodeObject({ v: 1, type: "medexchain/member-keys", pre: { ...keys.pre }, bfv: { ...keys.bfv } });
}

/** @throws CERTIFICATE_INVALID when the bytes are no member's keys; PRE_ELEMENT_INVALID when a key is no group element */
export function parseMemberKeys(bytes: Uint8Array): MemberKeys {
  const { pre, bfv } = decodeObject(bytes, schema, "the member's keys", "CERTIFICATE_INVALID");
  return { pre: { V: checkG2(pre.V, "V"), U: checkG1(pre.U, "U") }, bfv };
}
