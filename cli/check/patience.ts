/** A service that takes longer to answer is slow, in milliseconds. */
const SLOW_AFTER_MS = 5_000;

export interface Patience {
  /** Called once when the answer is late, while it is still waited for. */
  readonly onSlow?: () => void;
  /** In milliseconds; 5 s unless given. */
  readonly slowAfterMs?: number;
}

/** What a check found, and whether it took long. */
export interface Answer {
  readonly detail: string;
  readonly slow: boolean;
}

/** Waits for a check as long as it takes, and says when that is long: a slow service is not a broken one. */
export async function patiently(check: () => Promise<string>, patience: Patience = {}): Promise<Answer> {
  const { onSlow, slowAfterMs = SLOW_AFTER_MS } = patience;
  let slow = false;
  const started = performance.now();
  const timer = setTimeout(() => {
    slow = true;
    onSlow?.();
  }, slowAfterMs);
  try {
    const detail = await check();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return { detail: slow ? `${detail}; slow: it took ${seconds} s to answer` : detail, slow };
  } finally {
    clearTimeout(timer);
  }
}
