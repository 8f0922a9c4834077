/** Members' certificates, as their events carry them. */

import type { Hex32 } from "@medexchain/chain";
import { keccak256 } from "@medexchain/evm";
import { finding } from "../finding.ts";
import { addressWord, bytesAt, hexWord, intWord, placeOf, type StoredLog, toHex, word } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** Words of a certificate in the events that carry one; the signature's offset follows. */
const CERTIFICATE_WORDS = 6;

/** What of a hospital its certificates are checked against. */
interface CertifyingHospital {
  readonly operator: string;
  readonly homeChainId: bigint;
  readonly active: boolean;
}

export interface Certificate {
  readonly hospitalId: Hex32;
  readonly account: string;
  readonly serial: bigint;
  readonly notAfter: bigint;
}

/** The certificate in `MemberEnrolled` and `MemberImported`. */
export const certificateIn = ({ data }: StoredLog): Certificate => ({
  hospitalId: hexWord(data, 0),
  account: addressWord(data, 2),
  serial: intWord(data, 4),
  notAfter: intWord(data, 5),
});

/** Checks that the hospital's operator signed it, for this member, in time, and with a higher serial than before. */
export function checkCertificate(
  context: VerifyContext,
  log: StoredLog,
  { hospitalId, serial, notAfter }: Certificate,
  hospital: CertifyingHospital | undefined,
  serialBefore: bigint,
): void {
  const { data, topics } = log;
  const memberId = hexWord(topics, 1);
  const wrong = (message: string, expected: unknown, found: unknown) =>
    context.wrong({ code: "CERTIFICATE_INVALID", message, log, expected, found, memberId });
  const expectedId = toHex(keccak256(data.subarray(0, 64))); // hospital id and pseudonym
  if (expectedId !== memberId) wrong("a certificate of another member", expectedId, memberId);
  if (hexWord(topics, 2) !== hospitalId) wrong("a certificate of another hospital", hexWord(topics, 2), hospitalId);
  if (serial <= serialBefore)
    wrong("a certificate that an earlier one had replaced", `serial above ${serialBefore}`, serial);
  if (notAfter <= BigInt(log.timestamp))
    wrong("a certificate that had already expired", `after ${log.timestamp}`, notAfter);
  if (!hospital?.active) {
    wrong("a certificate of a hospital that is not active", "an active hospital", hospitalId);
    return;
  }
  const digestOf = context.digests("MemberCertificate", hospital.homeChainId);
  if (!digestOf) {
    const where = { ...placeOf(log), memberId };
    const message = "a certificate's signature cannot be checked: its hospital's home chain is not part of the audit";
    context.report(
      finding({
        code: "CHECK_NOT_DONE",
        message,
        where,
        expected: `chain ${hospital.homeChainId}`,
        found: "not audited",
      }),
    );
    return;
  }
  const words = Array.from({ length: CERTIFICATE_WORDS }, (_, number) => word(data, number));
  context.requireSigned({
    log,
    account: hospital.operator,
    digest: digestOf(...words),
    signature: bytesAt(data, 0, CERTIFICATE_WORDS),
    otherwise: finding({
      code: "CERTIFICATE_INVALID",
      message: "the hospital's operator did not sign this certificate",
      where: { ...placeOf(log), memberId },
      expected: `signed by ${hospital.operator}`,
      found: toHex(bytesAt(data, 0, CERTIFICATE_WORDS)),
    }),
  });
}
