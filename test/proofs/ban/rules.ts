/** BAN's rules, each a function from what is known to what follows. A rule that does not apply gives nothing. */
import { all, believes, fresh, type Statement, said, sees, write } from "./statement.ts";

/** What follows from these premises, in this order, by one rule. */
export type Rule = (premises: readonly Statement[]) => readonly Statement[];

/** The statement within, where P believes it. */
function beliefOf(statement: Statement | undefined): { readonly who: string; readonly what: Statement } | undefined {
  return statement?.is === "believes" ? statement : undefined;
}

/** P believes that K is Q's, and sees X signed by K: P believes that Q said X. */
const messageMeaning: Rule = ([key, message]) => {
  const belief = beliefOf(key);
  if (belief?.what.is !== "key" || message?.is !== "sees" || message.who !== belief.who) return [];
  if (message.what.is !== "signed" || message.what.by !== belief.what.key) return [];
  return [believes(belief.who, said(belief.what.of, message.what.what))];
};

/**
 * What the paper takes for message meaning: P believes that K is Q's, and sees X encrypted under a public key, whichever: P believes
 * that Q said X. It is no rule of BAN's, and false: anybody can encrypt under a public key.
 */
const encryptionAsOrigin: Rule = ([key, message]) => {
  const belief = beliefOf(key);
  if (belief?.what.is !== "key" || belief.what.of === belief.who) return [];
  if (message?.is !== "sees" || message.who !== belief.who || message.what.is !== "sealed") return [];
  return [believes(belief.who, said(belief.what.of, message.what.what))];
};

/** P believes that X is fresh, and that Q said X: P believes that Q believes X. */
const nonceVerification: Rule = ([isFresh, origin]) => {
  const [first, second] = [beliefOf(isFresh), beliefOf(origin)];
  if (first?.what.is !== "fresh" || second?.what.is !== "said" || first.who !== second.who) return [];
  if (write(first.what.what) !== write(second.what.what)) return [];
  return [believes(first.who, believes(second.what.who, second.what.what))];
};

/** P believes that Q controls X, and that Q believes X: P believes X. */
const jurisdiction: Rule = ([control, theirs]) => {
  const [first, second] = [beliefOf(control), beliefOf(theirs)];
  if (first?.what.is !== "controls" || second?.what.is !== "believes" || first.who !== second.who) return [];
  if (first.what.who !== second.what.who || write(first.what.what) !== write(second.what.what)) return [];
  return [believes(first.who, second.what.what)];
};

/** Of what P believes that Q believes, or said, P believes it of every part; and what P believes of several things, of each. */
const belief: Rule = ([whole]) => {
  const outer = beliefOf(whole);
  if (outer === undefined) return [];
  if (outer.what.is === "all") return outer.what.of.map((part) => believes(outer.who, part));
  if (outer.what.is !== "believes" && outer.what.is !== "said") return [];
  const { is, who, what } = outer.what;
  if (what.is !== "all") return [];
  return what.of.map((part) => believes(outer.who, is === "said" ? said(who, part) : believes(who, part)));
};

/** Who sees a signed message, or several things in one, sees what is in it; and who believes a key to be its own, what is sealed to it. */
const seeing: Rule = ([message, key]) => {
  if (message?.is !== "sees") return [];
  const { who, what } = message;
  if (what.is === "all") return what.of.map((part) => sees(who, part));
  if (what.is === "signed") return [sees(who, what.what)];
  const own = beliefOf(key);
  const isOwn = own?.who === who && own.what.is === "key" && own.what.of === who;
  if (what.is !== "sealed" || !isOwn || own.what.is !== "key" || own.what.key !== what.to) return [];
  return [sees(who, what.what)];
};

/** P believes that a part is fresh, and has seen the whole: P believes that the whole is. */
const freshness: Rule = ([part, whole]) => {
  const outer = beliefOf(part);
  if (outer?.what.is !== "fresh" || whole?.is !== "believes" || whole.who !== outer.who) return [];
  if (whole.what.is !== "said" || whole.what.what.is !== "all") return [];
  const within = write(outer.what.what);
  if (!partsOf(whole.what.what).some((each) => write(each) === within)) return [];
  return [believes(outer.who, fresh(all(...whole.what.what.of)))];
};

/** The parts of a whole, and theirs. */
function partsOf(whole: Statement): Statement[] {
  return whole.is === "all" ? whole.of.flatMap((part) => [part, ...partsOf(part)]) : [];
}

/** BAN's own. The number of premises that each takes. */
export const BAN_RULES = {
  "message meaning": { rule: messageMeaning, premises: 2 },
  "nonce verification": { rule: nonceVerification, premises: 2 },
  jurisdiction: { rule: jurisdiction, premises: 2 },
  freshness: { rule: freshness, premises: 2 },
  belief: { rule: belief, premises: 1 },
  seeing: { rule: seeing, premises: 2 },
  "seeing parts": { rule: seeing, premises: 1 },
} as const;

/** BAN's, with the paper's reading of what encryption says. */
export const PAPER_RULES = {
  ...BAN_RULES,
  "encryption as origin": { rule: encryptionAsOrigin, premises: 2 },
} as const;

export type RuleName = keyof typeof PAPER_RULES;
export type RuleSet = Readonly<Partial<Record<RuleName, { readonly rule: Rule; readonly premises: number }>>>;
