import encodeQR from "qr";
import { useMemo, useState } from "react";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { Working } from "./working.tsx";

/** A link to be copied, or scanned from the screen. */
export function ShareLink({ link, words }: { readonly link: string; readonly words: string }) {
  const say = useSay();
  const task = useTask();
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(link);
    setCopied(true);
  };
  return (
    <>
      <button type="button" onClick={() => task.run(copy)}>
        {words}
      </button>
      <button type="button" className="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
        {say("app.qr")}
      </button>
      {copied && <span role="status">{say("app.copied")}</span>}
      {shown && <QrCode text={link} words={words} />}
      <Working {...task} />
    </>
  );
}

/** Modules around the code that stay empty (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4;

export function QrCode({ text, words }: { readonly text: string; readonly words: string }) {
  const rows = useMemo(() => encodeQR(text, "raw", { border: QUIET_ZONE }), [text]);
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg className="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={words}>
      <path d={dark.join("")} />
    </svg>
  );
}
