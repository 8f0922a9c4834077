/**
 * The thread of one client: it loads the SDK, whose proof of work takes up to a second of computation per block, and runs the
 * tasks that it is sent. Ending the thread is the one way to abort a request of the SDK.
 */
import { parentPort, workerData } from "node:worker_threads";
import { bytesToHex } from "@noble/hashes/utils.js";
import { loadSdk } from "./sdk.ts";
import type { SdkAnswer, SdkCall, SdkNode, SdkReply, SdkTask } from "./sdk-task.ts";

const port = parentPort;
if (port === null) throw new Error("sdk-worker runs in a thread");
const { url, jwt } = workerData as SdkNode; // given by SdkThread
const { Client, Utils } = loadSdk();
const client = new Client({ nodes: [{ url, auth: jwt === undefined ? {} : { jwt } }], localPow: true });

port.on("message", async ({ id, task }: SdkCall) => {
  let reply: SdkReply;
  try {
    reply = { id, answer: await run(task) };
  } catch (error) {
    reply = { id, failure: textOf(error) };
  }
  port.postMessage(reply);
});

async function run(task: SdkTask): Promise<SdkAnswer> {
  if (task.verb === "info") return client.getMinPowScore();
  // typed as bytes, but the SDK passes JSON between its halves: an array of numbers
  if (task.verb === "block") return Uint8Array.from(await client.getBlockRaw(task.blockId));
  const hex = { tag: `0x${bytesToHex(task.tag)}`, data: `0x${bytesToHex(task.data)}` };
  const [, block] = await client.buildAndPostBlock(undefined, hex);
  return Uint8Array.from(Utils.blockBytes(block));
}

/** The SDK throws strings of JSON, and now and then objects. */
function textOf(failure: unknown): string {
  if (typeof failure === "string") return failure;
  return failure instanceof Error ? failure.message : JSON.stringify(failure);
}
