import { MedexError } from "@medexchain/core";

/**
 * Takes a vault for this tab: two that approved at once would take each other's account's turn (its nonces), and write to one journal. The
 * browser ends it with the tab (Web Locks).
 *
 * @returns ends it
 * @throws INPUT_INVALID when another tab has it
 */
export function takeTurn(vault: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const whileHeld = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return new Promise((end) => resolve(() => end()));
      reject(
        new MedexError("INPUT_INVALID", `the account "${vault}" is open in another tab: go on there, or lock it there`),
      );
      return undefined;
    };
    navigator.locks.request(`medexchain/vault/${vault}`, { ifAvailable: true }, whileHeld).catch(reject);
  });
}
