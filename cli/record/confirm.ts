import { createInterface } from "node:readline/promises";
import { MedexError } from "@medexchain/core";
import type { Terminal } from "../prompt/prompt.ts";

/**
 * Asks a person whether to go on. Only yes is yes.
 *
 * @throws INPUT_INVALID when the answer is anything else, or the person interrupts, or closes the input
 */
export async function confirm(question: string, { input, output }: Terminal): Promise<void> {
  const lines = createInterface({ input, output, terminal: false });
  const refused = () => new MedexError("INPUT_INVALID", "not confirmed; nothing was done");
  const givenUp = new Promise<never>((_resolve, reject) => {
    lines.once("close", () => reject(refused()));
  });
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), givenUp]);
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw refused();
  } finally {
    lines.close();
  }
}
