/** What a QBFT chain's validators have sealed: a block's header, and proofs of what a contract's storage held at that block. */
import { ask } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { provenAccount, provenSlot, type QbftHeader, qbftHeader, qbftQuorum, qbftSealers } from "@medexchain/evm";
import { getBytes } from "ethers";
import { z } from "zod";
import type { RelayChain } from "../chains/relay-chain.ts";
import { prunedState } from "../watch/pruned-state.ts";

type Source = Pick<RelayChain, "chain">;

/**
 * The header of a block, with as many seals as its own list of validators asks for. Whether those are the validators is for the chain to judge
 * that is shown it.
 *
 * @throws PROOF_PENDING where the node has no such block yet, SERVICE_PROTOCOL where it answers with no sealed header, SERVICE_UNREACHABLE
 */
export async function readSealedHeader({ chain }: Source, block: number): Promise<QbftHeader> {
  const { provider, deployment } = chain;
  const told = await ask(chain, () => provider.send("eth_getBlockByNumber", [tagOf(block), false]));
  if (told === null) {
    throw new MedexError("PROOF_PENDING", `chain ${deployment.chainId}: the node does not show block ${block} yet`);
  }
  const header = qbftHeader(told);
  const failure = (what: string) =>
    new MedexError("SERVICE_PROTOCOL", `chain ${deployment.chainId}: block ${block} ${what}`);
  if (header === undefined) {
    throw failure(
      "is none of a QBFT chain: on a chain without seals, a lane must be `attested`; else use another node",
    );
  }
  if (header.number !== BigInt(block)) throw failure("was answered with another: use another node");
  const validators = new Set(header.validators);
  const sealers = new Set(qbftSealers(header).filter((address) => address !== undefined && validators.has(address)));
  if (sealers.size < qbftQuorum(validators.size)) throw failure("has too few seals: use another node");
  return header;
}

const nodesSchema = z
  .array(
    z
      .string()
      .max(2 + 2 * 1024)
      .regex(/^0x([0-9a-f]{2})+$/i),
  )
  .max(65);
const proofSchema = z.object({
  accountProof: nodesSchema,
  storageProof: z.array(z.object({ proof: nodesSchema })),
});

/** Nodes of the state's trie down to a contract, and of its storage's down to each slot, as hex of their RLP. */
export interface StorageProof {
  readonly account: readonly string[];
  /** In the order of the slots. */
  readonly slots: readonly (readonly string[])[];
  /** What the slots hold. */
  readonly words: readonly bigint[];
}

/**
 * Proves what a contract's slots held at a block. The proof is checked here first: a node that answers with a wrong one is no reason for a
 * transaction.
 *
 * @param slots 32 bytes each, hex
 * @throws CHAIN_STATE_PRUNED where the node has no such old state any more, SERVICE_PROTOCOL, SERVICE_UNREACHABLE
 */
export async function proveStorage(
  { chain }: Source,
  header: Pick<QbftHeader, "number" | "stateRoot">,
  address: string,
  slots: readonly string[],
): Promise<StorageProof> {
  const { provider, deployment } = chain;
  const block = Number(header.number);
  const told = await ask(chain, async () => {
    try {
      return await provider.send("eth_getProof", [address, slots, tagOf(block)]);
    } catch (error) {
      throw prunedState(error, deployment.chainId, block) ?? error;
    }
  });
  const parsed = proofSchema.safeParse(told);
  try {
    if (!parsed.success || parsed.data.storageProof.length !== slots.length) throw new RangeError("malformed");
    const { accountProof, storageProof } = parsed.data;
    const account = provenAccount(getBytes(header.stateRoot), getBytes(address), accountProof.map(bytes));
    if (account === undefined) throw new RangeError("no account");
    const proofs = storageProof.map(({ proof }) => proof);
    const words = proofs.map((proof, at) =>
      provenSlot(account.storageRoot, getBytes(slots[at] ?? "0x"), proof.map(bytes)),
    );
    return { account: accountProof, slots: proofs, words };
  } catch (cause) {
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `chain ${deployment.chainId}: the node's proof of the state of ${address} at block ${block} does not hold: use another node`,
      { cause },
    );
  }
}

const tagOf = (block: number): string => `0x${block.toString(16)}`;
const bytes = (hex: string): Uint8Array => getBytes(hex);
