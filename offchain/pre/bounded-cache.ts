/** A cache that holds at most so many values, and drops the one that was not used for longest. */
export class BoundedCache<Value> {
  readonly #capacity: number;
  // A Map iterates in the order of insertion, so that the first key is the one to drop.
  readonly #values = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key; made, and kept, when there is none. What throws in making is not kept. */
  get(key: string, make: () => Value): Value {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#capacity && oldest !== undefined) this.#values.delete(oldest);
    return value;
  }

  /** Drops every value that is to be dropped. */
  forget(isDropped: (value: Value) => boolean): void {
    for (const [key, value] of this.#values) if (isDropped(value)) this.#values.delete(key);
  }
}
