/** The SDK's side of each task. */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { SdkAnswer, SdkCall, SdkNode, SdkReply, SdkTask } from "./sdk-task.ts";

/** The IOTA Foundation's client library, as WebAssembly (package.json maps `@iota/sdk` to it). */
export type Sdk = Pick<typeof import("@iota/sdk/node/lib/index.js"), "Client" | "Utils">;
type Client = InstanceType<Sdk["Client"]>;

/** @returns answers calls, one after the other as they come, with what the SDK answers or says is wrong */
export function serveSdk({ Client, Utils }: Sdk, { url, jwt }: SdkNode): (call: SdkCall) => Promise<SdkReply> {
  const client = new Client({ nodes: [{ url, auth: jwt === undefined ? {} : { jwt } }], localPow: true });
  return async ({ id, task }) => {
    try {
      return { id, answer: await run(client, Utils, task) };
    } catch (error) {
      return { id, failure: textOf(error) };
    }
  };
}

async function run(client: Client, Utils: Sdk["Utils"], task: SdkTask): Promise<SdkAnswer> {
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
