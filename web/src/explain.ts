import { DeviceError } from "./device.ts";
import { en } from "./words/en.ts";
import type { Say } from "./words/index.tsx";

/** What went wrong, in the person's language where it is known well enough, else as the library says it. */
export function explain(say: Say, reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason);
  const key = reason instanceof DeviceError ? `error.${reason.code}` : "";
  return Object.hasOwn(en, key) ? say(key as keyof typeof en, { message }) : message;
}
