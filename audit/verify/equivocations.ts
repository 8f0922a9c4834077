/** Relayers that contradicted themselves: that both statements are signed by whom they suspend, and that none is suspended without. */
import { keccak256 } from "@medexchain/evm";
import { finding } from "../finding.ts";
import { addressWord, bytesAt, hexWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** Makes the check of `Equivocated`, and of the `RelayerSuspended` that follows it in the same transaction. */
export function equivocationChecker(context: VerifyContext) {
  /** What a transaction has told: relayer and evidence. */
  let told: { readonly transaction: string; readonly relayer: string; readonly evidence: string } | undefined;
  return {
    told(log: StoredLog): void {
      const relayer = addressWord(log.topics, 1);
      const digests = [word(log.topics, 2), word(log.topics, 3)];
      told = { transaction: toHex(log.transaction), relayer, evidence: toHex(keccak256(...digests)) };
      for (const [index, digest] of digests.entries()) {
        const signature = bytesAt(log.data, 0, index);
        const otherwise = finding({
          code: "SUSPENSION_UNFOUNDED",
          message: "a relayer did not sign what it was suspended for",
          where: placeOf(log),
          expected: `signed by ${relayer}`,
          found: toHex(signature),
        });
        context.requireSigned({ log, account: relayer, digest, signature, otherwise });
      }
      context.wrong({
        code: "RELAYER_EQUIVOCATED",
        message: `relayer ${relayer} signed two statements of which one must be false`,
        log,
        expected: "one statement",
        found: digests.map(toHex).join(" "),
      });
    },
    suspended(log: StoredLog): void {
      const [relayer, evidence] = [addressWord(log.topics, 1), hexWord(log.data, 1)];
      const isTold =
        told?.transaction === toHex(log.transaction) && told.relayer === relayer && told.evidence === evidence;
      if (isTold) return;
      context.wrong({
        code: "SUSPENSION_UNFOUNDED",
        message: `relayer ${relayer} was suspended without evidence`,
        log,
        expected: "Equivocated before, in the same transaction",
        found: told?.transaction === toHex(log.transaction) ? told.evidence : "none",
      });
    },
  };
}
