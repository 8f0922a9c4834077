import { type Remote, wrap } from "comlink";
import type { Auditing } from "./auditing/worker.ts";

let thread: Remote<Auditing> | undefined;

/** The thread that reads histories, started when an auditor first looks. */
export function auditing(): Remote<Auditing> {
  thread ??= wrap<Auditing>(new Worker(new URL("./auditing/entry.ts", import.meta.url), { type: "module" }));
  return thread;
}
