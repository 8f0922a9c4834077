/** Secret handles that wipe themselves at the end of the block that owns them: `using alpha = secret(randomScalar(random))`. */

interface Clearable {
  clear(): void;
}

/** Owns a secret mcl handle and clears it on disposal. */
export interface Secret<Value extends Clearable> extends Disposable {
  readonly value: Value;
}

/** Takes ownership of a handle. */
export function secret<Value extends Clearable>(value: Value): Secret<Value> {
  return { value, [Symbol.dispose]: () => value.clear() };
}
