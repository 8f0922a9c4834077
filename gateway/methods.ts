/** What a member can ask of its hospital's gateway: for each method, what goes and what comes back. */

import { anyBytes, bytesOf, decodeObject } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { G1_LENGTH, G2_LENGTH, GT_LENGTH, ID_LENGTH, MAX_INDEX, MAX_SHARES } from "@medexchain/pre";
import { z } from "zod";

const id = bytesOf(ID_LENGTH);
/** Of the relayers. */
const epoch = z.int().nonnegative();
const bytesUpTo = (limit: number) =>
  anyBytes().refine(({ length }) => length <= limit, `must be at most ${limit} bytes`);

export const METHODS = {
  /**
   * Enrols who was invited: the caller is no member yet. The account that signs the call is the one that is enrolled; the hospital's
   * operator signed the invitation, and its key, which only who has the invite has, the acceptance (`invitation.ts`).
   */
  enrol: {
    input: z.strictObject({
      /** SHA-256 of the member's. */
      pseudonym: id,
      account: bytesOf(20),
      /** The address of the invitation's key. */
      key: bytesOf(20),
      /** Of the certificate: one invitation, one serial, so that it is good once. */
      serial: z.int().positive(),
      /** Of the certificate, Unix seconds. */
      notAfter: z.int().positive(),
      /** Of the invitation, Unix seconds. */
      expiry: z.int().positive(),
      /** What the hospital gives the account to pay for transactions with, in gwei. */
      gwei: z.int().nonnegative(),
      /** SHA-256 of what else the invite says. */
      contents: id,
      invitation: bytesOf(65),
      acceptance: bytesOf(65),
    }),
    output: z.strictObject({ transactionHash: id, isFunded: z.boolean() }),
  },
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
  /** `X` for a request for one of the caller's records, and the relayers of now: it is pending, or approved for earlier relayers. */
  "deal-x": {
    input: z.strictObject({ recordId: id, requestId: id, epoch }),
    output: z.strictObject({ x: bytesOf(GT_LENGTH) }),
  },
  /** CRF-ReKeyGen, dealing and sealing, once per request and epoch of the relayers. The gateway itself looks up for whom and to whom. */
  "sign-off": {
    input: z.strictObject({
      recordId: id,
      requestId: id,
      epoch,
      rk1: bytesOf(G1_LENGTH),
      rk2: bytesOf(G2_LENGTH),
      rk3: bytesOf(GT_LENGTH),
      witness: bytesOf(G1_LENGTH),
    }),
    output: z.strictObject({
      sealedReKey: bytesUpTo(CONTENT_LIMITS.sealedReKey),
      shares: bytesUpTo(CONTENT_LIMITS.sealedShares),
      dealt: z
        .array(z.strictObject({ index: z.int().min(1).max(MAX_INDEX), share: bytesOf(G1_LENGTH) }))
        .max(MAX_SHARES),
    }),
  },
} as const;

export type Method = keyof typeof METHODS;
export type MethodInput<M extends Method> = z.infer<(typeof METHODS)[M]["input"]>;
export type MethodOutput<M extends Method> = z.infer<(typeof METHODS)[M]["output"]>;
export const METHOD_NAMES = Object.keys(METHODS) as Method[]; // the keys of a constant

/** A method's input. Throws GATEWAY_CALL_INVALID. */
export function decodeInput<M extends Method>(method: M, payload: Uint8Array): MethodInput<M> {
  // A union of schemas, one per method: TypeScript does not see that M picks one.
  const schema = METHODS[method].input as unknown as z.ZodType<MethodInput<M>>;
  return decodeObject(payload, schema, `the call's ${method} input`, "GATEWAY_CALL_INVALID");
}
