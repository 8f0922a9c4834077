import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Admits the first relayer of a chain and the key to which owners seal. By an account with the relayer manager's role. */
export default buildModule("Relayers", (m) => {
  const relayers = m.contractAt("RelayerSet", m.getParameter("relayers"));
  const added = m.call(relayers, "addRelayer", [m.getParameter("relayer")]);
  m.call(relayers, "setThreshold", [m.getParameter("threshold", 1)], { after: [added] });
  m.call(relayers, "rotateSealingKey", [m.getParameter("sealingKey")]);
  return { relayers };
});
