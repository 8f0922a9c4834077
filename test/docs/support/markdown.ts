/** As much of Markdown as the guides use: headings, fenced blocks, links. */

export interface FencedBlock {
  /** What stands after the fence, e.g. `sh run as=alice`. */
  readonly info: string;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

export interface Section {
  readonly heading: string;
  /** What the heading is called in a link. */
  readonly anchor: string;
  readonly blocks: readonly FencedBlock[];
}

export interface Page {
  readonly sections: readonly Section[];
  /** Without what is fenced. */
  readonly prose: string;
}

/** A heading's anchor, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{Nd}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");

/** Reads a page. What stands before the first heading is in a section without one. */
export function readPage(text: string): Page {
  const sections: { heading: string; anchor: string; blocks: FencedBlock[] }[] = [
    { heading: "", anchor: "", blocks: [] },
  ];
  const prose: string[] = [];
  let fence: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const opening = /^```(.*)$/.exec(line);
    if (fence !== undefined) {
      if (line === "```") {
        sections.at(-1)?.blocks.push({ info: fence.info, text: fence.lines.join("\n"), line: fence.line });
        fence = undefined;
      } else {
        fence.lines.push(line);
      }
    } else if (opening) {
      fence = { info: opening[1] ?? "", line: index + 1, lines: [] };
    } else {
      const heading = /^#{1,6} (.+)$/.exec(line)?.[1];
      if (heading !== undefined) sections.push({ heading, anchor: anchorOf(heading), blocks: [] });
      prose.push(line);
    }
  }
  if (fence !== undefined) throw new Error(`the fence of line ${fence.line} is not closed`);
  return { sections, prose: prose.join("\n") };
}

/** The targets of the links of a page. */
export function linksOf(prose: string): string[] {
  const withoutCode = prose.replaceAll(/`[^`]*`/g, (code) => (code.includes("](") ? "" : code));
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}
