import { readFileSync } from "node:fs";
import { linksOf, readPage, type Section } from "./markdown.ts";

export const DOCS = new URL("../../../docs/", import.meta.url);

export interface Chapter {
  /** Below docs/. */
  readonly file: string;
  readonly section: Section;
}

/** A page of the documentation. */
export const pageOf = (file: string) => readPage(readFileSync(new URL(file, DOCS), "utf8"));

/** The sections of the guides in the order in which docs/README.md says to follow them. */
export function readStory(): Chapter[] {
  const text = readFileSync(new URL("README.md", DOCS), "utf8");
  const list = text.split("\n").filter((line) => /^\d+\. /.test(line));
  return list.map((line) => {
    const [target = ""] = linksOf(line);
    const [file = "", anchor = ""] = target.split("#");
    const section = pageOf(file).sections.find((candidate) => candidate.anchor === anchor);
    if (section === undefined) throw new Error(`docs/README.md: there is no ${target}`);
    return { file, section };
  });
}
