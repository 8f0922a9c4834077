/** Questions that come close together share an answer: each serves for a while from its asking on. Failures are not kept. */
export interface Recent<T> {
  get(key: string, ask: () => Promise<T>): Promise<T>;
}

/** @param maxAgeMs how long an answer serves */
export function createRecent<T>(maxAgeMs: number): Recent<T> {
  const answers = new Map<string, Promise<T>>();
  return {
    get: (key, ask) => {
      const known = answers.get(key);
      if (known) return known;
      const answer = ask();
      answers.set(key, answer);
      const forget = (): void => {
        if (answers.get(key) === answer) answers.delete(key);
      };
      setTimeout(forget, maxAgeMs).unref();
      answer.catch(forget); // whoever awaits it is told
      return answer;
    },
  };
}
