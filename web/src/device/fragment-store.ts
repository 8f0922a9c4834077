import type { ApprovalPart, ApprovalProgress, FragmentStore } from "@medexchain/actors";
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { type Database, LAST, putDurably } from "./database.ts";

/** A patient's fragment store in this browser, see `FragmentStore`. */
export function openBrowserFragments(database: Database, vault: string): FragmentStore {
  const get = async (recordId: Hex32): Promise<Uint8Array> => {
    const fragment = await database.get("fragments", [vault, recordId]);
    if (fragment !== undefined) return fragment;
    throw new MedexError(
      "FRAGMENT_INVALID",
      `this browser has no private part of record ${recordId}: open it where the record was published`,
    );
  };
  return {
    put: (recordId, fragment) => putDurably(database, "fragments", [vault, recordId], fragment),
    async begin(recordId) {
      const parts: Uint8Array[] = [];
      return {
        write: async (bytes) => void parts.push(bytes.slice()),
        commit: () => putDurably(database, "fragments", [vault, recordId], concatBytes(...parts)),
        [Symbol.asyncDispose]: async () => void parts.splice(0),
      };
    },
    get,
    async *read(recordId) {
      yield await get(recordId);
    },
    lengthOf: async (recordId) => (await get(recordId)).length,
    remove: (recordId) => database.delete("fragments", [vault, recordId]),
    async list() {
      const keys = await database.getAllKeys("fragments", IDBKeyRange.bound([vault, ""], [vault, LAST]));
      return keys.map(([, recordId]) => recordId as Hex32); // written above
    },
    approval: (requestId, binding) => openApproval(database, vault, requestId, binding),
    endApproval: (requestId) => forgetApproval(database, vault, requestId),
  };
}

const BINDING = "binding";

async function openApproval(
  database: Database,
  vault: string,
  requestId: Hex32,
  binding: Uint8Array,
): Promise<ApprovalProgress> {
  const get = (part: string) => database.get("approvals", [vault, requestId, part]);
  const put = (part: string, bytes: Uint8Array) => putDurably(database, "approvals", [vault, requestId, part], bytes);
  const kept = await get(BINDING);
  if (kept === undefined || !equalBytes(kept, binding)) {
    await forgetApproval(database, vault, requestId);
    await put(BINDING, binding);
  }
  const once = async (part: ApprovalPart, make: () => Promise<Uint8Array>): Promise<Uint8Array> => {
    const before = await get(part);
    if (before !== undefined) return before;
    const made = await make();
    await put(part, made);
    return made;
  };
  const entries = IDBKeyRange.bound([vault, requestId, 0], [vault, requestId, Number.MAX_SAFE_INTEGER]);
  return {
    journal: {
      entries: () => database.getAll("journals", entries),
      async append(entry) {
        await putDurably(database, "journals", [vault, requestId, await database.count("journals", entries)], entry);
      },
    },
    has: async (part) => (await get(part)) !== undefined,
    once,
    drop: (part) => database.delete("approvals", [vault, requestId, part]),
    async file(part, make) {
      const bytes = await once(part, async () => {
        const parts: Uint8Array[] = [];
        await make(async (piece) => void parts.push(piece.slice()));
        return concatBytes(...parts);
      });
      return {
        length: bytes.length,
        read: async (start, end) => bytes.slice(start, end),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function forgetApproval(database: Database, vault: string, requestId: Hex32): Promise<void> {
  const transaction = database.transaction(["approvals", "journals"], "readwrite", { durability: "strict" });
  await Promise.all([
    transaction.objectStore("approvals").delete(IDBKeyRange.bound([vault, requestId, ""], [vault, requestId, LAST])),
    transaction
      .objectStore("journals")
      .delete(IDBKeyRange.bound([vault, requestId, 0], [vault, requestId, Number.MAX_SAFE_INTEGER])),
    transaction.done,
  ]);
}
