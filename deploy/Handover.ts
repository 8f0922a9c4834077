import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { ROLES } from "./MedExChain.ts";

/** The manager's own ADMIN_ROLE. */
const ADMIN = 0n;

/**
 * Hands a deployed suite over, so that no role is left with the deployer: the guardian's role to `guardian`, who can stop lanes at
 * once, and all others to `owner`, a multi-signature account, whose acts wait for `delay` seconds. By the deployer, last of all.
 */
export default buildModule("Handover", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter<string>("owner");
  const delay = m.getParameter("delay", 172_800);
  const manager = m.contractAt("AccessManager", m.getParameter("manager"));

  // Whoever stops a lane must be able to stop it at once; everything else waits.
  const holder = (role: string) => (role === "guardian" ? m.getParameter<string>("guardian") : owner);
  const waits = (role: string) => (role === "guardian" ? 0 : delay);
  const given = Object.entries(ROLES).map(([role, id]) =>
    m.call(manager, "grantRole", [id, holder(role), waits(role)], { id: `give_${role}` }),
  );
  const administrator = m.call(manager, "grantRole", [ADMIN, owner, delay], { id: "give_administrator", after: given });
  for (const [role, id] of [...Object.entries(ROLES), ["administrator", ADMIN] as const]) {
    m.call(manager, "renounceRole", [id, deployer], { id: `renounce_${role}`, after: [administrator] });
  }
  return { manager };
});
