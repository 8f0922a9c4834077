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
  const masks = new Int32Array(count);
  for (let entry = 0; entry < count; entry += 1) masks[entry] = isZeroMask(entry ^ index);
  const start = first * size;
  // Four words at a time, since this loop is most of what uniformity costs; sizes of points and GT elements are multiples of four.
  for (let i = 0; i < size; i += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let entry = 0, at = start + i; entry < count; entry += 1, at += size) {
      const mask = masks[entry] ?? 0;
      a |= (entries[at] ?? 0) & mask;
      b |= (entries[at + 1] ?? 0) & mask;
      c |= (entries[at + 2] ?? 0) & mask;
      d |= (entries[at + 3] ?? 0) & mask;
    }
    heap[to + i] = a;
    heap[to + i + 1] = b;
    heap[to + i + 2] = c;
    heap[to + i + 3] = d;
  }
}

/** The last third of a point, its Z, when it is affine: 1. */
export function writeAffineZ(target: Pointer, affine: Uint32Array): void {
  memory().set(affine.subarray((2 * affine.length) / 3), (target >> 2) + (2 * affine.length) / 3);
}

/** Overwrites a value by another when `condition` is 1, leaves it when 0, with the same accesses either way. */
export function replaceIf(condition: number, value: Pointer, other: Pointer, size: number): void {
  const heap = memory();
  const mask = -condition;
  for (let i = 0; i < size; i += 1) {
    const kept = heap[(value >> 2) + i] ?? 0;
    heap[(value >> 2) + i] = kept ^ (mask & (kept ^ (heap[(other >> 2) + i] ?? 0)));
  }
}

/** All ones when a small number is 0, else 0. */
function isZeroMask(value: number): number {
  return (value - 1) >> 31;
}
