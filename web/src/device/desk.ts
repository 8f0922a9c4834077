import { MedexError } from "@medexchain/core";

/** Longer than a hospital's chain takes to enrol somebody. */
const TIMEOUT_MS = 60_000;

/**
 * Has the front desk of a development network enrol an account.
 *
 * @returns false where it refuses: the name is another's there. What it has done is known then
 * @throws SERVICE_UNREACHABLE, SERVICE_PROTOCOL: it may have enrolled the account all the same, so that its vault must be kept
 */
export async function enrolAtDesk(enrolment: {
  readonly hospital: string;
  readonly pseudonym: string;
  readonly account: string;
}): Promise<boolean> {
  const answer = await fetch("/desk/enrol", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(enrolment),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new MedexError(
      "SERVICE_UNREACHABLE",
      "the front desk does not answer: create the account again, by the same name and passphrase, to go on",
      { cause },
    );
  });
  if (answer.ok) return true;
  if (answer.status === 409) return false;
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `the front desk failed (${answer.status}): create the account again, by the same name and passphrase, to go on`,
  );
}
