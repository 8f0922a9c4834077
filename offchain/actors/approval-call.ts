import {
  type Authorization,
  ask,
  type Chain,
  type Decision,
  decisionOf,
  findDelivered,
  type Hex32,
  type StandingConsent,
  transact,
} from "@medexchain/chain";
import type { ContractTransactionResponse } from "ethers";
import { untilRelayersChange } from "./relayer-group.ts";

/** By which consent a request is approved. */
export interface ConsentUse {
  readonly consent: StandingConsent;
  /** Those of the data that is sent, see `classDigest`. */
  readonly classes: readonly Hex32[];
}

type Digests = Pick<Authorization, "sealedRekey" | "privateFragment" | "epoch">;

/** How a request is approved: by the owner's own word, or by a consent that the owner gave. */
export interface ApprovalCall {
  /** What Algorithm₁ would decide. Nothing is stored. */
  foresee(digests: Digests): Promise<Decision>;
  /** Approves; Algorithm₁ decides. */
  send(digests: Digests): Promise<{ readonly decision: Decision; readonly transactionHash: string }>;
}

/** @throws CHAIN_REVERTED when the consent does not cover the request */
export async function approvalCall(chain: Chain, requestId: Hex32, use: ConsentUse | undefined): Promise<ApprovalCall> {
  const { authorize } = chain.grants;
  const { approve } = chain.consents;
  if (use === undefined) {
    const words = ({ sealedRekey, privateFragment, epoch }: Digests) =>
      [requestId, sealedRekey, privateFragment, epoch] as const;
    return callOf(
      chain,
      requestId,
      (digests) => authorize.staticCall(...words(digests)),
      (digests) => authorize(...words(digests)),
    );
  }
  const { sourceChainId, deliveredAt } = await ask(chain, () => chain.grants.grant(requestId));
  const request = await findDelivered(chain, requestId, { sourceChainId, deliveredAt });
  const access = ({ sealedRekey, privateFragment, epoch }: Digests) => ({
    sourceChainId,
    request,
    classes: [...use.classes],
    sealedRekey,
    privateFragment,
    epoch,
  });
  return callOf(
    chain,
    requestId,
    (digests) => approve.staticCall(use.consent, access(digests)),
    (digests) => approve(use.consent, access(digests)),
  );
}

function callOf(
  chain: Chain,
  requestId: Hex32,
  foresee: (digests: Digests) => Promise<bigint>,
  send: (digests: Digests) => Promise<ContractTransactionResponse>,
): ApprovalCall {
  return {
    foresee: async (digests) => decisionOf(await untilRelayersChange(() => ask(chain, () => foresee(digests)))),
    async send(digests) {
      const receipt = await untilRelayersChange(() => transact(chain, () => send(digests)));
      const logged = receipt.logs
        .filter((log) => log.address === chain.deployment.ledger)
        .map((log) => chain.ledger.interface.parseLog(log))
        .find((log) => log?.name === "AccessLogged" && log.args.requestId === requestId);
      return { decision: decisionOf(logged?.args.entry.decision), transactionHash: receipt.hash };
    },
  };
}
