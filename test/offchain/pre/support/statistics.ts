/** How often an adversary guesses a bit, and what chance allows. */

/** What n fair guesses get right stays within 3.5 standard deviations of half, but for once in 2000 seeds. */
export function chance(trials: number): { least: number; most: number } {
  const spread = (3.5 * Math.sqrt(trials)) / 2;
  return { least: trials / 2 - spread, most: trials / 2 + spread };
}

/** Plays a game n times with the bits of `bits`, and counts the right guesses. */
export async function winsOf(
  bits: readonly number[],
  play: (bit: number) => number | Promise<number>,
): Promise<number> {
  let wins = 0;
  for (const bit of bits) if ((await play(bit)) === bit) wins += 1;
  return wins;
}

/** The bits of bytes, eight of each. */
export function bitsOf(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
}

/**
 * Takes a sample of bits for each flip, and gives the largest bias of any column: how much more often it is set under 1 than under 0,
 * in standard deviations of chance. Over a thousand columns chance stays below 5.
 */
export function columnBias(flips: readonly number[], sampleOf: (flip: number) => readonly number[]): number {
  const samples = flips.map(sampleOf);
  const [zeros, ones] = [0, 1].map((of) => samples.filter((_, i) => flips[i] === of)) as [number[][], number[][]];
  const deviation = Math.sqrt(0.25 / zeros.length + 0.25 / ones.length);
  const rate = (of: number[][], column: number) => of.filter((sample) => sample[column] === 1).length / of.length;
  const columns = samples[0]?.length ?? 0;
  const biases = Array.from({ length: columns }, (_, column) => Math.abs(rate(ones, column) - rate(zeros, column)));
  return Math.max(...biases) / deviation;
}
