import { buildModule } from "@nomicfoundation/ignition-core";
import { POLICIES, type ProvenLaneParameters } from "./network-parameters.ts";

/**
 * Has the messages of another chain proven here: a light client that trusts that chain's validators, and the policy that asks for proofs. By
 * an account with the lane manager's role. Ignition's parameters hold no lists, so the module is built from the parameters.
 */
export function lanePolicyModule(peerChainId: number, { policy, validators, trustingPeriod }: ProvenLaneParameters) {
  return buildModule("LanePolicy", (m) => {
    const mailbox = m.contractAt("Mailbox", m.getParameter("mailbox"));
    const chainId = BigInt(peerChainId);
    const client = m.contract("QbftClient", [chainId, inOrder(validators), BigInt(trustingPeriod)]);
    const set = m.call(mailbox, "setClient", [chainId, client], { id: "set_client" });
    m.call(mailbox, "setPolicy", [chainId, POLICIES.indexOf(policy)], { id: "set_policy", after: [set] });
    return { client };
  });
}

/** Validators as `QbftClient` lists them: in ascending order. */
export const inOrder = (validators: readonly string[]): string[] =>
  validators.toSorted((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1));
