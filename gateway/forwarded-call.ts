/** A member's call as its firewall hands it to the hospital: the call that the member signed, and the firewall's EIP-712 signature over it. */
import { type Deployment, fromHex32, type Hex32 } from "@medexchain/chain";
import { anyBytes, bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { type Signer, type TypedDataDomain, verifyTypedData } from "ethers";
import { z } from "zod";

const TYPES = {
  ForwardedCall: [
    { type: "bytes32", name: "hospital" },
    { type: "bytes32", name: "callDigest" },
  ],
};

const schema = z.strictObject({ v: z.literal(1), hospital: bytesOf(32), call: anyBytes(), signature: bytesOf(65) });

/** Signs what a firewall hands on. It is as fresh as the member's call in it, which no hospital takes twice. */
export async function encodeForwardedCall(
  caller: Signer,
  deployment: Deployment,
  hospital: Hex32,
  call: Uint8Array,
): Promise<Uint8Array> {
  const signature = await caller.signTypedData(domainOf(deployment), TYPES, { hospital, callDigest: sha256(call) });
  return encodeObject({ v: 1, hospital: fromHex32(hospital), call, signature: hexToBytes(signature.slice(2)) });
}

/**
 * Opens what a firewall hands on.
 *
 * @param from the address of the firewall's account
 * @returns the member's call, of which nothing is known yet
 * @throws GATEWAY_CALL_INVALID; GATEWAY_CALL_REFUSED when another signed it, or it is for another hospital
 */
export function decodeForwardedCall(
  bytes: Uint8Array,
  deployment: Deployment,
  hospital: Hex32,
  from: string,
): Uint8Array {
  const decoded = decodeObject(bytes, schema, "what the firewall hands on", "GATEWAY_CALL_INVALID");
  const message = { hospital: decoded.hospital, callDigest: sha256(decoded.call) };
  let signer: string;
  try {
    signer = verifyTypedData(domainOf(deployment), TYPES, message, `0x${bytesToHex(decoded.signature)}`);
  } catch (cause) {
    throw new MedexError("GATEWAY_CALL_INVALID", "the firewall's signature is malformed; sign it again", { cause });
  }
  if (signer !== from || `0x${bytesToHex(decoded.hospital)}` !== hospital) {
    throw new MedexError(
      "GATEWAY_CALL_REFUSED",
      "the call does not come from this hospital's firewall: only the one that it is paired with may call it",
    );
  }
  return decoded.call;
}

const domainOf = ({ chainId, hospitals }: Deployment): TypedDataDomain => ({
  name: "MedExChain Hospital",
  version: "1",
  chainId,
  verifyingContract: hospitals,
});
