/** Acts of contract accounts: signatures, which only their own contracts can judge (ERC-1271), and what was sent through them. */

import type { Chain } from "@medexchain/chain";
import { Interface, isError } from "ethers";
import { finding } from "../finding.ts";
import type { SealedProof } from "../proven/chain-proofs.ts";
import { toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

const ERC_1271 = new Interface(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);
const ACCEPTED = ERC_1271.getFunction("isValidSignature")?.selector ?? "";
const AT_ONCE = 50;

/**
 * Asks whether the accounts were contracts at the block, and these about all signatures that no key of theirs made. Where the chain's state
 * is proven, that an account is a contract is proven at the last block.
 */
export async function settleDoubtful(
  context: VerifyContext,
  chains: ReadonlyMap<bigint, { readonly chain: Chain }>,
  proofs: ReadonlyMap<bigint, SealedProof>,
): Promise<void> {
  const { doubtful, report } = context;
  for (let from = 0; from < doubtful.length; from += AT_ONCE) {
    const results = await Promise.all(
      doubtful.slice(from, from + AT_ONCE).map(async (check) => {
        const provider = chains.get(check.chainId)?.chain.provider;
        try {
          if (!provider) return check.otherwise;
          const state = proofs.get(check.chainId)?.state;
          if (state && !(await state.hasCode(check.account))) return check.otherwise;
          if ((await provider.getCode(check.account, check.block)) === "0x") return check.otherwise;
          if (!check.signed) return undefined;
          const { digest, signature } = check.signed;
          const data = ERC_1271.encodeFunctionData("isValidSignature", [digest, signature]);
          const answer = await provider.call({ to: check.account, data, blockTag: check.block });
          return answer.slice(0, 10) === ACCEPTED ? undefined : check.otherwise;
        } catch (error) {
          if (isError(error, "CALL_EXCEPTION")) return check.otherwise;
          const message = `${check.otherwise.message}; or the account's contract, which could not be asked`;
          const asked = check.signed ? toHex(check.signed.signature) : "its code";
          return finding({
            code: "CHECK_NOT_DONE",
            message,
            where: check.otherwise.where,
            expected: "an answer about the account",
            found: asked,
          });
        }
      }),
    );
    for (const result of results) if (result) report(result);
  }
}
