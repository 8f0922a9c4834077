/**
 * A passkey as a second way to a vault's passphrase: the passphrase in an age file that the authenticator opens (WebAuthn Level 3, 10.1.4, the PRF
 * extension; age's fido2prf). Works in the page, as workers have no authenticator; the passphrase that it yields goes where a typed one
 * goes.
 */
import { Decrypter, Encrypter, webauthn } from "age-encryption";
import type { KeptPasskey } from "./device/database.ts";

/** Why there can be no passkey here, as the key of words that say so; undefined where there can. */
export function passkeyHindrance(): "passkey.none" | "passkey.address" | undefined {
  if (!("PublicKeyCredential" in window)) return "passkey.none";
  // A passkey is of a name (WebAuthn, 5.1.3): an address has none.
  return /^[\d.]+$|^\[/.test(location.hostname) ? "passkey.address" : undefined;
}

/** Makes a passkey for a vault's passphrase. @throws what the browser says, for one without PRF too */
export async function makePasskey(vault: string, passphrase: string): Promise<KeptPasskey> {
  const credential = await webauthn.createCredential({ keyName: vault });
  const encrypter = new Encrypter();
  encrypter.addRecipient(new webauthn.WebAuthnRecipient({ identity: credential }));
  return { credential, box: await encrypter.encrypt(passphrase) };
}

/** The passphrase. @throws what the browser says; the person may have turned it down */
export async function askPasskey({ credential, box }: KeptPasskey): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(new webauthn.WebAuthnIdentity({ identity: credential }));
  return decrypter.decrypt(box, "text");
}
