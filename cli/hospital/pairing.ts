/**
 * The two public files by which a hospital and its firewall, on two machines, come to know each other. The hospital's says which key to blind,
 * and to which key its calls are sealed. The firewall's answers that very file, with a proof that it blinded that key, and says who calls.
 */
import { addressSchema } from "@medexchain/chain";
import { encodeObject, MedexError } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import {
  BLINDING_PROOF_LENGTH,
  checkG2,
  checkScalar,
  G2_LENGTH,
  proveBlinding,
  verifyBlinding,
  X_WING_PUBLIC_KEY_LENGTH,
  xWingPublicKey,
} from "@medexchain/pre";
import type { ContentsOf } from "@medexchain/vault";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { walletOf } from "../session/session.ts";
import { type FirewallKeys, keysOfFirewall } from "./vaults.ts";

const hexOf = (length: number) => z.templateLiteral(["0x", z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`))]);

const offerSchema = z.strictObject({
  type: z.literal("medexchain/hospital-offer"),
  name: z.string().min(1),
  hospitalId: hexOf(32),
  scheme: z.enum(["ibe", "clc"]),
  homeChainId: z.int().positive(),
  /** `PK_A` or `PK_B`, for the firewall to blind. */
  masterPublicKey: hexOf(G2_LENGTH),
  /** To which the firewall seals its calls. */
  serviceKey: hexOf(X_WING_PUBLIC_KEY_LENGTH),
});
export type HospitalOffer = z.infer<typeof offerSchema>;

const answerSchema = z.strictObject({
  type: z.literal("medexchain/firewall-answer"),
  name: z.string().min(1),
  /** Of the hospital's offer. */
  offerDigest: hexOf(32),
  /** The account that signs the firewall's calls. */
  caller: addressSchema,
  /** `PK_A'` or `PK_B'`. */
  publicKey: hexOf(G2_LENGTH),
  /** To which members seal their calls. */
  gatewayKey: hexOf(X_WING_PUBLIC_KEY_LENGTH),
  /** That the firewall knows the factor between the two public keys. */
  proof: hexOf(BLINDING_PROOF_LENGTH),
});
export type FirewallAnswer = z.infer<typeof answerSchema>;

const hex = (bytes: Uint8Array): `0x${string}` => `0x${bytesToHex(bytes)}`;
const bytes = (text: string): Uint8Array => hexToBytes(text.slice(2));

export const readOffer = (path: string): Promise<HospitalOffer> => readJsoncFile("hospital's offer", path, offerSchema);
export const readAnswer = (path: string): Promise<FirewallAnswer> =>
  readJsoncFile("firewall's answer", path, answerSchema);

/** What a hospital says of itself to its firewall; always the same of the same vault. */
export async function offerOf(
  contents: ContentsOf<"hospital">,
  about: Pick<HospitalOffer, "hospitalId" | "homeChainId">,
): Promise<HospitalOffer> {
  const { pseudonym, scheme, masterKeys, serviceSeed } = contents;
  if (serviceSeed === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      `the vault of ${pseudonym} is of before hospital and firewall were two: run medex firewall split where both vaults are, or medex hospital init again`,
    );
  }
  return {
    type: "medexchain/hospital-offer",
    name: pseudonym,
    hospitalId: about.hospitalId,
    scheme,
    homeChainId: about.homeChainId,
    masterPublicKey: hex(masterKeys.publicKey),
    serviceKey: hex(await xWingPublicKey(serviceSeed)),
  };
}

/** What a firewall answers, by its vault. */
export async function answerOf(offer: HospitalOffer, guarded: PairedFirewall): Promise<FirewallAnswer> {
  const { publicKey, gatewayKey } = await keysOfFirewall(guarded);
  const said = {
    type: "medexchain/firewall-answer",
    name: offer.name,
    offerDigest: hex(digestOf(offer)),
    caller: walletOf({ accountKey: guarded.callerKey }).address,
    gatewayKey: hex(gatewayKey),
  } as const;
  const blinding = checkScalar(guarded.blinding, "the blinding");
  const base = checkG2(guarded.masterPublicKey, "the master public key");
  return { ...said, publicKey: hex(publicKey), proof: hex(proveBlinding(blinding, base, digestOf(said))) };
}

/** A firewall's vault with all that it calls its hospital with. */
export type PairedFirewall = ContentsOf<"firewall"> & {
  readonly callerKey: Uint8Array;
  readonly hospitalKey: Uint8Array;
};

/** Throws INPUT_INVALID of a vault of before hospital and firewall were two. */
export function requirePaired(guarded: ContentsOf<"firewall">): PairedFirewall {
  const { callerKey, hospitalKey } = guarded;
  if (callerKey === undefined || hospitalKey === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      `the vault of ${guarded.hospital}'s firewall is of before hospital and firewall were two: run medex firewall split where both vaults are, or medex firewall init with the hospital's offer`,
    );
  }
  return { ...guarded, callerKey, hospitalKey };
}

/**
 * Checks a firewall's answer, as its hospital does.
 *
 * @returns what of it the hospital keeps
 * @throws INPUT_INVALID when it answers another offer, or proves no blinding of the hospital's key
 */
export function checkAnswer(
  offer: HospitalOffer,
  answer: FirewallAnswer,
): FirewallKeys & { readonly caller: Uint8Array } {
  if (!equalBytes(bytes(answer.offerDigest), digestOf(offer))) {
    throw new MedexError(
      "INPUT_INVALID",
      `the firewall answers another offer than that of ${offer.name}, or one that was altered on its way: give its keeper the hospital's file again`,
    );
  }
  const publicKey = checkG2(bytes(answer.publicKey), "the firewall's public key");
  const base = checkG2(bytes(offer.masterPublicKey), "the master public key");
  const { publicKey: _, proof, ...said } = answer;
  if (!verifyBlinding(base, publicKey, digestOf(said), bytes(proof))) {
    throw new MedexError(
      "INPUT_INVALID",
      "the firewall does not prove that its public key is the hospital's, blinded: such a firewall could issue keys alone; do not pair with it",
    );
  }
  return { publicKey, gatewayKey: bytes(answer.gatewayKey), caller: bytes(answer.caller.toLowerCase()) };
}

/** What both keepers compare, by another way than that of the file: 128 bits of the digest of all that the answer says. */
export function fingerprintOf(answer: FirewallAnswer): string {
  const digits = bytesToHex(digestOf(answer)).slice(0, 32);
  return (digits.match(/.{4}/g) ?? []).join(" ");
}

/** SHA-256 of the canonical CBOR. */
const digestOf = (value: Record<string, unknown>): Uint8Array => sha256(encodeObject(value));
