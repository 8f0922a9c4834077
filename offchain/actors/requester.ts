import { ask, type Chain, fromHex32, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { checkUserPublicKey, type Requester } from "@medexchain/pre";
import { parseHospitalParameters } from "./hospital-parameters.ts";
import { parseMemberKeys } from "./member-keys.ts";
import type { RequestKey } from "./request-key.ts";

/** A requester as Hospital B's certificate, imported on the owner's chain, has it. */
export interface CertifiedRequester extends Requester {
  readonly bfv: RequestKey;
  /** X-Wing, 1,216 bytes; undefined where the certificate is from before there were such keys. */
  readonly kem: Uint8Array | undefined;
}

/**
 * The keys to which an owner grants access: from the registry on the owner's own chain, which checked Hospital B's signature over
 * their digest, and from IPFS by that digest.
 *
 * @throws CERTIFICATE_INVALID when the member is unknown or inactive, or its hospital issues no certificateless keys;
 *   PRE_PUBLIC_KEY_INVALID when the key was not made from the hospital's; CONTENT_INVALID, CONTENT_NOT_FOUND, SERVICE_UNREACHABLE;
 *   the signal's reason
 */
export async function fetchRequester(
  chain: Chain,
  store: ContentStore,
  memberId: Hex32,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<CertifiedRequester> {
  const { account, hospitalId } = await ask(chain, () => chain.hospitals.activeMember(memberId));
  if (BigInt(account) === 0n) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `requester ${memberId} is not an active member of a hospital known on chain ${chain.deployment.chainId}`,
    );
  }
  const [member, hospital] = await Promise.all([
    ask(chain, () => chain.hospitals.member(memberId)),
    ask(chain, () => chain.hospitals.hospital(hospitalId)),
  ]);
  const read = (digest: string, kind: keyof typeof CONTENT_LIMITS) =>
    store.get(fromHex32(digest), { maxBytes: CONTENT_LIMITS[kind], ...(signal && { signal }) });
  const [keys, parameters] = await Promise.all([
    read(member.keyDigest, "memberKeys").then(parseMemberKeys),
    read(hospital.parametersDigest, "hospitalParameters").then(parseHospitalParameters),
  ]);
  if (parameters.scheme !== "clc") {
    throw new MedexError("CERTIFICATE_INVALID", `hospital ${hospitalId} issues no certificateless keys to requesters`);
  }
  checkUserPublicKey(keys.pre, parameters.publicKey);
  return {
    identity: fromHex32(memberId),
    publicKey: keys.pre,
    hospitalKey: parameters.publicKey,
    bfv: keys.bfv,
    kem: keys.kem,
  };
}
