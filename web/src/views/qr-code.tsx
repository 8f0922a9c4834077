import encodeQR from "qr";
import { useMemo } from "react";
import { useSay } from "../words/index.tsx";

/** Modules around the code that stay empty (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4;

/** A text as a QR code; where it is too long for one (2,953 bytes), that is said instead. */
export function QrCode({ text, words }: { readonly text: string; readonly words: string }) {
  const say = useSay();
  const rows = useMemo(() => rowsOf(text), [text]);
  if (rows === undefined) return <p className="aside">{say("app.qrTooLong")}</p>;
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg className="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={words}>
      <path d={dark.join("")} />
    </svg>
  );
}

function rowsOf(text: string): boolean[][] | undefined {
  try {
    return encodeQR(text, "raw", { border: QUIET_ZONE, ecc: "low" });
  } catch {
    return undefined; // longer than any code
  }
}
