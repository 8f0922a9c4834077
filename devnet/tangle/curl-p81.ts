/**
 * Curl-P-81, the ternary sponge that IOTA's proof of work uses (TIP-12), over one block of 243 balanced trits (−1, 0, 1).
 * It verifies single nonces; it is not fast enough to mine.
 */
export const HASH_TRITS = 243;
const STATE_TRITS = 3 * HASH_TRITS;
const ROUNDS = 81;
/** The S-box, indexed by a + 4b + 5 for two trits a, b; places 3 and 7 cannot occur. */
const S_BOX = Int8Array.of(1, 0, -1, 2, 1, -1, 0, 2, -1, 1, 0);

/** @param input 243 trits */
export function curlP81(input: Int8Array): Int8Array {
  let state = new Int8Array(STATE_TRITS);
  let next = new Int8Array(STATE_TRITS);
  state.set(input);
  for (let round = 0; round < ROUNDS; round += 1) {
    let index = 0;
    for (let position = 0; position < STATE_TRITS; position += 1) {
      const first = state[index] ?? 0;
      index += index < 365 ? 364 : -365;
      next[position] = S_BOX[first + 4 * (state[index] ?? 0) + 5] ?? 0;
    }
    [state, next] = [next, state];
  }
  return state.slice(0, HASH_TRITS);
}
