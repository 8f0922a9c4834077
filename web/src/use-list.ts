import { useCallback, useEffect, useRef, useState } from "react";

/** How often what others may change is read again, in milliseconds. */
const EVERY_MS = 3_000;

/** Reads a list now and again; `refresh` reads it at once. What it last had stays where a reading fails, with why. */
export function useList<T>(read: () => Promise<readonly T[]>, everyMs = EVERY_MS) {
  const [list, setList] = useState<readonly T[]>();
  const [reason, setReason] = useState<unknown>();
  const reader = useRef(read);
  reader.current = read;
  const refresh = useCallback(async () => {
    try {
      setList(await reader.current());
      setReason(undefined);
    } catch (why) {
      setReason(why);
    }
  }, []);
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
