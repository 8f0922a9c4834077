import { bytesOf, decodeObject, encodeObject } from "@medexchain/core";
import { checkG2, type G2Bytes, SEALING_KEY_LENGTH } from "@medexchain/pre";
import { z } from "zod";

/** Which keys a hospital's users have: identity-based (`ibe`, owners of records) or certificateless (`clc`, doctors). */
export type KeyScheme = "ibe" | "clc";

/** What a hospital publishes; its digest is in both chains' `HospitalRegistry`. */
export interface HospitalParameters {
  readonly scheme: KeyScheme;
  /** `PK_A'` or `PK_B'`, 96 bytes: the master public key behind the firewall. */
  readonly publicKey: G2Bytes;
  /** The X25519 key to which members seal their calls, 32 bytes; absent where the hospital has no gateway. */
  readonly gatewayKey?: Uint8Array;
}

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal("medexchain/hospital-parameters"),
  scheme: z.enum(["ibe", "clc"]),
  publicKey: z.instanceof(Uint8Array),
  gatewayKey: bytesOf(SEALING_KEY_LENGTH).exactOptional(),
});

/** @returns DAG-CBOR bytes */
export function encodeHospitalParameters(parameters: HospitalParameters): Uint8Array {
  return encodeObject({ v: 1, type: "medexchain/hospital-parameters", ...parameters });
}

/** @throws CERTIFICATE_INVALID when the bytes are no parameters; PRE_ELEMENT_INVALID when the key is no group element */
export function parseHospitalParameters(bytes: Uint8Array): HospitalParameters {
  const {
    v: _,
    type: __,
    ...parameters
  } = decodeObject(bytes, schema, "the hospital's parameters", "CERTIFICATE_INVALID");
  return { ...parameters, publicKey: checkG2(parameters.publicKey, "the hospital's public key") };
}
