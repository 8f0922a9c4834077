/**
 * What is said of an error before the library's own text, which is English. By its code, or for all codes that begin alike (`TANGLE_*`). To add
 * a language: a file of these, as errors-de.ts is.
 */
export type ErrorWords = Readonly<Record<string, string>>;

/** In English the library's text is enough, but for what a person need not know of. */
export const errorsEn: ErrorWords = {
  SERVICE_UNREACHABLE: "A service does not answer. Nothing is lost: it is tried again, and what you began goes on.",
  UNFORESEEN: "Something went wrong that nobody foresaw. Try again.",
};

/** What is said of a code; undefined where the library's text stands for itself. */
export function wordsOfError(errors: ErrorWords, code: string): string | undefined {
  const family = `${code.split("_", 1)[0]}_*`;
  return [code, family].filter((key) => Object.hasOwn(errors, key)).map((key) => errors[key])[0];
}
