export interface JsonOptions {
  /** Spaces of indentation; one line unless given. */
  readonly indent?: number;
  /** What an integer becomes; a string of its digits unless given, since JSON's readers keep 53 bits. */
  readonly integer?: (value: bigint) => string | number;
}

/** JSON in which a bigint may stand anywhere. */
export function toJson(value: unknown, { indent, integer = String }: JsonOptions = {}): string {
  // Looks at the value itself: a library may give every bigint a `toJSON`, as the IOTA SDK does, which comes before a replacer.
  function replace(this: Readonly<Record<string, unknown>>, key: string, field: unknown): unknown {
    const own = this[key];
    return typeof own === "bigint" ? integer(own) : field;
  }
  return JSON.stringify(value, replace, indent);
}
