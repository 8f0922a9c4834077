import { useState } from "react";
import { useTask } from "../use-task.ts";
import { useSay } from "../words/index.tsx";
import { QrCode } from "./qr-code.tsx";
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
