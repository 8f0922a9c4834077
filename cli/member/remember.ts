import type { Hex32 } from "@medexchain/chain";
import { labelFrom, type NameStore, openNameStore } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { namesFolder, shortId } from "../session/names.ts";
import type { UnlockedVault } from "../session/session.ts";

/** Puts a member into the hospital's own address book: on chain there is only the hash of what the hospital calls them. */
export async function rememberMember(
  context: Context,
  { name: vault, contents }: UnlockedVault<"hospital">,
  memberId: Hex32,
  pseudonym: string,
): Promise<void> {
  using store = openNameStore(namesFolder(context, vault), contents.accountKey);
  await putMember(store, contents.pseudonym, memberId, pseudonym);
}

/** The same, where the address book is open. */
export async function putMember(store: NameStore, hospital: string, memberId: Hex32, pseudonym: string): Promise<void> {
  const label = labelFrom(pseudonym, shortId(memberId));
  const date = Math.floor(Date.now() / 1000);
  await store.put({ kind: "person", id: memberId, label, hospital, pseudonym, date });
}
