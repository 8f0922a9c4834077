/** JSON numbers as fixed-point integers: `value = integer / 10^scale`. Exact: no binary floating point is involved. */

const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** No slot holds more digits than this, so that an exponent cannot make the arithmetic large. */
const MAX_DIGITS = 18;

export interface FixedPoint {
  readonly integer: bigint;
  /** Decimal digits after the point, 0 or more. */
  readonly scale: number;
}

/**
 * Converts the text of a JSON number. `36.50` is 3650 at scale 2; `1.2e3` is 1200 at scale 0; `-0` is 0.
 *
 * @param scale the scale to use; by default the least one that keeps every digit as written
 * @returns undefined if the text is no JSON number, the scale drops a digit that is not zero, or there are more than 18 digits
 */
export function toFixedPoint(text: string, scale?: number): FixedPoint | undefined {
  const match = JSON_NUMBER.exec(text);
  if (match === null || (scale !== undefined && !isScale(scale))) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") {
    const written = Math.max(0, fraction.length - Number(exponent));
    return { integer: 0n, scale: scale ?? Math.min(written, MAX_DIGITS) };
  }
  // value = digits * 10^power
  const power = Number(exponent) - fraction.length;
  const used = scale ?? Math.max(0, -power);
  const shift = power + used;
  if (!isScale(used) || digits.length + shift > MAX_DIGITS) return undefined;
  const dropped = shift < 0 ? digits.slice(shift) : "";
  if (/[1-9]/.test(dropped)) return undefined;
  const kept = shift < 0 ? digits.slice(0, shift) : digits + "0".repeat(shift);
  const magnitude = BigInt(kept === "" ? "0" : kept);
  return { integer: sign === "-" ? -magnitude : magnitude, scale: used };
}

const isScale = (scale: number): boolean => Number.isSafeInteger(scale) && scale >= 0 && scale <= MAX_DIGITS;

/** The numbers of a value, one a line: a table's cell may have its number in quotes. */
export function numberLines(value: string): string[] {
  return value.split("\n").map((line) => (/^".*"$/.test(line) ? line.slice(1, -1) : line));
}

/** The decimal text of a fixed-point number, with `scale` digits after the point. */
export function fromFixedPoint({ integer, scale }: FixedPoint): string {
  const digits = (integer < 0n ? -integer : integer).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${integer < 0n ? "-" : ""}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`;
}
