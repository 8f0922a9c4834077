/** Who changed a registry: a hospital's operator, a relayer, or the holder of a role. */
import type { Hex32 } from "@medexchain/chain";
import { finding } from "../finding.ts";
import { addressWord, bytesAt, hexWord, placeOf, type StoredLog, toHex } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { Registries } from "./registries.ts";
import { blsKeyIn } from "./relayer-calls.ts";
import { type Roles, takesRole } from "./roles.ts";
import { requireSentBy } from "./sent-by.ts";

/** By the relayer that the first topic names. */
const BY_RELAYER: ReadonlySet<string> = new Set(["BlsKeySet", "RelayerSealingKeySet", "PartialDisputed"]);
/** By the hospital's operator: of the hospital, or of the member, that the first topic names. */
const BY_OPERATOR: Readonly<Record<string, "hospital" | "member">> = {
  MaxAccessCountSet: "hospital",
  MaxRequestsPerMemberSet: "hospital",
  OperatorRotated: "hospital",
  MemberSuspended: "member",
  MemberReinstated: "member",
};

/**
 * Makes the check of who sent the transaction of a registry's event. It must see a log before the registries take it, as the contract
 * did.
 */
export function registryAuthorChecker(
  context: VerifyContext,
  held: Registries,
  roles: Roles,
): (log: StoredLog) => void {
  const hospitalOf = (log: StoredLog): Hex32 | undefined => {
    if (log.event === "CertificatesRevoked") return hexWord(log.topics, 2);
    const id = hexWord(log.topics, 1);
    return BY_OPERATOR[log.event] === "member" ? held.hospitalOf(id) : id;
  };
  return (log) => {
    const isByRelayer = BY_RELAYER.has(log.event);
    const isByOperator = log.event === "CertificatesRevoked" || BY_OPERATOR[log.event] !== undefined;
    const isByNamed = isByOperator || isByRelayer;
    if (!isByNamed && !takesRole(log.event)) return;
    const transaction = context.transaction(log);
    const operator = isByOperator ? held.hospitals.get(hospitalOf(log) ?? "0x")?.operator : undefined;
    const author = isByRelayer ? addressWord(log.topics, 1) : operator;
    const who = isByRelayer ? "the relayer" : "the hospital's operator";
    // The event names who did it: another than the operator is the registrar.
    const isReplaced = log.event === "OperatorRotated" && addressWord(log.data, 2) !== operator;
    if (!isByNamed || isReplaced) {
      if (takesRole(log.event)) roles.require({ ...log, event: log.event }, transaction);
      return;
    }
    if (author === undefined) return; // of nobody that is known, which the registries report
    const contract = context.deployments.get(log.chainId)?.[isByRelayer ? "relayers" : "hospitals"].toLowerCase();
    const isOwn = requireSentBy(context, log, { author, who, contract });
    if (isOwn && log.event === "BlsKeySet") requireKey(context, log, transaction.input);
  };
}

/** That a relayer sent the key that is said to be its own. */
function requireKey(context: VerifyContext, log: StoredLog, input: Uint8Array): void {
  const [told, sent] = [toHex(bytesAt(log.data, 0, 0)), toHex(blsKeyIn(input) ?? new Uint8Array())];
  if (told === sent) return;
  const message = "the relayer sent another key for aggregates";
  context.report(finding({ code: "AUTHOR_FORGED", message, where: placeOf(log), expected: told, found: sent }));
}
