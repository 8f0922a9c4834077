/** Signatures side by side in one buffer, which is handed to another thread: cloning them one by one takes longer than reading them. */
import type { SignatureToCheck } from "./signature-batch.ts";

const DIGEST = 20;
const SIGNATURE = 52;
const SIZE = 117;

export interface SignaturePacker {
  /** Copies one; false where it has not the lengths that every account's own signature has. */
  add(signature: SignatureToCheck): boolean;
  /** What was added, and begins anew. */
  take(): Uint8Array<ArrayBuffer>;
}

export function signaturePacker(most: number): SignaturePacker {
  let buffer = Buffer.from(new ArrayBuffer(SIZE * most));
  let count = 0;
  return {
    add([account, digest, signature]) {
      if (account.length !== 42 || digest.length !== 32 || signature.length !== 65) return false;
      const at = SIZE * count;
      buffer.write(account.slice(2), at, "hex");
      buffer.set(digest, at + DIGEST);
      buffer.set(signature, at + SIGNATURE);
      count += 1;
      return true;
    },
    take() {
      const packed = new Uint8Array(buffer.buffer, 0, SIZE * count);
      buffer = Buffer.from(new ArrayBuffer(SIZE * most));
      count = 0;
      return packed;
    },
  };
}

export function unpackSignatures(packed: Uint8Array): SignatureToCheck[] {
  return Array.from({ length: packed.length / SIZE }, (_, number) => {
    const one = packed.subarray(SIZE * number, SIZE * (number + 1));
    const account = `0x${Buffer.from(one.buffer, one.byteOffset, DIGEST).toString("hex")}`;
    return [account, one.subarray(DIGEST, SIGNATURE), one.subarray(SIGNATURE)] as const;
  });
}
