/**
 * Acts of contract accounts: signatures, which only their own contracts can judge (ERC-1271), and what was sent through them. That an account is a
 * contract, and what it accepts, is the word of whoever is asked: of one node alone it is not believed.
 */

import type { Chain } from "@medexchain/chain";
import { Interface, isError } from "ethers";
import { type Finding, finding } from "../finding.ts";
import type { SealedProof } from "../proven/chain-proofs.ts";
import { toHex } from "../store/stored-log.ts";
import type { DoubtfulAct, VerifyContext } from "./context.ts";

const ERC_1271 = new Interface(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);
const ACCEPTED = ERC_1271.getFunction("isValidSignature")?.selector ?? "";
const AT_ONCE = 50;

/** The nodes of a chain. */
interface Nodes {
  readonly chain: Chain;
  readonly witnessChain: Chain | undefined;
}

/**
 * Asks whether the accounts were contracts at the block, and these about all signatures that no key of theirs made. Where the chain's state
 * is proven, that an account is a contract is proven at the last block; what it accepts is not.
 */
export async function settleDoubtful(
  context: VerifyContext,
  chains: ReadonlyMap<bigint, Nodes>,
  proofs: ReadonlyMap<bigint, SealedProof>,
): Promise<void> {
  const { doubtful, report } = context;
  for (let from = 0; from < doubtful.length; from += AT_ONCE) {
    const acts = doubtful.slice(from, from + AT_ONCE);
    const results = await Promise.all(acts.map((act) => judged(act, chains.get(act.chainId), proofs.get(act.chainId))));
    for (const result of results) if (result) report(result);
  }
}

/** What an act is found to be; undefined where it is proven, or two nodes say, that the account's contract did it. */
async function judged(
  act: DoubtfulAct,
  nodes: Nodes | undefined,
  proof: SealedProof | undefined,
): Promise<Finding | undefined> {
  if (!nodes) return act.otherwise;
  const { chain, witnessChain } = nodes;
  try {
    if (proof?.state && !(await proof.state.hasCode(act.account))) return act.otherwise;
    const answers = await Promise.all(
      [chain, ...(witnessChain ? [witnessChain] : [])].map((each) => isByContract(each, act)),
    );
    if (answers.includes(false)) return act.otherwise;
    if (witnessChain || (proof?.state && !act.signed)) return undefined;
  } catch (error) {
    return notDone(act, `could not be asked: ${isError(error, "TIMEOUT") ? "it did not answer" : "it refused"}`);
  }
  return notDone(act, "is only the node's word: name a witness of another operator (--witness)");
}

const notDone = ({ otherwise, account, signed }: DoubtfulAct, why: string): Finding =>
  finding({
    code: "CHECK_NOT_DONE",
    message: `${otherwise.message}; or the account's contract did it, which ${why}`,
    where: otherwise.where,
    expected: `two nodes that say what ${account} is, and accepts`,
    found: signed ? toHex(signed.signature) : "a contract",
  });

/** Whether a node says that the account is a contract, and that it accepts what it must. */
async function isByContract({ provider }: Chain, { account, block, signed }: DoubtfulAct): Promise<boolean> {
  if ((await provider.getCode(account, block)) === "0x") return false;
  if (!signed) return true;
  const data = ERC_1271.encodeFunctionData("isValidSignature", [signed.digest, signed.signature]);
  try {
    const answer = await provider.call({ to: account, data, blockTag: block });
    return answer.slice(0, 10) === ACCEPTED;
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION")) return false;
    throw error;
  }
}
