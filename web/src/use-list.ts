import { useCallback, useEffect, useRef, useState } from "react";
import { inOrder } from "./in-order.ts";

/** How often what others may change is read again, in milliseconds. */
const EVERY_MS = 3_000;

/** Reads a list now and again; `refresh` reads it at once. What it last had stays where a reading fails, with why. */
export function useList<T>(read: () => Promise<readonly T[]>, everyMs = EVERY_MS) {
  const [list, setList] = useState<readonly T[]>();
  const [reason, setReason] = useState<unknown>();
  const reader = useRef(read);
  reader.current = read;
  const [ask] = useState(inOrder);
  const refresh = useCallback(async () => {
    const counts = ask();
    try {
      const answer = await reader.current();
      if (!counts()) return;
      setList(answer);
      setReason(undefined);
    } catch (why) {
      if (counts()) setReason(why);
    }
  }, [ask]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOn = true;
    const again = async (): Promise<void> => {
      if (document.visibilityState === "visible") await refresh();
      if (isOn) timer = setTimeout(again, everyMs);
    };
    void again();
    return () => {
      isOn = false;
      clearTimeout(timer);
    };
  }, [refresh, everyMs]);
  return { list, reason, isNew: list === undefined && reason === undefined, refresh };
}
