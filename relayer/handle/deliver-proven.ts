import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { encodeCall } from "@medexchain/evm";
import type { RelayChain } from "../chains/relay-chain.ts";
import { forgetLane } from "../prove/lane-proofs.ts";
import type { Prover, Sender } from "../prove/prover.ts";
import { batchOf } from "../submit/step.ts";

/** A message that a chain takes with a proof only. */
export interface ProvenDelivery {
  readonly source: RelayChain;
  readonly destination: RelayChain;
  readonly requestId: Hex32;
  /** The contract that said it. */
  readonly sender: Sender;
  /** Its digest, as the source's `Mailbox` has it. */
  readonly message: Hex32;
  /** What it is delivered to, and how. */
  readonly recipient: "grants" | "requests";
  readonly action: "deliverRequestProven" | "deliverResponseProven" | "correctResponseProven";
  /** The message itself, as the call has it beside its proof. */
  readonly item: Readonly<Record<string, unknown>>;
  isDone(): Promise<boolean>;
}

const BATCHES: Readonly<Record<ProvenDelivery["action"], string | undefined>> = {
  deliverRequestProven: "deliverRequestsProven",
  deliverResponseProven: "deliverResponsesProven",
  correctResponseProven: undefined, // it is seldom
};

/**
 * Delivers a message by the `Mailbox` of the chain that it is for, which checks that it was sent.
 *
 * @throws as `Prover.proofOf` and `Submitter.submit`
 */
export async function deliverProven(prover: Prover, delivery: ProvenDelivery): Promise<"sent" | "already-done"> {
  const { source, destination, requestId, sender, message, recipient, action, isDone } = delivery;
  const { chainId } = source.chain.deployment;
  const { chain, submitter } = destination;
  const { mailbox: to, [recipient]: contract } = chain.deployment;
  const { interface: abi } = chain.mailbox;
  const batch = BATCHES[action];
  try {
    const proof = await prover.proofOf({ source, keeper: destination, sender, message });
    const item = { ...delivery.item, proof };
    return await submitter.submit({
      requestId,
      action,
      to,
      data: () => encodeCall(abi, action, [contract, chainId, item]),
      isDone,
      ...(batch !== undefined && {
        batch: batchOf(`${batch} ${chainId}`, batch, item, (items) =>
          encodeCall(abi, batch, [contract, chainId, items]),
        ),
      }),
    });
  } catch (error) {
    if (MedexError.is(error, "PROOF_PENDING")) {
      // The lane has another policy or client than was known here, or its chain was replaced.
      forgetLane(destination, chainId);
      prover.forget({ source, keeper: destination });
    }
    throw error;
  }
}
