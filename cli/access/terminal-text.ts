import { MedexError } from "@medexchain/core";

/** What a terminal acts on is in bytes below a space but tab and ends of lines, in DEL, and in the controls of C1 (in UTF-8 after 0xc2). */
function hasControls(bytes: Uint8Array): boolean {
  return bytes.some((byte, at) => {
    if (byte < 0x20) return byte !== 0x09 && byte !== 0x0a && byte !== 0x0d;
    return byte === 0x7f || (byte >= 0x80 && byte < 0xa0 && bytes[at - 1] === 0xc2);
  });
}

/**
 * That a record can be written to a terminal as it is: it comes from another, and a terminal does what control characters say.
 *
 * @throws INPUT_INVALID with what to do instead
 */
export function requireTerminalText(document: Uint8Array): void {
  if (!hasControls(document)) return;
  throw new MedexError(
    "INPUT_INVALID",
    "the record has control characters, on which a terminal would act: write it to a file with --output",
  );
}
