/** `sha256.ts` for browsers, whose own SHA-256 takes no input in parts. */
import { sha256 as hash } from "@noble/hashes/sha2.js";
import type { Sha256 } from "./sha256.ts";

export function createSha256(): Sha256 {
  const running = hash.create();
  const parts: Sha256 = {
    update(part) {
      running.update(part);
      return parts;
    },
    digest: () => running.digest(),
  };
  return parts;
}

export const sha256 = (bytes: Uint8Array): Uint8Array => hash(bytes);
