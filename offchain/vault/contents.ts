import { PROFILE_NAMES, SECRET_KEY_LENGTH } from "@medexchain/bfv";
import { anyBytes, bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import {
  G1_LENGTH,
  G2_LENGTH,
  PRF_KEY_LENGTH,
  SCALAR_LENGTH,
  SEALING_KEY_LENGTH,
  X_WING_PUBLIC_KEY_LENGTH,
  X_WING_SEED_LENGTH,
} from "@medexchain/pre";
import { z } from "zod";

/** Whose secrets a vault holds: one vault, one role. */
export const VAULT_ROLES = ["owner", "doctor", "hospital", "firewall"] as const;
export type VaultRole = (typeof VAULT_ROLES)[number];

const version = { v: z.literal(1), type: z.literal("medexchain/vault") };
/** A secp256k1 private key. */
const accountKey = bytesOf(32);
const name = z.string().min(1).max(256);
/** Where the person is a member: the pseudonyms whose hashes are the hospital's and the member's ids. */
const membership = z.strictObject({ hospital: name, pseudonym: name });

const schema = z.discriminatedUnion("role", [
  z.strictObject({
    ...version,
    role: z.literal("owner"),
    accountKey,
    /** From which the keys of the owner's channels derive. */
    secret: bytesOf(32),
    membership: membership.exactOptional(),
  }),
  z.strictObject({
    ...version,
    role: z.literal("doctor"),
    accountKey,
    membership: membership.exactOptional(),
    /** From the day on which the hospital issued the partial key. */
    keys: z
      .strictObject({
        pre: z.strictObject({ privateKey: bytesOf(G1_LENGTH), V: bytesOf(G2_LENGTH), U: bytesOf(G1_LENGTH) }),
        bfv: z.strictObject({
          profile: z.enum(PROFILE_NAMES),
          publicKey: anyBytes(),
          secretKey: bytesOf(SECRET_KEY_LENGTH),
        }),
        /** What the X-Wing key pair grows from; absent from keys that were made before there was one. */
        kem: z.strictObject({ seed: bytesOf(X_WING_SEED_LENGTH) }).exactOptional(),
      })
      .exactOptional(),
  }),
  z.strictObject({
    ...version,
    role: z.literal("hospital"),
    /** The operator's. */
    accountKey,
    pseudonym: name,
    scheme: z.enum(["ibe", "clc"]),
    masterKeys: z.strictObject({ secretKey: bytesOf(SCALAR_LENGTH), publicKey: bytesOf(G2_LENGTH) }),
    /** What the X-Wing key pair grows from to which the firewall seals its calls; absent from vaults of before the two were two. */
    serviceSeed: bytesOf(X_WING_SEED_LENGTH).exactOptional(),
    /** The firewall that the hospital takes calls from, once they are paired. Public. */
    firewall: z
      .strictObject({
        /** The address of the account that signs its calls. */
        caller: bytesOf(20),
        /** `PK_A'` or `PK_B'`. */
        publicKey: bytesOf(G2_LENGTH),
        /** To which members seal their calls. */
        gatewayKey: bytesOf(X_WING_PUBLIC_KEY_LENGTH),
      })
      .exactOptional(),
  }),
  z.strictObject({
    ...version,
    role: z.literal("firewall"),
    /** The pseudonym of the hospital before which it stands. */
    hospital: name,
    blinding: bytesOf(SCALAR_LENGTH),
    prfKey: bytesOf(PRF_KEY_LENGTH),
    /** The hospital's, before this firewall. */
    masterPublicKey: bytesOf(G2_LENGTH),
    /** What the X-Wing key pair grows from to which members seal their calls. */
    gatewaySeed: bytesOf(X_WING_SEED_LENGTH).exactOptional(),
    /** In vaults of before there was X-Wing, in its place: the private half is as good a seed. */
    gatewayKeys: z
      .strictObject({ publicKey: bytesOf(SEALING_KEY_LENGTH), privateKey: bytesOf(SEALING_KEY_LENGTH) })
      .exactOptional(),
    /** The secp256k1 private key that signs calls to the hospital; absent from vaults of before the two were two, as is the next. */
    callerKey: bytesOf(32).exactOptional(),
    /** The X-Wing key of the hospital's own service, to which those calls are sealed. Public. */
    hospitalKey: bytesOf(X_WING_PUBLIC_KEY_LENGTH).exactOptional(),
  }),
]);

/**
 * What the key pair of a hospital's gateway grows from, 32 bytes.
 *
 * @throws VAULT_DAMAGED when the vault has nothing of the kind
 */
export function gatewaySeedOf({ gatewaySeed, gatewayKeys }: ContentsOf<"firewall">): Uint8Array {
  const seed = gatewaySeed ?? gatewayKeys?.privateKey;
  if (seed === undefined) {
    throw new MedexError(
      "VAULT_DAMAGED",
      "the vault of the firewall has no key of its gateway: restore it from a backup",
    );
  }
  return seed;
}

type Stored = z.infer<typeof schema>;
/** What one vault holds, secrets and all. Never print, never log. */
export type VaultContents = Stored extends infer S ? (S extends Stored ? Omit<S, "v" | "type"> : never) : never;
export type ContentsOf<R extends VaultRole> = Extract<VaultContents, { role: R }>;

/** @returns DAG-CBOR bytes, secret */
export function encodeContents(contents: VaultContents): Uint8Array {
  return encodeObject({ v: 1, type: "medexchain/vault", ...contents });
}

/** @throws VAULT_DAMAGED when the bytes are no vault's contents */
export function parseContents(bytes: Uint8Array): VaultContents {
  const { v: _, type: __, ...contents } = decodeObject(bytes, schema, "the vault's content", "VAULT_DAMAGED");
  return contents as VaultContents; // the rest of a union is the union of the rests
}
