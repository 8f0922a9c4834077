/** Text as words: rows of letters or of digits, without accents and in lower case. */

const ASCII_ONLY = /^[\0-\x7f]*$/;

/** Text with accents taken off: `Müller` is `Muller`, however it is encoded. */
export function normalizeWords(text: string): string {
  return ASCII_ONLY.test(text) ? text : text.normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll("ß", "ss");
}

/** Words of a text, as it is written but for accents. */
export function writtenWordsOf(text: string): string[] {
  return normalizeWords(text).match(/\p{L}+|\p{N}+/gu) ?? [];
}

export function wordsOf(text: string): string[] {
  return writtenWordsOf(text).map((word) => word.toLowerCase());
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that is one
  }
}

/** A text as a reader sees it, who may decode a URL or a narrative. */
export function readable(text: string): string {
  let result = text;
  if (/%[0-9a-f]{2}/i.test(result)) result += ` ${percentDecoded(result)}`;
  if (!result.includes("&")) return result;
  return result
    .replaceAll(/&#(x[0-9a-f]{1,6}|\d{1,7});/gi, (whole: string, code: string) => {
      const point = Number(/^x/i.test(code) ? `0${code}` : code);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    })
    .replaceAll(/&([a-z])(?:uml|acute|grave|circ|tilde|cedil|ring|slash|caron);/gi, "$1")
    .replaceAll("&szlig;", "ss")
    .replaceAll("&amp;", "&")
    .replaceAll("&nbsp;", " ");
}
