/**
 * What a firewall asks its hospital for, in the name of a member: the methods that need the hospital's own secret or account. Behind it is
 * another service (`connectHospital`), or, for development, this process (`issueHere`).
 */
import type { MethodInput, MethodOutput } from "./methods.ts";

/** The methods that the firewall cannot carry out alone. The rest of a member's calls never reaches the hospital. */
export const ISSUED_METHODS = ["enrol", "owner-key", "partial-key", "certify"] as const;
export type IssuedMethod = (typeof ISSUED_METHODS)[number];

/** A member's call as its hospital gets it to see. */
export interface IssuedCall<M extends IssuedMethod = IssuedMethod> {
  readonly method: M;
  readonly input: MethodInput<M>;
  /** As the member signed it, so that the hospital need not believe the firewall who asks, and for what. */
  readonly signed: Uint8Array;
  readonly member: `0x${string}`;
}

export interface Issuer {
  /**
   * The hospital's answer: `sk_DO` or `D`, not blinded yet, or the transaction that enrolled a certificate. It is for the firewall to check.
   *
   * @param signal gives up
   * @throws HOSPITAL_UNREACHABLE, GATEWAY_BUSY, GATEWAY_CALL_REFUSED, SERVICE_PROTOCOL, what the hospital threw
   */
  issue<M extends IssuedMethod>(call: IssuedCall<M>, signal: AbortSignal): Promise<MethodOutput<M>>;
  /** Where the hospital is, and whether it answers. */
  health(): Promise<HospitalHealth>;
}

/** `together`: in the firewall's own process, for development. */
export type HospitalHealth = "up" | "down" | "together";
