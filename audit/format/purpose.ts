import type { Hex32 } from "@medexchain/chain";

/** A request's purpose as text. Anyone may choose its bytes: what a terminal or a parser would act on becomes `?`. */
export function purposeText(purpose: Hex32): string {
  const text = Buffer.from(purpose.slice(2), "hex").toString("latin1");
  return text
    .replaceAll("\0", "")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
}
