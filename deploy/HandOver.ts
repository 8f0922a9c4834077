import { buildModule } from "@nomicfoundation/ignition-core";
import type { RolesParameters } from "./network-parameters.ts";
import { ACCOUNT_ROLES, ROLES } from "./roles.ts";

/**
 * Gives the roles of a chain to the accounts that are to hold them, each with its execution delay, and to policy contracts theirs. The
 * deployer keeps its own (`Renounce.ts`), so what is wrong can still be fixed.
 */
export function handOverModule(roles: RolesParameters, policies: readonly string[] = []) {
  return buildModule("HandOver", (m) => {
    const manager = m.contractAt("SuiteManager", m.getParameter("manager"));
    for (const role of ACCOUNT_ROLES) {
      for (const { account, executionDelay } of roles[role]) {
        m.call(manager, "grantRole", [ROLES[role], account, executionDelay], { id: `grant_${role}_${account}` });
      }
    }
    for (const policy of policies) {
      // Without a delay: a policy contract cannot schedule its calls.
      m.call(manager, "grantRole", [ROLES.policy, policy, 0], { id: `grant_policy_${policy}` });
    }
    return { manager };
  });
}
