import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { beginDurableFile, removeAbandoned, writeFileDurably } from "@medexchain/core/durable-file";
import type { FragmentStore } from "../fragment-store.ts";
import { openApprovalProgress } from "./approval-progress.ts";

/** The folder of approvals that are under way. */
const APPROVALS = "approvals";

/** Bytes that are read of a fragment at a time. */
const READ_LENGTH = 1024 * 1024;

/**
 * Opens, and if need be makes, a store in a folder that only its owner may read. What publications and approvals that were killed have left
 * half-written there is removed.
 *
 * @throws CONFIG_INVALID when the folder cannot be made
 */
export async function openFragmentStore(folder: string): Promise<FragmentStore> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const each of [folder, ...(await foldersIn(join(folder, APPROVALS)))]) await removeAbandoned(each);
  } catch (cause) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the fragment store ${folder} cannot be made; choose a folder that is writable`,
      {
        cause,
      },
    );
  }
  const fileOf = (recordId: Hex32) => join(folder, `${recordId.slice(2)}.eprf`);
  const missing = (recordId: Hex32, cause: unknown): MedexError =>
    new MedexError(
      "FRAGMENT_INVALID",
      `the fragment store ${folder} cannot give the private fragment of record ${recordId}; restore it from a backup`,
      { cause },
    );
  const approvalOf = (requestId: Hex32) => join(folder, APPROVALS, requestId.slice(2));
  return {
    approval: (requestId, binding) => openApprovalProgress(approvalOf(requestId), binding),
    endApproval: (requestId) => rm(approvalOf(requestId), { recursive: true, force: true }),
    begin: (recordId) => beginDurableFile(fileOf(recordId)),
    put: (recordId, fragment) => writeFileDurably(fileOf(recordId), fragment),
    async get(recordId) {
      try {
        return new Uint8Array(await readFile(fileOf(recordId)));
      } catch (cause) {
        throw missing(recordId, cause);
      }
    },
    async *read(recordId) {
      try {
        yield* createReadStream(fileOf(recordId), { highWaterMark: READ_LENGTH });
      } catch (cause) {
        throw missing(recordId, cause);
      }
    },
    async lengthOf(recordId) {
      try {
        return (await stat(fileOf(recordId))).size;
      } catch (cause) {
        throw missing(recordId, cause);
      }
    },
    remove: (recordId) => rm(fileOf(recordId), { force: true }),
    list: async () =>
      (await readdir(folder)).flatMap((name) => {
        const [, id] = /^([0-9a-f]{64})\.eprf$/.exec(name) ?? [];
        return id === undefined ? [] : [`0x${id}` as const];
      }),
  };
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
