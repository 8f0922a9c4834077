import type { ConsentStanding } from "@medexchain/actors";
import { type Hex32, LATEST, MedexError, resolveId } from "@medexchain/core";

/**
 * The consent that is meant: `latest` is the last by which something can still be approved.
 *
 * @param given oldest first
 * @throws NAME_UNKNOWN, NAME_AMBIGUOUS, INPUT_INVALID as `resolveId` does
 */
export function findConsent(given: readonly Pick<ConsentStanding, "consentId" | "state">[], reference: string): Hex32 {
  const among = reference === LATEST ? given.filter(({ state }) => STANDS.has(state)) : given;
  if (reference === LATEST && among.length === 0) {
    throw new MedexError("NAME_UNKNOWN", "no consent of yours stands; medex consent list shows all with their ids");
  }
  return resolveId(
    "consent",
    reference,
    among.map(({ consentId }) => ({ id: consentId, names: [] })),
  );
}

const STANDS: ReadonlySet<ConsentStanding["state"]> = new Set(["in force", "not yet"]);
