import { bytesOf, decodeObject, encodeObject } from "@medexchain/core";
import { checkG2, type G2Bytes, SEALING_KEY_LENGTH, X_WING_PUBLIC_KEY_LENGTH } from "@medexchain/pre";
import { z } from "zod";

/** Which keys a hospital's users have: identity-based (`ibe`, owners of records) or certificateless (`clc`, doctors). */
export type KeyScheme = "ibe" | "clc";

/** What a hospital publishes; its digest is in both chains' `HospitalRegistry`. */
export interface HospitalParameters {
  readonly scheme: KeyScheme;
  /** `PK_A'` or `PK_B'`, 96 bytes: the master public key behind the firewall. */
  readonly publicKey: G2Bytes;
  /**
   * The X-Wing key to which members seal their calls, 1,216 bytes; absent where the hospital has no gateway, or has published none since
   * such keys were of X25519 alone.
   */
  readonly gatewayKey?: Uint8Array;
}

const both = {
  type: z.literal("medexchain/hospital-parameters"),
  scheme: z.enum(["ibe", "clc"]),
  publicKey: z.instanceof(Uint8Array),
};
const schema = z.discriminatedUnion("v", [
  z.strictObject({ v: z.literal(1), ...both, gatewayKey: bytesOf(SEALING_KEY_LENGTH).exactOptional() }),
  z.strictObject({ v: z.literal(2), ...both, gatewayKey: bytesOf(X_WING_PUBLIC_KEY_LENGTH).exactOptional() }),
]);

/** @returns DAG-CBOR bytes */
export function encodeHospitalParameters(parameters: HospitalParameters): Uint8Array {
  return encodeObject({ v: 2, type: "medexchain/hospital-parameters", ...parameters });
}

/** @throws CERTIFICATE_INVALID when the bytes are no parameters; PRE_ELEMENT_INVALID when the key is no group element */
export function parseHospitalParameters(bytes: Uint8Array): HospitalParameters {
  const { scheme, publicKey, ...decoded } = decodeObject(
    bytes,
    schema,
    "the hospital's parameters",
    "CERTIFICATE_INVALID",
  );
  const gatewayKey = decoded.v === 2 ? decoded.gatewayKey : undefined;
  return {
    scheme,
    publicKey: checkG2(publicKey, "the hospital's public key"),
    ...(gatewayKey && { gatewayKey }),
  };
}
