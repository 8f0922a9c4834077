import { buildModule } from "@nomicfoundation/ignition-core";

/**
 * The registry of studies, beside a suite that is there: it asks that suite's `HospitalRegistry` who is who. It has no roles; hospitals' operators
 * act by the accounts that they have there.
 */
export default buildModule("Studies", (m) => ({ studies: m.contract("StudyRegistry", [m.getParameter("hospitals")]) }));
