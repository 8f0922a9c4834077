import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { de } from "./de.ts";
import { en, type Words } from "./en.ts";

/** To add a language: a file of words, and an entry here. */
const LANGUAGES: Readonly<Record<string, Words>> = { en, de };
export const LANGUAGE_NAMES: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

export type Say = (key: keyof Words, values?: Readonly<Record<string, string | number>>) => string;

interface Speaking {
  readonly language: string;
  readonly speak: (language: string) => void;
  readonly say: Say;
}

const Context = createContext<Speaking | undefined>(undefined);

export function SpeakingProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(() => {
    const wanted = navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in LANGUAGES) ?? "en";
    document.documentElement.lang = wanted;
    return wanted;
  });
  const speaking = useMemo((): Speaking => {
    const words = LANGUAGES[language] ?? en;
    const say: Say = (key, values = {}) =>
      words[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    const speak = (to: string): void => {
      document.documentElement.lang = to;
      setLanguage(to);
    };
    return { language, say, speak };
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
