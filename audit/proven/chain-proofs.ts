/** How far each audited chain is proven by its validators' seals. */
import { MedexError } from "@medexchain/core";
import type { AuditSource } from "../access-history.ts";
import { finding, type Report } from "../finding.ts";
import type { ReadChains } from "../read/read-chains.ts";
import { StateAltered, type StateProver, stateProver } from "./state-prover.ts";
import { trustedIn } from "./trusted-validators.ts";

export interface ChainProof {
  /** How many blocks are in the store: each was proven when it was read. */
  readonly blocks: number;
  /** At the last block. Addresses in lower case. */
  readonly validators: readonly string[];
  /** Whether the node proves the state at the last block. */
  readonly isStateProven: boolean;
}

export interface SealedProof {
  readonly proof: ChainProof;
  /** Undefined where the node proves none. */
  readonly state: StateProver | undefined;
}

/** Of all chains whose validators the configuration names. Of the others it is told that their node is believed. */
export async function chainProofs(
  { store, chains }: ReadChains,
  sources: readonly AuditSource[],
  report: Report,
  signal?: AbortSignal,
): Promise<ReadonlyMap<bigint, SealedProof>> {
  const proofs = new Map<bigint, SealedProof>();
  for (const { deployment, validators, witnessUrl } of sources) {
    const { chainId } = deployment;
    const head = chains.get(chainId)?.head;
    if (!validators) {
      report(
        finding({
          code: "HEADERS_BELIEVED",
          message: `what ${witnessUrl === undefined ? "the node says" : "both nodes say"} of headers, transactions and receipts is believed`,
          where: { chainId },
          expected: "the chain's validators, in the configuration",
          found: "none",
        }),
      );
      continue;
    }
    const trusted = head && trustedIn(store, chainId);
    if (!head || !trusted) continue; // nothing could be read, which is told elsewhere
    const counted = store.prepare("SELECT count(*) AS many FROM block WHERE chain = ?").get(chainId);
    const proof = { blocks: Number(counted?.many), validators: trusted.validators };
    try {
      const state = await stateProver(deployment, head, signal);
      await state.hasCode(deployment.ledger); // whether the node gives proofs at all
      proofs.set(chainId, { proof: { ...proof, isStateProven: true }, state });
    } catch (error) {
      signal?.throwIfAborted();
      if (!MedexError.is(error)) throw error;
      const code = error instanceof StateAltered ? "STATE_ALTERED" : "CHECK_NOT_DONE";
      const where = { chainId, block: head.block };
      const message = "the state of the chain's contracts is not proven";
      report(finding({ code, message, where, expected: "proofs of it (eth_getProof)", found: error.message }));
      proofs.set(chainId, { proof: { ...proof, isStateProven: false }, state: undefined });
    }
  }
  return proofs;
}
