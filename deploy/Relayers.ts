import { buildModule } from "@nomicfoundation/ignition-core";
import type { RelayersParameters } from "./network-parameters.ts";

/**
 * Admits the first relayers of a chain, how many of them must attest, and the key to which owners seal. By an account with the
 * relayer manager's role. Ignition's parameters hold no lists, so the module is built from the parameters.
 */
export function relayersModule({ accounts, threshold, sealingKey }: RelayersParameters) {
  return buildModule("Relayers", (m) => {
    const relayers = m.contractAt("RelayerSet", m.getParameter("relayers"));
    const added = accounts.map((account) => m.call(relayers, "addRelayer", [account], { id: `add_${account}` }));
    m.call(relayers, "setThreshold", [threshold], { after: added });
    m.call(relayers, "rotateSealingKey", [sealingKey]);
    return { relayers };
  });
}
