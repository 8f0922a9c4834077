/** How an entry of a table is read: so that memory access tells which, or not. */
import { memory, type Pointer } from "./mcl.ts";

/**
 * `direct` reads the one entry, so that which memory is touched depends on the index. `uniform` reads every entry and keeps one by
 * masks, for scalars that live long. See curve.ts for which scalar takes which.
 */
export type Lookup = "direct" | "uniform";

/** Entries of equal size, of which a lookup reads one of `count` from `first` on. */
export interface Row {
  readonly entries: Uint32Array;
  readonly first: number;
  readonly count: number;
  /** Words of an entry. */
  readonly size: number;
}

/** Copies an entry of a row into WebAssembly memory. */
export function readEntry({ entries, first, count, size }: Row, index: number, target: Pointer, lookup: Lookup): void {
  const heap = memory();
  const to = target >> 2;
  if (lookup === "direct") {
    const from = (first + index) * size;
    heap.set(entries.subarray(from, from + size), to);
    return;
  }
  heap.fill(0, to, to + size);
  for (let entry = 0; entry < count; entry += 1) {
    const mask = isZeroMask(entry ^ index);
    const from = (first + entry) * size;
    for (let i = 0; i < size; i += 1) heap[to + i] = (heap[to + i] ?? 0) | ((entries[from + i] ?? 0) & mask);
  }
}

/** Replaces a value by its negative or inverse when `condition` is 1, leaves it when 0, with the same accesses either way. */
export function negateIf(condition: number, value: Pointer, negated: Pointer, size: number): void {
  const heap = memory();
  const mask = -condition;
  for (let i = 0; i < size; i += 1) {
    const kept = heap[(value >> 2) + i] ?? 0;
    heap[(value >> 2) + i] = kept ^ (mask & (kept ^ (heap[(negated >> 2) + i] ?? 0)));
  }
}

/** All ones when a small number is 0, else 0. */
function isZeroMask(value: number): number {
  return (value - 1) >> 31;
}
