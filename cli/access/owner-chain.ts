import { ask, type Chain, findRequest, type Hex32, requestStateOf } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Session } from "../session/session.ts";

/** The chain to which a request went. Throws INPUT_INVALID for an unknown request, CONFIG_INVALID for a chain that is not configured. */
export async function ownerChainOf(session: Session, chain: Chain, requestId: Hex32): Promise<Chain> {
  const { requestedAt, state } = await ask(chain, () => chain.requests.status(requestId));
  if (requestStateOf(state) === "None") {
    throw new MedexError(
      "INPUT_INVALID",
      `chain ${chain.deployment.chainId} has no request ${requestId}; check the id`,
    );
  }
  const { destinationChainId } = await findRequest(chain, requestId, requestedAt);
  for (const candidate of (await session.chains()).values()) {
    if (candidate.deployment.chainId === destinationChainId) return candidate;
  }
  throw new MedexError("CONFIG_INVALID", `the configuration has no chain with id ${destinationChainId}; add it`);
}
