import { fromHex32 } from "@medexchain/chain";

/** A request's purpose as text. Anyone may choose its bytes: what is no printable ASCII becomes `?`. */
export function purposeOf(purpose: string): string {
  const text = Array.from(fromHex32(purpose), (byte) => String.fromCharCode(byte)).join("");
  return text
    .replaceAll("\0", "")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .trim();
}
