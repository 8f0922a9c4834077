/**
 * Records whose private parts are marked where they are written: `secret(value)`. What a policy must select is thereby stated by
 * hand, value by value, and read off by a walk that shares nothing with the code under test.
 */

class Secret {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Marks a value, with all that is in it, as one that must be private. */
export function secret(value: unknown): unknown {
  return new Secret(value);
}

/** The value without marks. */
export function plain(value: unknown): unknown {
  if (value instanceof Secret) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}

/** Names of the scalars under a mark. Member names here are all FHIRPath identifiers. */
export function secretNames(value: unknown, prefix = ""): string[] {
  function* walk(node: unknown, name: string, isSecret: boolean): Generator<string> {
    if (node instanceof Secret) yield* walk(node.value, name, true);
    else if (Array.isArray(node)) for (const [i, item] of node.entries()) yield* walk(item, `${name}[${i}]`, isSecret);
    else if (typeof node === "object" && node !== null) {
      for (const [key, child] of Object.entries(node)) {
        // The root's type names the features, and is none.
        if (!(node === value && key === "resourceType")) yield* walk(child, `${name}.${key}`, isSecret);
      }
    } else if (isSecret) yield name;
  }
  const { resourceType } = value as { resourceType: string }; // each record here has one
  return [...walk(value, `${prefix}${resourceType}`, false)];
}
