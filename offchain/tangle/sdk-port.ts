import { Worker } from "node:worker_threads";
import { siblingModule } from "@medexchain/core";
import type { SdkCall, SdkNode, SdkReply } from "./sdk-task.ts";

/** A thread that runs the SDK. */
export interface SdkPort {
  send(call: SdkCall): void;
  /** Ends the thread, and with it whatever request it has under way. */
  end(): Promise<void>;
}

/** What comes of it. */
export interface SdkListener {
  reply(reply: SdkReply): void;
  /** The thread ended; undefined when nobody said why. */
  ended(cause: unknown): void;
}

/** Starts the thread. It does not keep the process alive. */
export function startSdk(node: SdkNode, { reply, ended }: SdkListener): SdkPort {
  // Of the process's own flags only how packages resolve: one that concerns its entry point (--input-type) would stop the thread.
  const execArgv = process.execArgv.filter((flag) => flag.startsWith("--conditions="));
  const worker = new Worker(siblingModule(import.meta.url, "sdk-worker"), { workerData: node, execArgv });
  worker.unref();
  worker.on("message", reply);
  worker.on("error", ended);
  worker.on("exit", () => ended(undefined));
  return { send: (call) => worker.postMessage(call), end: async () => void (await worker.terminate()) };
}
