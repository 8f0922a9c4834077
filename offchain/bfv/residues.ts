/**
 * Packing and unpacking in WebAssembly, several times as fast as in JavaScript: every residue of a ciphertext from anyone is compared with its
 * prime, one by one. The module is `residues.wat`, compiled (`npm run residues`), with one memory that every call shares: ciphertexts and
 * public keys stay in it, plaintexts do not (`plaintext-bytes.ts`).
 */
import { RESIDUES_MODULE } from "./residues-module.ts";

/** Node's types have its interfaces only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Residues {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** See `residues.wat`. All places are in bytes, `position` in bits. Returns 1 where a residue is not below the prime. */
  unpack(from: number, position: number, bits: number, prime: bigint, to: number, count: number): number;
  add(from: number, to: number, prime: bigint, count: number): void;
  pack(from: number, count: number, bits: number, to: number, position: number): void;
}

const PAGE = 1 << 16;

let instance: Residues | undefined;

/** The module's functions. */
export function residues(): Residues {
  // Its exports are what its source says; a test compares the two.
  instance ??= new WebAssembly.Instance(
    new WebAssembly.Module(Uint8Array.from(atob(RESIDUES_MODULE), (each) => each.charCodeAt(0))),
  ).exports as Residues;
  return instance;
}

/** The module's memory, of so many bytes at least. It is good until the next call. */
export function residueMemory(bytes: number): Uint8Array {
  const { memory } = residues();
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return new Uint8Array(memory.buffer);
}
