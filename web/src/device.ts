import { type Remote, wrap } from "comlink";
import type { Failure, Outcome } from "./device/told.ts";
import type { Device } from "./device/worker.ts";

/** What went wrong in the thread that computes. */
export class DeviceError extends Error {
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}

/** The thread. One for each page: it ends with it, and its secrets too. */
export const device: Remote<Device> = wrap<Device>(
  new Worker(new URL("./device/entry.ts", import.meta.url), { type: "module" }),
);

/** What can be chosen before anything is unlocked. */
export type Choices = Extract<Awaited<ReturnType<Device["lobby"]>>, { ok: unknown }>["ok"];

/** What a call returned. @throws DeviceError */
export async function result<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const settled = await outcome;
  if ("failure" in settled) throw new DeviceError(settled.failure);
  return settled.ok;
}
