import type { Future } from "@nomicfoundation/ignition-core";
import { buildModule } from "@nomicfoundation/ignition-core";
import { type AccountRole, ROLES } from "./roles.ts";

/**
 * The deployer gives up these roles, one after the other in the order given. The administrator's must be the last: whoever finds the
 * deployer without it knows that nothing is left to do.
 */
export function renounceModule(roles: readonly AccountRole[]) {
  return buildModule("Renounce", (m) => {
    const deployer = m.getAccount(0);
    const manager = m.contractAt("SuiteManager", m.getParameter("manager"));
    let after: Future[] = [];
    for (const role of roles) {
      after = [m.call(manager, "renounceRole", [ROLES[role], deployer], { id: `renounce_${role}`, after })];
    }
    return { manager };
  });
}
