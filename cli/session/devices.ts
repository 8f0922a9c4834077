import { DataOwner, DataUser } from "@medexchain/actors";
import { openFragmentStore } from "@medexchain/actors/files";
import type { Chain } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { checkG1, checkG2, initCurve, xWingPublicKey } from "@medexchain/pre";
import type { ContentsOf } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { fragmentFolder, placeMember, type Session, type UnlockedVault } from "./session.ts";

/** The patient's device. Dispose of it. */
export async function openOwner(context: Context, session: Session, vault: UnlockedVault<"owner">): Promise<DataOwner> {
  const { memberId, account, chain, gateway } = await placeMember(session, vault.contents);
  const { firewall, requestKey } = await gateway();
  return new DataOwner({
    memberId,
    account,
    secret: vault.contents.secret,
    chain,
    store: await session.store(),
    tangle: await session.tangle(),
    fragmentStore: await openFragmentStore(fragmentFolder(context, vault.name)),
    firewall,
    requestKey,
  });
}

/** The doctor's device, for records on `ownerChain`. Dispose of it. */
export async function openUser(session: Session, contents: ContentsOf<"doctor">, ownerChain: Chain): Promise<DataUser> {
  const { memberId, account, chain } = await placeMember(session, contents);
  if (contents.keys === undefined) {
    throw new MedexError("INPUT_INVALID", "this doctor has no certified keys yet: run medex member join");
  }
  await initCurve();
  const { pre, bfv, kem } = contents.keys;
  const keys = {
    pre: {
      privateKey: checkG1(pre.privateKey, "sk_DU"),
      publicKey: { V: checkG2(pre.V, "V"), U: checkG1(pre.U, "U") },
    },
    bfv,
    ...(kem && { kem: { ...kem, publicKey: await xWingPublicKey(kem.seed) } }),
  };
  const services = { store: await session.store(), tangle: await session.tangle() };
  return new DataUser({ memberId, account, keys, chain, ownerChain, ...services });
}
