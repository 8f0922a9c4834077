/** Whether relayers have published the partials that they sign for. */
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { failureOf } from "../observe/failure.ts";
import type { Confirmation } from "./attest.ts";
import type { HandlerContext } from "./context.ts";
import type { PartialDigests } from "./partial.ts";

/** How long one partial may take to be found. */
const TIMEOUT_MS = 2_000;

/**
 * Fetches partials in the background, each by the digest that the sealed key commits to, so that what is found is right. Who signed, and whose
 * partial is not found, is named to the observer, even where others suffice, and does not count; it is looked for again at the job's next attempt.
 */
export function confirmPublished(
  { store, observe, closing }: Pick<HandlerContext, "store" | "observe" | "closing">,
  requestId: Hex32,
  digests: PartialDigests,
): Confirmation {
  const found = new Set<string>();
  const asked = new Set<string>();
  const look = async (relayer: string): Promise<void> => {
    const digest = digests.get(relayer.toLowerCase());
    const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      if (!digest) throw new MedexError("SHARE_MISSING", "it has no share");
      await store.get(digest, { maxBytes: CONTENT_LIMITS.partial, signal });
      found.add(relayer);
    } catch (error) {
      if (closing.aborted) return;
      const message = `${relayer} signed that its partial of request ${requestId} is out, but it cannot be fetched (${failureOf(error).code}); its signature does not count`;
      observe({ type: "failed", where: "partials", code: "PARTIAL_UNPUBLISHED", message });
    }
  };
  return {
    holds: (relayer) => {
      if (!asked.has(relayer)) {
        asked.add(relayer);
        void look(relayer);
      }
      return found.has(relayer);
    },
  };
}
