/** What a terminal acts on, or that moves other text; and of it what this command itself writes: bold, dim, and colours of text. */
const CONTROL = /\p{Cc}\[(?:1|2|22|3[1-9])m|[\p{Cc}\p{Bidi_Control}]/gu;
const OWN = "\u001b[";

/**
 * A text that may quote what others wrote (names of a record's features, what a server says), as it goes to a terminal: what that would act on stands there
 * as its code point. Names that a person is to tell apart go through `displayText` besides, which bounds their length too.
 *
 * @param kept controls that stay as they are
 */
export function inert(text: string, kept = "\n\t"): string {
  return text.replaceAll(CONTROL, (found) =>
    found.startsWith(OWN) || kept.includes(found)
      ? found
      : `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}${found.slice(1)}`,
  );
}
