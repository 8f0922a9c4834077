import type { KeyScheme } from "@medexchain/actors";
import { fromHex32, type Hex32 } from "@medexchain/chain";
import type { ScopedIdentity } from "@medexchain/pre";
import { refused } from "./refused.ts";

/** The IBE identity of one of a member's scopes. */
export const ownerOf = (member: Hex32, scope: Uint8Array): ScopedIdentity => ({
  identity: fromHex32(member),
  scope,
});

/** Throws GATEWAY_CALL_REFUSED where the hospital has keys of the other kind. */
export function requireScheme({ scheme }: { readonly scheme: KeyScheme }, wanted: KeyScheme): void {
  if (scheme !== wanted) {
    throw refused(
      `needs a hospital with ${wanted === "ibe" ? "identity-based" : "certificateless"} keys; this one has others`,
    );
  }
}
