/** Text as words: rows of letters or of digits, without accents and in lower case. */

const ASCII_ONLY = /^[\0-\x7f]*$/;

/** Letters that are no others with an accent, as they are written without them. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: "ss", ø: "o", Ø: "O", æ: "ae", Æ: "Ae", œ: "oe", Œ: "Oe", ł: "l", Ł: "L", đ: "d", Đ: "D", ð: "d", Ð: "D" },
  ...{ þ: "th", Þ: "Th", ı: "i", "\u00ad": "" },
};
/** How the same letters are written out where a keyboard lacks them. */
const WRITTEN_OUT: Readonly<Record<string, string>> = {
  ...{ ä: "ae", ö: "oe", ü: "ue", Ä: "Ae", Ö: "Oe", Ü: "Ue", ø: "oe", Ø: "Oe", å: "aa", Å: "Aa" },
};

/** Text with accents taken off: `Müller` is `Muller`, however it is encoded. */
export function normalizeWords(text: string): string {
  if (ASCII_ONLY.test(text)) return text;
  const decomposed = text.normalize("NFKD").replaceAll(/\p{M}/gu, "");
  return decomposed.replaceAll(/[^\0-\x7f]/gu, (letter) => PLAIN[letter] ?? letter);
}

/** `Müller` as `Mueller`; undefined for a text without such letters. */
export function writtenOut(text: string): string | undefined {
  if (ASCII_ONLY.test(text)) return undefined;
  const composed = text.normalize("NFC");
  const result = composed.replaceAll(/[äöüøå]/giu, (letter) => WRITTEN_OUT[letter] ?? letter);
  return result === composed ? undefined : result;
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

/** A text as a reader sees it, who may decode a URL or a narrative, and read umlauts as they are written out. */
export function readable(text: string): string {
  let result = text;
  if (/%[0-9a-f]{2}/i.test(result)) result += ` ${percentDecoded(result)}`;
  if (result.includes("&")) result = withoutEntities(result);
  const out = writtenOut(result);
  return out === undefined ? result : `${result} ${out}`;
}

function withoutEntities(text: string): string {
  return text
    .replaceAll(/&#(x[0-9a-f]{1,6}|\d{1,7});/gi, (whole: string, code: string) => {
      const point = Number(/^x/i.test(code) ? `0${code}` : code);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    })
    .replaceAll(/&([aou])uml;/gi, "$1\u0308")
    .replaceAll(/&([a-z])(?:uml|acute|grave|circ|tilde|cedil|ring|slash|caron);/gi, "$1")
    .replaceAll("&szlig;", "ss")
    .replaceAll("&amp;", "&")
    .replaceAll("&nbsp;", " ");
}
