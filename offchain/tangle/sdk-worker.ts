/**
 * The thread of one client: it loads the SDK, whose proof of work takes up to a second of computation per block, and runs the
 * tasks that it is sent. Ending the thread is the one way to abort a request of the SDK.
 */
import { parentPort, workerData } from "node:worker_threads";
import { loadSdk } from "./sdk.ts";
import { serveSdk } from "./sdk-run.ts";
import type { SdkCall, SdkNode } from "./sdk-task.ts";

const port = parentPort;
if (port === null) throw new Error("sdk-worker runs in a thread");
const answer = serveSdk(loadSdk(), workerData as SdkNode); // given by startSdk
port.on("message", async (call: SdkCall) => port.postMessage(await answer(call)));
