/** The language of BAN logic (Burrows, Abadi, Needham: A Logic of Authentication, 1990), as far as this project's derivations need it. */

/** What a message or a belief is about. */
export type Statement =
  /** A name: a principal, a timestamp, a nonce, data. */
  | { readonly is: "atom"; readonly name: string }
  /** Several things in one message. */
  | { readonly is: "all"; readonly of: readonly Statement[] }
  /** X, encrypted so that the holder of `to`'s private key can read it. It says nothing of who made it. */
  | { readonly is: "sealed"; readonly what: Statement; readonly to: string }
  /** X, signed by the private key of which `by` is the public one. */
  | { readonly is: "signed"; readonly what: Statement; readonly by: string }
  /** P sees X. */
  | { readonly is: "sees"; readonly who: string; readonly what: Statement }
  /** P once said X. */
  | { readonly is: "said"; readonly who: string; readonly what: Statement }
  /** P believes X. */
  | { readonly is: "believes"; readonly who: string; readonly what: Statement }
  /** What P says of X is so. */
  | { readonly is: "controls"; readonly who: string; readonly what: Statement }
  /** X was said in no earlier run. */
  | { readonly is: "fresh"; readonly what: Statement }
  /** K is P's public key. */
  | { readonly is: "key"; readonly key: string; readonly of: string }
  /** P and Q, and nobody else but whom they trust, know K. */
  | { readonly is: "shared"; readonly between: readonly [string, string]; readonly secret: string };

export const atom = (name: string): Statement => ({ is: "atom", name });
export const all = (...of: Statement[]): Statement => ({ is: "all", of });
export const sealed = (what: Statement, to: string): Statement => ({ is: "sealed", what, to });
export const signed = (what: Statement, by: string): Statement => ({ is: "signed", what, by });
export const sees = (who: string, what: Statement): Statement => ({ is: "sees", who, what });
export const said = (who: string, what: Statement): Statement => ({ is: "said", who, what });
export const believes = (who: string, what: Statement): Statement => ({ is: "believes", who, what });
export const controls = (who: string, what: Statement): Statement => ({ is: "controls", who, what });
export const fresh = (what: Statement): Statement => ({ is: "fresh", what });
export const keyOf = (key: string, of: string): Statement => ({ is: "key", key, of });
export const shared = (one: string, other: string, secret: string): Statement => ({
  is: "shared",
  between: [one, other],
  secret,
});

/** As BAN's authors write it. Two statements are the same where this is. */
export function write(statement: Statement): string {
  switch (statement.is) {
    case "atom":
      return statement.name;
    case "all":
      return `(${statement.of.map(write).join(", ")})`;
    case "sealed":
      return `{${write(statement.what)}}${statement.to}`;
    case "signed":
      return `{${write(statement.what)}}${statement.by}⁻¹`;
    case "sees":
      return `${statement.who} ◁ ${write(statement.what)}`;
    case "said":
      return `${statement.who} |~ ${write(statement.what)}`;
    case "believes":
      return `${statement.who} |≡ ${write(statement.what)}`;
    case "controls":
      return `${statement.who} ⇒ ${write(statement.what)}`;
    case "fresh":
      return `#(${write(statement.what)})`;
    case "key":
      return `${statement.key} ↦ ${statement.of}`;
    case "shared":
      return `${statement.between[0]} ↔${statement.secret}↔ ${statement.between[1]}`;
  }
}
