/** Remembers for a while what was refused, so that the same again costs nothing dear. */
export interface KnownRefusals<T> {
  get(key: string): T | undefined;
  set(key: string, refusal: T): void;
}

export interface KnownRefusalsOptions {
  /** How many are kept; the oldest go first. */
  readonly limit: number;
  readonly milliseconds: number;
  /** Unix milliseconds. */
  readonly clock?: () => number;
}

export function createKnownRefusals<T>({ limit, milliseconds, clock = Date.now }: KnownRefusalsOptions) {
  // In the order in which they were set, so the oldest are first.
  const entries = new Map<string, { readonly refusal: T; readonly until: number }>();
  const known: KnownRefusals<T> = {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.until > clock() ? entry.refusal : undefined;
    },
    set(key, refusal) {
      entries.delete(key);
      entries.set(key, { refusal, until: clock() + milliseconds });
      for (const [oldest, { until }] of entries) {
        if (entries.size <= limit && until > clock()) break;
        entries.delete(oldest);
      }
    },
  };
  return known;
}
