import type { FragmentStore } from "./fragment-store.ts";
import type { ListedRequest } from "./list-requests.ts";

/**
 * Removes what a device keeps of approvals that are through or have become impossible: of one that somebody else carried to the chain, the
 * device learns by looking at the chain alone.
 */
export async function forgetSettled(
  fragmentStore: Pick<FragmentStore, "endApproval">,
  requests: readonly Pick<ListedRequest, "requestId" | "state">[],
): Promise<void> {
  for (const { requestId, state } of requests) {
    // While it waits, it may go on; while it is authorised, what is kept may be of its resealing.
    if (state !== "Pending" && state !== "Authorized") await fragmentStore.endApproval(requestId);
  }
}
