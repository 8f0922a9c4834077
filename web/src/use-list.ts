import { useCallback, useEffect, useRef, useState } from "react";

/** How often what others may change is read again, in milliseconds. */
const EVERY_MS = 3_000;

/** Reads a list now and again; `refresh` reads it at once. What it last had stays where a reading fails, with why. */
export function useList<T>(read: () => Promise<readonly T[]>) {
  const [list, setList] = useState<readonly T[]>();
  const [error, setError] = useState<string>();
  const reader = useRef(read);
  reader.current = read;
  const refresh = useCallback(async () => {
    try {
      setList(await reader.current());
      setError(undefined);
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOn = true;
    const again = async (): Promise<void> => {
      if (document.visibilityState === "visible") await refresh();
      if (isOn) timer = setTimeout(again, EVERY_MS);
    };
    void again();
    return () => {
      isOn = false;
      clearTimeout(timer);
    };
  }, [refresh]);
  return { list, error, refresh };
}
