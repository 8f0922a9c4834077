/**
 * Texts that others wrote (names in certificates, configurations, files), as a person may be shown them: on a terminal that acts on control
 * characters, beside names that they may be made to look like. What is told apart here follows UAX #9 (bidirectional text), UAX #24
 * (scripts) and UTS #39 (mixed scripts, confusables); of UTS #39's confusables there are those of Cyrillic and Greek letters with Latin ones.
 */

/** Characters of a name that are shown; the rest is cut. */
export const MAX_SHOWN = 80;
/** Marks that may stand on one letter: Vietnamese, Thai and pointed Hebrew need no more. */
const MAX_MARKS = 3;

/** What a terminal acts on, what reorders or hides text, and what has no glyph: shown as its code point. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;
const LETTER = /\p{L}/u;
const MARK = /\p{M}/u;

const SCRIPTS = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Han", /\p{Script=Han}/u],
  ["Han", /\p{Script=Hiragana}/u],
  ["Han", /\p{Script=Katakana}/u],
  ["Han", /\p{Script=Hangul}/u],
  ["Han", /\p{Script=Bopomofo}/u],
] as const;

/** Letters that look like Latin ones in most fonts, in lower case; capitals where only they do. */
const LOOKALIKES = new Map(
  Object.entries({
    // Cyrillic
    а: "a",
    е: "e",
    о: "o",
    р: "p",
    с: "c",
    у: "y",
    х: "x",
    ѕ: "s",
    і: "i",
    ј: "j",
    ԁ: "d",
    һ: "h",
    ԛ: "q",
    ԝ: "w",
    ӏ: "l",
    к: "k",
    г: "r",
    В: "b",
    Н: "h",
    К: "k",
    М: "m",
    Т: "t",
    З: "3",
    п: "n",
    ь: "b",
    // Greek
    α: "a",
    ο: "o",
    ν: "v",
    ρ: "p",
    ι: "i",
    κ: "k",
    υ: "u",
    χ: "x",
    η: "n",
    τ: "t",
    ω: "w",
    γ: "y",
    Β: "b",
    Ε: "e",
    Ζ: "z",
    Η: "h",
    Μ: "m",
    Ν: "n",
    Τ: "t",
    Υ: "y",
    // Latin
    ı: "i",
    ɑ: "a",
    ɡ: "g",
    ℓ: "l",
  }),
);

/**
 * A text as a person may be shown it: in one line, of bounded length, with nothing in it that a terminal acts on or that moves other text.
 * What cannot be seen, and letters that pass for those of another script, stand there as their code points, `\u{202e}`.
 *
 * @param max characters
 */
export function displayText(text: string, max = MAX_SHOWN): string {
  // Before anything looks at it: a text may be of any length.
  const shown = [
    ...text
      .slice(0, 4 * max)
      .toWellFormed()
      .normalize("NFC")
      .replaceAll(/\p{Zs}/gu, " "),
  ];
  const isSuspect = suspectLetters(shown);
  let marks = 0;
  const out: string[] = [];
  for (const [at, character] of shown.slice(0, max).entries()) {
    marks = MARK.test(character) ? marks + 1 : 0;
    const isPlain = !UNSEEN.test(character) && marks <= MAX_MARKS && !isSuspect(at);
    out.push(isPlain ? character : escaped(character));
  }
  return `${out.join("").trim()}${text.length > 4 * max || shown.length > max ? "…" : ""}`;
}

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Says of a place whether the letter there passes for one of another script. */
function suspectLetters(characters: readonly string[]): (at: number) => boolean {
  const scripts = characters.map((character) => (LETTER.test(character) ? scriptOf(character) : undefined));
  const letters = characters.filter((_, at) => scripts[at] !== undefined);
  const passesForLatin = letters.every((letter) => scriptOf(letter) === "Latin" || latinOf(letter) !== undefined);
  const suspects = new Set<number>();
  for (const word of wordsOf(scripts)) {
    const own = scripts[word[0] ?? 0];
    const isMixed = word.some((at) => scripts[at] !== own);
    for (const at of word) {
      // Of a word in several scripts, what is not Latin; of a text that could be read as Latin throughout, what is not.
      const isForeign = scripts[at] !== "Latin" && (isMixed ? scripts[at] !== "Han" : passesForLatin);
      if (isForeign) suspects.add(at);
    }
  }
  return (at) => suspects.has(at);
}

function scriptOf(letter: string): string {
  return SCRIPTS.find(([, pattern]) => pattern.test(letter))?.[0] ?? "another";
}

/** Places of letters that stand together. */
function wordsOf(scripts: readonly (string | undefined)[]): number[][] {
  const words: number[][] = [];
  for (const [at, script] of scripts.entries()) {
    if (script === undefined) continue;
    if (at > 0 && scripts[at - 1] !== undefined) words.at(-1)?.push(at);
    else words.push([at]);
  }
  return words;
}

const latinOf = (letter: string): string | undefined => LOOKALIKES.get(letter) ?? LOOKALIKES.get(letter.toLowerCase());

/** The same for all texts that a person may take for each other: whatever their case, width, marks, spaces and lookalike letters. */
export function skeletonOf(text: string): string {
  return [...text.toWellFormed().normalize("NFKD")]
    .filter((character) => !UNSEEN.test(character) && !MARK.test(character))
    .map((character) => latinOf(character) ?? character.toLowerCase())
    .join("")
    .replaceAll(/\s+/gu, " ")
    .trim();
}
