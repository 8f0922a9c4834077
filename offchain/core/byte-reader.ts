/** Takes given numbers of bytes from what comes in parts of any length. */
export interface ByteReader {
  /** @returns a copy of the next bytes; undefined when fewer are left */
  take(length: number): Promise<Uint8Array | undefined>;
  /** The next bytes as they come, none of them kept. Ends early when fewer are left; throws what `cutOff` makes, if it is given. */
  pass(length: number, cutOff?: () => Error): AsyncGenerator<Uint8Array, void, undefined>;
  /** @param tooLong the error when there is more than so many bytes */
  rest(limit: number, tooLong: () => Error): Promise<Uint8Array>;
  /** Ends the source where it was left. */
  close(): Promise<void>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const parts = source[Symbol.asyncIterator]();
  let part: Uint8Array = new Uint8Array();

  async function* pass(length: number, cutOff?: () => Error): AsyncGenerator<Uint8Array, void, undefined> {
    for (let missing = length; missing > 0; ) {
      if (part.length === 0) {
        const next = await parts.next();
        if (next.done) {
          if (cutOff !== undefined) throw cutOff();
          return;
        }
        part = next.value;
      }
      const taken = part.subarray(0, missing);
      part = part.subarray(taken.length);
      missing -= taken.length;
      yield taken;
    }
  }

  return {
    async take(length) {
      const taken: Uint8Array[] = [];
      for await (const bytes of pass(length)) taken.push(bytes);
      // A copy: an item that is kept must not keep all that came with it.
      const bytes = joined(taken);
      return bytes.length === length ? bytes : undefined;
    },
    pass,
    async rest(limit, tooLong) {
      const taken = [part];
      let length = part.length;
      try {
        for (let next = await parts.next(); !next.done; next = await parts.next()) {
          length += next.value.length;
          if (length > limit) throw tooLong();
          taken.push(next.value);
        }
      } finally {
        await parts.return?.();
      }
      return joined(taken);
    },
    close: async () => void (await parts.return?.()),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
