/** Strings, and what gives JSON its structure. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g;
/** What stands between a member's name and its value. */
const AFTER_NAME = /[ \t\r\n]*:/y;

/**
 * The first member name that an object has twice, or that no reader here keeps (`__proto__`): RFC 8259 leaves open which of two values counts, so
 * that two readers could read two documents.
 *
 * @param json that was parsed already
 */
export function repeatedName(json: string): string | undefined {
  /** Of each object around the place its names so far; of an array none. */
  const around: (Set<string> | undefined)[] = [];
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === "{") around.push(new Set());
    else if (token === "[") around.push(undefined);
    else if (token === "}" || token === "]") around.pop();
    else {
      AFTER_NAME.lastIndex = index + token.length;
      if (!AFTER_NAME.test(json)) continue;
      const name = String(JSON.parse(token));
      const names = around.at(-1);
      if (name === "__proto__" || names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
