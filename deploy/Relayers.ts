import { buildModule } from "@nomicfoundation/ignition-core";
import type { RelayersParameters } from "./network-parameters.ts";

/**
 * Admits the first relayers of a chain, how many of them must attest now and at least, and the key to which owners seal. By an account
 * with the roles of relayer manager and administrator. Ignition's parameters hold no lists, so the module is built from the parameters.
 */
export function relayersModule({ accounts, threshold, minThreshold, sealingKey }: RelayersParameters) {
  return buildModule("Relayers", (m) => {
    const relayers = m.contractAt("RelayerSet", m.getParameter("relayers"));
    const added = accounts.map((account) => m.call(relayers, "addRelayer", [account], { id: `add_${account}` }));
    const set = m.call(relayers, "setThreshold", [threshold], { after: added });
    m.call(relayers, "setMinThreshold", [minThreshold], { after: [set] });
    m.call(relayers, "rotateSealingKey", [sealingKey]);
    return { relayers };
  });
}
