import { MedexError } from "@medexchain/core";

/** PostgreSQL: read-only transactions, what a full disk or too little memory refuses, and failing input or output. */
const TAKES_NO_WRITES = /^(25006|53...|58030)$/;

/** The failure of a database that answers, but cannot write down what it is told; undefined for any other. */
export function storageError(error: unknown, place: string): MedexError | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!TAKES_NO_WRITES.test(code)) return undefined;
  return new MedexError(
    "STORAGE_FAILED",
    `relayer database at ${place} takes no writes (${code}): free some space, or make it writable; the relayer takes no work meanwhile`,
    { cause: error },
  );
}
