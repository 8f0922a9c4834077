import { MedexError, sha256 } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import type { CID } from "multiformats/cid";
import { digestOf } from "./cid.ts";
import { callKubo, type KuboConnection, KuboRefusal } from "./kubo-client.ts";

/** The largest encoding stored as one block: what every IPFS node exchanges without `allow-big-block`. */
export const MAX_BLOCK_BYTES = 1_048_576;

/** What is read of an answer: Bitswap carries no larger block, so no honest node has one. */
const MAX_ANSWER_BYTES = 2 * MAX_BLOCK_BYTES;

/**
 * Fetches one block and checks its digest. The answer is read only so far as a block can be long.
 *
 * @param signal gives up; its reason is thrown
 * @throws MedexError CONTENT_MISMATCH (the node answers with other bytes), CONTENT_INVALID (it is larger than this system writes),
 *   CONTENT_NOT_FOUND, SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function fetchBlock(connection: KuboConnection, cid: CID, signal?: AbortSignal): Promise<Uint8Array> {
  const expected = digestOf(cid);
  const bytes = await callKubo(connection, { subject: `block ${cid}`, isLookup: true, signal }, (within) =>
    readBlock(connection, cid, within),
  );
  if (bytes === undefined || !equalBytes(sha256(bytes), expected)) {
    throw new MedexError(
      "CONTENT_MISMATCH",
      `IPFS at ${connection.url} answered ${cid} with other content; ask another node`,
    );
  }
  if (bytes.length > MAX_BLOCK_BYTES) {
    throw new MedexError(
      "CONTENT_INVALID",
      `IPFS content ${cid}: a block of ${bytes.length} bytes, above ${MAX_BLOCK_BYTES}; ask whoever published it`,
    );
  }
  return bytes;
}

/** @returns undefined when the answer is longer than any block */
async function readBlock(
  { api, headers }: KuboConnection,
  cid: CID,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  // not by the client, which reads an answer to its end whatever its length
  const response = await fetch(`${api}/block/get?arg=${cid}`, { method: "POST", headers, signal, redirect: "error" });
  const body = await readAtMost(response, MAX_ANSWER_BYTES);
  if (!response.ok) throw new KuboRefusal(response.status, body === undefined ? "" : messageIn(body));
  return body;
}

async function readAtMost(response: Response, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) return undefined; // leaving the loop ends the connection
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

/** The message of Kubo's error document, or the text as it is. */
function messageIn(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  return /"Message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(text)?.[1] ?? text;
}
