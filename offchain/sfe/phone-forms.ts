/** Telephone numbers in the forms in which people write them: to find one in a text. */

/** Below this many digits, a number is no subscriber's. */
const MIN_DIGITS = 7;
/** The longest number there is (ITU-T E.164), with what is dialled before it. */
const MAX_DIGITS = 18;

/** Codes of countries that have one digit, and those that have three by their first two (ITU-T E.164); the others have two. */
const ONE_DIGIT = /^[17]/;
const THREE_DIGITS = /^(2[1-69]|3[578]|42|5[09]|6[789]|8[05-8]|9[679])/;

function countryCodeLength(digits: string): number {
  if (ONE_DIGIT.test(digits)) return 1;
  return THREE_DIGITS.test(digits) ? 3 : 2;
}

/**
 * What all forms of a number end with: its digits without the country's code, the zero before an area's, and punctuation.
 * @returns undefined if it has too few digits
 */
export function phoneTail(text: string): string | undefined {
  const digits = text.replace(/\(\s*0\s*\)/, "").replaceAll(/\D/g, "");
  const [, abroad] = /^\s*\+/.test(text) ? [digits, digits] : (/^00(\d+)$/.exec(digits) ?? []);
  const national = abroad === undefined ? digits : abroad.slice(countryCodeLength(abroad));
  const tail = national.replace(/^0+/, "");
  return tail.length < MIN_DIGITS ? undefined : tail;
}

/**
 * Ends of the numbers that a text may show: of words of digits one after the other, joined, the last digits of each length.
 *
 * @param words of the text
 * @param lengths of the ends that are looked for
 */
export function* phoneTailsIn(words: readonly string[], lengths: ReadonlySet<number>): Generator<string> {
  let digits = "";
  for (const word of words) {
    digits = /^\d+$/.test(word) ? (digits + word).slice(-MAX_DIGITS) : "";
    for (const length of lengths) if (digits.length >= length) yield digits.slice(-length);
  }
}
