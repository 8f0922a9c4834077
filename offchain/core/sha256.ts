import { createHash } from "node:crypto";

/** SHA-256 that takes its input in parts. */
export interface Sha256 {
  update(part: Uint8Array): Sha256;
  /** @returns 32 bytes; nothing can be added afterwards */
  digest(): Uint8Array;
}

/** The platform's own SHA-256, for what has megabytes: in JavaScript 100 MB take most of a second. */
export function createSha256(): Sha256 {
  const hash = createHash("sha256");
  const running: Sha256 = {
    update(part) {
      hash.update(part);
      return running;
    },
    digest: () => new Uint8Array(hash.digest()),
  };
  return running;
}

/** @returns SHA-256, 32 bytes */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createSha256().update(bytes).digest();
}
