import { firewallSources } from "@medexchain/actors";
import { openSeenRecords } from "@medexchain/actors/files";
import type { Chain } from "@medexchain/chain";
import type { ContentStore } from "@medexchain/ipfs";
import { checkG2, checkScalar, ReverseFirewall } from "@medexchain/pre";
import type { ContentsOf } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { seenFolder } from "../session/session.ts";

/** The firewall of a vault, with the ids that it has let through. Dispose of it. */
export async function openFirewall(
  context: Context,
  from: {
    readonly guarded: ContentsOf<"firewall">;
    /** Its name. */
    readonly vault: string;
    readonly chain: Chain;
    readonly store: ContentStore;
  },
): Promise<ReverseFirewall> {
  const { guarded, vault, chain, store } = from;
  return new ReverseFirewall({
    secrets: { blinding: checkScalar(guarded.blinding, "the blinding"), prfKey: guarded.prfKey },
    masterPublicKey: checkG2(guarded.masterPublicKey, "the master public key"),
    seenRecords: await openSeenRecords(seenFolder(context, vault)),
    sources: firewallSources(chain, store),
  });
}
