/** Who changed a registry: a hospital's operator, or the holder of a role, whose grant the audit does not read. */
import type { Hex32 } from "@medexchain/chain";
import { finding } from "../finding.ts";
import { addressWord, hexWord, placeOf, type StoredLog } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";
import type { Registries } from "./registries.ts";

/** By a role's holder: the sender is proven, and that it holds the role is its contract's word. */
const BY_ROLE: ReadonlySet<string> = new Set([
  "HospitalRegistered",
  "HospitalSuspended",
  "HospitalReinstated",
  "RelayerAdded",
  "RelayerRemoved",
  "ThresholdSet",
  "MinThresholdSet",
]);
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
export function registryAuthorChecker(context: VerifyContext, held: Registries): (log: StoredLog) => void {
  const hospitalOf = (log: StoredLog): Hex32 | undefined => {
    if (log.event === "CertificatesRevoked") return hexWord(log.topics, 2);
    const id = hexWord(log.topics, 1);
    return BY_OPERATOR[log.event] === "member" ? held.hospitalOf(id) : id;
  };
  return (log) => {
    const isByOperator = log.event === "CertificatesRevoked" || BY_OPERATOR[log.event] !== undefined;
    if (!isByOperator && !BY_ROLE.has(log.event)) return;
    const transaction = context.transaction(log);
    const { sender, recipient } = transaction;
    const operator = isByOperator ? held.hospitals.get(hospitalOf(log) ?? "0x")?.operator : undefined;
    // The event names who did it: another than the operator is the registrar.
    const isReplaced = log.event === "OperatorRotated" && addressWord(log.data, 2) !== operator;
    if (!isByOperator || isReplaced) {
      context.requireSender(log, transaction);
      return;
    }
    if (operator === undefined) return; // of nobody that is known, which the registries report
    if (recipient !== context.deployments.get(log.chainId)?.hospitals.toLowerCase()) {
      // An operator with a contract account acts through it: then the transaction goes to it.
      if (recipient === operator) {
        const message = `${log.event}: the transaction goes to the hospital's operator, which is not a contract`;
        context.requireContract(
          log,
          operator,
          finding({ code: "AUTHOR_FORGED", message, where: placeOf(log), expected: operator, found: recipient }),
        );
        return;
      }
      const message = `${log.event} came through another contract`;
      context.wrong({
        code: "APPROVAL_INDIRECT",
        message,
        log,
        expected: operator,
        found: recipient ?? "a new contract",
      });
      return;
    }
    context.requireSender(log, transaction);
    if (sender === operator) return;
    const message = `${log.event} was sent by another account than the hospital's operator`;
    context.report(finding({ code: "AUTHOR_FORGED", message, where: placeOf(log), expected: operator, found: sender }));
  };
}
