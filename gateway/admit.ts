/** Who may call: what firewall and hospital each ask of a member's call before anything is done for it. */
import { ask, type Chain, type Hex32 } from "@medexchain/chain";
import { type Call, decodeCall, signerOf } from "./call.ts";
import { refused } from "./refused.ts";
import type { ReplayGuard } from "./replay-guard.ts";

/** Whose members are served. */
export interface Audience {
  readonly hospital: { readonly id: Hex32 };
  /** The hospital's home chain, on which its members are enrolled. */
  readonly chain: Chain;
}

/** A call whose signature is good, whoever made it. */
export interface SignedCall {
  readonly call: Call;
  /** The account that signed it. */
  readonly signer: string;
  /** The call as it was signed. */
  readonly bytes: Uint8Array;
}

/**
 * What can be said of a call without asking anybody: that it is for this hospital, now, was not taken before, and who signed it.
 *
 * @param bytes from `encodeSignedCall`
 * @throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED
 */
export function checkCall({ hospital, chain }: Audience, guard: ReplayGuard, bytes: Uint8Array): SignedCall {
  const decoded = decodeCall(bytes);
  if (decoded.call.hospital !== hospital.id) throw refused("is for another hospital; check the gateway's URL");
  guard.check(decoded.call);
  return { call: decoded.call, signer: signerOf(decoded, chain.deployment), bytes };
}

/**
 * Checks with the registry that who signed a call is the member that it names, and an active one of this hospital.
 *
 * @throws GATEWAY_CALL_REFUSED when it is not; SERVICE_UNREACHABLE
 */
export async function requireMember({ hospital, chain }: Audience, { call, signer }: SignedCall): Promise<void> {
  const member = await ask(chain, () => chain.hospitals.activeMember(call.member));
  if (BigInt(member.account) === 0n || member.hospitalId !== hospital.id) {
    throw refused("does not come from an active member of this hospital; ask its operator to enrol the account");
  }
  if (member.account !== signer)
    throw refused("is not signed by the member's account; use the vault that was enrolled");
}
