import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { DeviceError } from "../device.ts";
import { de } from "./de.ts";
import { en, type Words } from "./en.ts";
import { errorsDe } from "./errors-de.ts";
import { type ErrorWords, errorsEn, wordsOfError } from "./errors-en.ts";

interface Language {
  readonly words: Words;
  readonly errors: ErrorWords;
}
const english: Language = { words: en, errors: errorsEn };
/** To add a language: a file of words, one of what errors mean, and an entry here. */
const LANGUAGES: Readonly<Record<string, Language>> = { en: english, de: { words: de, errors: errorsDe } };
export const LANGUAGE_NAMES: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

export type Say = (key: keyof Words, values?: Readonly<Record<string, string | number>>) => string;

/** What went wrong. */
export interface Explained {
  /** In the person's language; undefined where there are no words for it but the library's. */
  readonly text: string | undefined;
  /** In English, as the library says it. */
  readonly detail: string;
}

interface Speaking {
  readonly language: string;
  readonly speak: (language: string) => void;
  readonly say: Say;
  readonly explain: (reason: unknown) => Explained;
}

const Context = createContext<Speaking | undefined>(undefined);

export function SpeakingProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(() => {
    const wanted = navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in LANGUAGES) ?? "en";
    document.documentElement.lang = wanted;
    return wanted;
  });
  const speaking = useMemo((): Speaking => {
    const { words, errors } = LANGUAGES[language] ?? english;
    const say: Say = (key, values = {}) =>
      words[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    const speak = (to: string): void => {
      document.documentElement.lang = to;
      setLanguage(to);
    };
    const explain = (reason: unknown): Explained => ({
      text: reason instanceof DeviceError ? wordsOfError(errors, reason.code) : undefined,
      detail: reason instanceof Error ? reason.message : String(reason),
    });
    return { language, say, speak, explain };
  }, [language]);
  return <Context value={speaking}>{children}</Context>;
}

export function useSpeaking(): Speaking {
  const speaking = useContext(Context);
  if (speaking === undefined) throw new Error("outside of the provider");
  return speaking;
}

export const useSay = (): Say => useSpeaking().say;

/** A purpose of use by its code, and what it means where that is known. */
export function purposeIn(say: Say, code: string): string {
  const key = `purpose.${code}`;
  return key in en ? `${say(key as keyof Words)} (${code})` : code;
}
