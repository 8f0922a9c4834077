/**
 * The parameter x of BLS12-381, and scalars in base X = |x|. As p ≡ x modulo r, the Frobenius map raises elements of GT to x and
 * multiplies points of G2 by x at next to no cost, which makes one 255-bit scalar into four digits of 64 bits (Galbraith and Scott 2008).
 */

/** X; x = −X. */
export const CURVE_PARAMETER = 0xd201000000010000n;

/** Digits of a scalar: r < X⁴. */
export const DIGITS = 4;
export const DIGIT_BITS = 64;

const X_LOW = Number(CURVE_PARAMETER & 0xffffffffn);
const X_HIGH = Number(CURVE_PARAMETER >> 32n);

/**
 * The digits of a scalar in base X, two 32-bit words each, lowest first. Long division bit by bit, with the same steps for every
 * scalar.
 *
 * @param scalar 32 bytes, big-endian, below r
 */
export function digitsOf(scalar: Uint8Array): Uint32Array {
  const quotient = new Uint32Array(8);
  for (let i = 0; i < 32; i += 1) {
    quotient[i >> 2] = (quotient[i >> 2] ?? 0) | ((scalar[31 - i] ?? 0) << (8 * (i & 3)));
  }
  const digits = new Uint32Array(2 * DIGITS);
  for (let digit = 0; digit < DIGITS - 1; digit += 1) {
    let low = 0;
    let high = 0;
    for (let bit = 255; bit >= 0; bit -= 1) {
      const word = bit >> 5;
      const shift = bit & 31;
      const carry = high >>> 31;
      high = (high << 1) | (low >>> 31);
      low = (low << 1) | (((quotient[word] ?? 0) >>> shift) & 1);
      const lowRest = (low - X_LOW) | 0;
      const lowBorrow = borrowOf(low, X_LOW, lowRest);
      const highRest = (high - X_HIGH - lowBorrow) | 0;
      const fits = carry | (1 - borrowOf(high, X_HIGH, highRest));
      low ^= -fits & (low ^ lowRest);
      high ^= -fits & (high ^ highRest);
      quotient[word] = ((quotient[word] ?? 0) & ~(1 << shift)) | (fits << shift);
    }
    digits[2 * digit] = low;
    digits[2 * digit + 1] = high;
  }
  digits[2 * DIGITS - 2] = quotient[0] ?? 0;
  digits[2 * DIGITS - 1] = quotient[1] ?? 0;
  quotient.fill(0);
  return digits;
}

/** Adds 1 or 2 to a digit. */
export function addToDigit(digits: Uint32Array, digit: number, summand: number): void {
  const low = digits[2 * digit] ?? 0;
  const sum = (low + summand) >>> 0;
  digits[2 * digit] = sum;
  digits[2 * digit + 1] = (digits[2 * digit + 1] ?? 0) + borrowOf(sum, low, (sum - low) | 0);
}

/** Bit `bit` < 64 of a digit. */
export function bitOf(digits: Uint32Array, digit: number, bit: number): number {
  return ((digits[2 * digit + (bit >> 5)] ?? 0) >>> (bit & 31)) & 1;
}

/** 1 when a < b as 32-bit words, given their difference, or a − b with a borrow; else 0. */
function borrowOf(a: number, b: number, difference: number): number {
  return ((~a & b) | ((~a | b) & difference)) >>> 31;
}
