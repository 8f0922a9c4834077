/**
 * Reads all that both chains say of who accessed what, and checks it as an auditor does: hash chains, signatures, counts, limits, and
 * each request's two sides. Believes neither nodes nor relayers, and needs no key.
 *
 *   node verify-history.ts
 */
import { openFreshAudit } from "@medexchain/audit";
import { readChains } from "@medexchain/config";
import { CONFIGURATION, connect } from "./network.ts";

await using network = await connect();
const deployments = Object.values(await readChains(CONFIGURATION)).map(({ deployment }) => deployment);

// With the storage it also checks that what was anchored is still there, and is what was anchored.
await using audit = await openFreshAudit(deployments);
const { passed, findings } = await audit.verify({ storage: { store: network.store, tangle: network.tangle } });
for (const { code, severity, message } of findings) console.log(`${severity} ${code}: ${message}`);
for (const { requestId, decision } of audit.history?.entries() ?? []) {
  console.log(`${requestId} ${decision?.decision ?? "undecided"}`);
}
console.log(passed ? "the history is sound" : "the history is NOT sound");
process.exitCode = passed ? 0 : 1;
