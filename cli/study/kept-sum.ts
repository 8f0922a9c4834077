/** Which sum of a study this hospital has decrypted, in a file beside its vault: its node could tell it of another one later. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptSum } from "@medexchain/actors/studies";
import type { Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import type { Context } from "../context.ts";

const DIGEST = /^0x[0-9a-f]{64}$/;

/**
 * Opens the note of one study.
 * @param vault the hospital's, by name
 */
export function keptSum({ home }: Pick<Context, "home">, vault: string, studyId: Hex32): KeptSum {
  const folder = join(home, "studies", vault);
  const file = join(folder, `${studyId.slice(2)}.decrypted`);
  return {
    async sum() {
      let text: string;
      try {
        text = (await readFile(file, "utf8")).trim();
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
      if (!DIGEST.test(text)) {
        throw new MedexError(
          "STUDY_RELEASE_REFUSED",
          `${file} should have the digest of the sum that was decrypted, and has something else: restore it from a backup`,
        );
      }
      return text as Hex32; // as it was matched
    },
    async keep(sum) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileDurably(file, `${sum}\n`, { exclusive: true });
    },
  };
}
