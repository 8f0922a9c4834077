/** Whether the suite's contracts are those of this release: what they log and hold means what the audit takes it for only then. */
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { isCodeOf } from "@medexchain/evm";
import { type FindingCode, finding, type Report } from "../finding.ts";
import { StateAltered, type StateProver } from "./state-prover.ts";

/** A deployment's contracts by the names of their sources. */
const SOURCES = {
  manager: "SuiteManager",
  hospitals: "HospitalRegistry",
  records: "RecordRegistry",
  relayers: "RelayerSet",
  ledger: "AccessLedger",
  mailbox: "Mailbox",
  grants: "AccessGrants",
  requests: "AccessRequests",
  checkpoints: "LedgerCheckpoints",
  equivocations: "Equivocations",
  consents: "StandingConsents",
} as const;

/** Compares the contracts' code, which is proven by its hash, with what this release compiles to, but for immutables. */
export async function checkProvenCode(deployment: Deployment, prover: StateProver, report: Report): Promise<void> {
  const { ARTIFACTS } = await import("@medexchain/contracts/artifacts");
  const { chainId } = deployment;
  const wrong = (code: FindingCode, message: string, expected: string, found: string) =>
    report(finding({ code, message, where: { chainId, block: prover.block }, expected, found }));
  try {
    for (const [name, source] of Object.entries(SOURCES) as [keyof typeof SOURCES, keyof typeof ARTIFACTS][]) {
      const address = deployment[name];
      if (!isCodeOf(await prover.code(address), ARTIFACTS[source]))
        wrong(
          "CODE_DIFFERS",
          `${source} is not the contract of this release`,
          `${source}'s code`,
          `other code at ${address}`,
        );
    }
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    const code = error instanceof StateAltered ? "STATE_ALTERED" : "CHECK_NOT_DONE";
    wrong(code, "the code of the chain's contracts is not proven", "their code, and proofs of it", error.message);
  }
}
