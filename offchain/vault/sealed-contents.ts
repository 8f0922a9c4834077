/** A vault's contents under a passphrase, as text: what a file of a vault holds, and where there are no files, whatever stands for one. */
import { MedexError } from "@medexchain/core";
import { bytesToHex } from "@noble/hashes/utils.js";
import { computeAddress } from "ethers";
import { encodeContents, parseContents, type VaultContents } from "./contents.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";

export type { ContentsOf, VaultContents, VaultRole } from "./contents.ts";
export { MIN_PASSPHRASE_LENGTH } from "./envelope.ts";

/** The address of the account whose key is inside; undefined where there is none. */
export function accountOf(contents: VaultContents): string | undefined {
  return "accountKey" in contents ? computeAddress(`0x${bytesToHex(contents.accountKey)}`) : undefined;
}

/** @throws INPUT_INVALID when the passphrase is too short */
export function sealContents(contents: VaultContents, passphrase: string): Promise<string> {
  const account = accountOf(contents);
  const header = {
    type: "medexchain/vault-file",
    role: contents.role,
    ...(account !== undefined && { account }),
  } as const;
  const plaintext = encodeContents(contents);
  return sealEnvelope(header, plaintext, passphrase).finally(() => plaintext.fill(0));
}

/**
 * @param place of the text, for errors
 * @throws VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED
 */
export async function openContents(text: string, passphrase: string, place: string): Promise<VaultContents> {
  const { header, plaintext } = await openEnvelope("medexchain/vault-file", text, passphrase, place);
  try {
    const contents = parseContents(plaintext);
    if (contents.role !== header.role) {
      throw new MedexError(
        "VAULT_DAMAGED",
        `${place} claims to be a ${header.role}'s vault, and is not one; restore a backup`,
      );
    }
    return contents;
  } finally {
    plaintext.fill(0);
  }
}
