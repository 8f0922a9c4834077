/** Dates in the forms in which people write them, each as `YYYY-MM-DD`: to find a birth date in a text. */

/** Languages whose names of months are known. */
const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl"];
/** What may stand between a day, a month and a year besides punctuation: `3rd of May`, `3 de mayo de 1980`. */
const FILLERS = new Set(["st", "nd", "rd", "th", "of", "de", "del", "er"]);
/** A date with a year of two digits, which only its punctuation tells from other numbers. */
const SHORT_YEAR = /(?<![\d./-])(\d{1,2})([./-])(\d{1,2}|[\p{L}]{3,})\2(\d{2})(?![\d./-]*\d)/gu;
/** Words of a date, with fillers. */
const MAX_WORDS = 7;

/** Numbers of months by their names, long and short, without accents and in lower case. */
const months = new Map<string, number>(
  LANGUAGES.flatMap((language) =>
    (["long", "short"] as const).flatMap((month) => {
      const format = new Intl.DateTimeFormat(language, { month, timeZone: "UTC" });
      return Array.from({ length: 12 }, (_, i): [string, number] => {
        const name = format.format(new Date(Date.UTC(2000, i, 15)));
        return [
          name
            .normalize("NFKD")
            .replaceAll(/[^\p{L}]/gu, "")
            .toLowerCase(),
          i + 1,
        ];
      });
    }),
  ),
);

function isoDate(year: number, month: number, day: number): string | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The dates that three words may be, of which one is a year of four digits. */
function* fromThree(a: string, b: string, c: string): Generator<string | undefined> {
  const isYear = (word: string): boolean => /^\d{4}$/.test(word);
  const day = (word: string): number => (/^\d{1,2}$/.test(word) ? Number(word) : 0);
  const month = (word: string): number => months.get(word) ?? day(word);
  if (isYear(a)) yield isoDate(Number(a), month(b), day(c));
  if (!isYear(c)) return;
  yield isoDate(Number(c), month(b), day(a));
  yield isoDate(Number(c), month(a), day(b));
}

/** The dates that a word of eight digits may be. */
function* fromOne(word: string): Generator<string | undefined> {
  if (!/^\d{8}$/.test(word)) return;
  const at = (from: number, to: number): number => Number(word.slice(from, to));
  yield isoDate(at(0, 4), at(4, 6), at(6, 8));
  yield isoDate(at(4, 8), at(2, 4), at(0, 2));
  yield isoDate(at(4, 8), at(0, 2), at(2, 4));
}

function* withShortYears(text: string): Generator<string | undefined> {
  for (const [, a = "", , b = "", c = ""] of text.matchAll(SHORT_YEAR)) {
    const named = months.get(b.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase());
    for (const century of [1900, 2000]) {
      const year = century + Number(c);
      if (named !== undefined) yield isoDate(year, named, Number(a));
      else if (/^\d/.test(b)) {
        yield isoDate(year, Number(b), Number(a));
        yield isoDate(year, Number(a), Number(b));
      }
    }
  }
}

/**
 * Dates that a text may show, of a day each: `1980-02-03`, `3.2.1980`, `2/3/80`, `Feb 3rd, 1980`, `3. Februar 1980`, `19800203`. Where day and
 * month may be either, it is both.
 *
 * @param text as it is written
 * @param words of it, in lower case, see `wordsOf`
 */
export function* datesIn(text: string, words: readonly string[]): Generator<string> {
  function* candidates(): Generator<string | undefined> {
    for (let i = 0; i < words.length; i++) {
      const first = words[i] ?? "";
      yield* fromOne(first);
      if (!/^\d{1,2}$|^\d{4}$/.test(first) && !months.has(first)) continue;
      const [a, b, c] = words.slice(i, i + MAX_WORDS).filter((word) => !FILLERS.has(word));
      if (a !== undefined && b !== undefined && c !== undefined) yield* fromThree(a, b, c);
    }
    yield* withShortYears(text);
  }
  for (const date of candidates()) if (date !== undefined) yield date;
}
