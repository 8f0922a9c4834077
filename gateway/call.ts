/** A call inside its seal: who calls, what, when, and the member's EIP-712 signature over all of it. */

import { type Deployment, fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { type Signer, type TypedDataDomain, verifyTypedData } from "ethers";
import { z } from "zod";
import { METHOD_NAMES, type Method } from "./methods.ts";

export interface Call {
  readonly hospital: Hex32;
  readonly member: Hex32;
  readonly method: Method;
  /** The method's input, DAG-CBOR. */
  readonly payload: Uint8Array;
  /** Unix milliseconds, by the caller's clock. */
  readonly issuedAt: number;
  /** 32 random bytes: no call is taken twice. */
  readonly nonce: Uint8Array;
}

const TYPES = {
  GatewayCall: [
    { type: "bytes32", name: "hospital" },
    { type: "bytes32", name: "member" },
    { type: "string", name: "method" },
    { type: "bytes32", name: "payloadDigest" },
    { type: "uint64", name: "issuedAt" },
    { type: "bytes32", name: "nonce" },
  ],
};

const schema = z.strictObject({
  v: z.literal(1),
  hospital: bytesOf(32),
  member: bytesOf(32),
  method: z.enum(METHOD_NAMES),
  payload: z.instanceof(Uint8Array),
  issuedAt: z.int().nonnegative(),
  nonce: bytesOf(32),
  signature: bytesOf(65),
});

/** Signs a call with the member's account, and encodes both. The registry of the hospital's home chain says whose account it is. */
export async function encodeSignedCall(
  account: Signer,
  deployment: Deployment,
  call: Omit<Call, "issuedAt" | "nonce">,
): Promise<Uint8Array> {
  const timed: Call = { ...call, issuedAt: Date.now(), nonce: randomBytes(32) };
  const signature = await account.signTypedData(domainOf(deployment), TYPES, messageOf(timed));
  return encodeObject({
    v: 1,
    ...timed,
    hospital: fromHex32(call.hospital),
    member: fromHex32(call.member),
    signature: hexToBytes(signature.slice(2)),
  });
}

export interface DecodedCall {
  readonly call: Call;
  readonly signature: Uint8Array;
}

/** Decodes a call. Nothing in it is true yet. Throws GATEWAY_CALL_INVALID. */
export function decodeCall(bytes: Uint8Array): DecodedCall {
  const decoded = decodeObject(bytes, schema, "the call", "GATEWAY_CALL_INVALID");
  const { v: _, signature, ...rest } = decoded;
  return { call: { ...rest, hospital: toHex32(rest.hospital), member: toHex32(rest.member) }, signature };
}

/**
 * Finds who signed a call. Whether that account may speak for the member is for the caller to ask the registry.
 *
 * @throws GATEWAY_CALL_INVALID
 */
export function signerOf({ call, signature }: DecodedCall, deployment: Deployment): string {
  try {
    return verifyTypedData(domainOf(deployment), TYPES, messageOf(call), `0x${bytesToHex(signature)}`);
  } catch (cause) {
    throw new MedexError("GATEWAY_CALL_INVALID", "the call's signature is malformed; sign it again", { cause });
  }
}

const domainOf = ({ chainId, hospitals }: Deployment): TypedDataDomain => ({
  name: "MedExChain Gateway",
  version: "1",
  chainId,
  verifyingContract: hospitals,
});

const messageOf = ({ payload, ...call }: Call) => ({ ...call, payloadDigest: sha256(payload) });
