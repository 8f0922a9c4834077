/** What a member can ask of its hospital's gateway: for each method, what goes and what comes back. */

import { anyBytes, bytesOf } from "@medexchain/core";
import { G1_LENGTH, G2_LENGTH, GT_LENGTH, ID_LENGTH } from "@medexchain/pre";
import { z } from "zod";

const id = bytesOf(ID_LENGTH);

export const METHODS = {
  /** `sk_DO'` of one of the caller's scopes: KeyGen_DO, then the firewall's blinding. */
  "owner-key": {
    input: z.strictObject({ scope: id }),
    output: z.strictObject({ key: bytesOf(G1_LENGTH) }),
  },
  /** `D'` for the caller: KeyGen_DU's first step, then the firewall's blinding. */
  "partial-key": {
    input: z.strictObject({}),
    output: z.strictObject({ key: bytesOf(G1_LENGTH) }),
  },
  /**
   * Certifies the caller's published keys and enrols the certificate on the hospital's chain. The certificate names the caller's
   * pseudonym by its SHA-256, of which the hospital's chain holds the member id only.
   */
  certify: {
    input: z.strictObject({ keyDigest: id, pseudonym: id }),
    output: z.strictObject({ transactionHash: id }),
  },
  /** CRF-Enc, once per record id. The id is the hash of the caller's member id and the salt, so it is nobody else's. */
  "re-randomise": {
    input: z.strictObject({ salt: id, c1: bytesOf(G2_LENGTH), c2: bytesOf(GT_LENGTH) }),
    output: z.strictObject({ c1: bytesOf(G2_LENGTH), c2: bytesOf(GT_LENGTH), c3: bytesOf(G1_LENGTH) }),
  },
  /** `X` for a pending request for one of the caller's records. */
  "deal-x": {
    input: z.strictObject({ recordId: id, requestId: id }),
    output: z.strictObject({ x: bytesOf(GT_LENGTH) }),
  },
  /** CRF-ReKeyGen and sealing, once per request. The gateway itself looks up for whom and to whom. */
  "sign-off": {
    input: z.strictObject({
      recordId: id,
      requestId: id,
      rk1: bytesOf(G1_LENGTH),
      rk2: bytesOf(G2_LENGTH),
      rk3: bytesOf(GT_LENGTH),
      witness: bytesOf(G1_LENGTH),
    }),
    output: z.strictObject({ sealed: anyBytes() }),
  },
} as const;

export type Method = keyof typeof METHODS;
export type MethodInput<M extends Method> = z.infer<(typeof METHODS)[M]["input"]>;
export type MethodOutput<M extends Method> = z.infer<(typeof METHODS)[M]["output"]>;
export const METHOD_NAMES = Object.keys(METHODS) as Method[]; // the keys of a constant
