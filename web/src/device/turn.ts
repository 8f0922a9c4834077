import { MedexError } from "@medexchain/core";

/** How long a vault is waited for that this tab itself has locked, and whose calls still run. */
const OWN_CALLS_MS = 60_000;

/**
 * Takes a vault for this tab: two that approved at once would take each other's account's turn (its nonces), and write to one journal. The
 * browser ends it with the tab (Web Locks).
 *
 * @param isLeaving whether this tab has the vault still, for calls from before it was locked: they are waited for
 * @returns ends it
 * @throws VAULT_IN_USE when another tab has it, or those calls take long
 */
export function takeTurn(vault: string, isLeaving = false): Promise<() => void> {
  const inUse = (message: string, cause?: unknown): MedexError => new MedexError("VAULT_IN_USE", message, { cause });
  return new Promise((resolve, reject) => {
    const whileHeld = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return new Promise((end) => resolve(() => end()));
      reject(inUse(`the account "${vault}" is open in another tab: go on there, or lock it there`));
      return undefined;
    };
    const how = isLeaving ? { signal: AbortSignal.timeout(OWN_CALLS_MS) } : { ifAvailable: true };
    navigator.locks.request(`medexchain/vault/${vault}`, how, whileHeld).catch((cause: unknown) => {
      const isLate = cause instanceof DOMException && cause.name === "TimeoutError";
      const stillRuns = `what was begun with the account "${vault}" before it was locked still runs: try again soon`;
      reject(isLate ? inUse(stillRuns, cause) : cause);
    });
  });
}
