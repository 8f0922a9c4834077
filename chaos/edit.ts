import { MedexError } from "@medexchain/core";

/** Replaces a piece of text that a file has exactly once. */
export interface Edit {
  /** From the project's folder. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Makes an edit.
 *
 * @throws INPUT_INVALID when the text is not there exactly once: the source has changed, and the mutation must follow
 */
export function applyEdit(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length === 2) return text.replace(from, () => to);
  throw new MedexError(
    "INPUT_INVALID",
    `a mutation of ${file} does not fit any more: its text must occur there exactly once; bring the mutations in chaos/ up to it`,
  );
}
