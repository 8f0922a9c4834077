/** Remembers the latest of what never changes. Concurrent questions for one key are asked once; failures are not kept. */
export interface ContentCache<T> {
  get(key: string, load: () => Promise<T>): Promise<T>;
}

/** @param limit how many answers are kept */
export function createContentCache<T>(limit: number): ContentCache<T> {
  const entries = new Map<string, Promise<T>>();
  return {
    get: (key, load) => {
      const found = entries.get(key);
      if (found) return found;
      const loading = load();
      entries.set(key, loading);
      loading.catch(() => entries.delete(key)); // whoever awaits it is told
      const [oldest] = entries.keys();
      if (entries.size > limit && oldest !== undefined) entries.delete(oldest);
      return loading;
    },
  };
}
