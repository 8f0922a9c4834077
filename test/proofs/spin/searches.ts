/** The searches of `npm run prove`, with what each must find. */
import type { Settings } from "./spin.ts";

export interface Search {
  readonly name: string;
  readonly settings: Settings;
  readonly claim?: "assertions" | "endless";
  /** For a model that is broken on purpose: what Spin must find. */
  readonly finds?: string;
  /** Takes minutes and gigabytes: with `--deep` alone. */
  readonly deep?: boolean;
}

/** Two relayers, both of whom must attest; a crash, a repetition, a pause of each lane and a revocation at any moment. */
const ONE_REQUEST: Settings = { REQUESTS: 1, RELAYERS: 2, THRESHOLD: 2 };

/** For what requests have in common: the limit, the record, the lanes. */
const TWO_REQUESTS: Settings = { REQUESTS: 2, RELAYERS: 1, THRESHOLD: 1 };
const CALM: Settings = { CRASHES: 0, REPEATS: 0, PAUSES: 0, REVOKES: 0 };
const NOT_ALIKE = "assertion violated ((stateA[r]==stateB[r])||((stateA[r]==0)&&(stateB[r]==6)))";

export const SEARCHES: readonly Search[] = [
  { name: "one request, two relayers of two, all faults", settings: ONE_REQUEST },
  { name: "the same ends, whatever is done", settings: ONE_REQUEST, claim: "endless", deep: true },
  { name: "two requests, one relayer, no faults", settings: { ...TWO_REQUESTS, ...CALM } },
  { name: "two requests, one relayer, no faults, ends", settings: { ...TWO_REQUESTS, ...CALM }, claim: "endless" },
  { name: "two requests, one relayer, all faults", settings: TWO_REQUESTS, deep: true },
  { name: "broken: B takes no answer late", settings: { ...ONE_REQUEST, LATE_REFUSED: 1 }, finds: NOT_ALIKE },
  { name: "broken: A grants after expiry", settings: { ...ONE_REQUEST, UNCHECKED_EXPIRY: 1 }, finds: NOT_ALIKE },
  {
    name: "broken: A takes a request twice",
    settings: { ...ONE_REQUEST, TWICE: 1 },
    finds: "assertion violated (decisions[r]==1)",
  },
  {
    name: "broken: A does not count",
    settings: { ...TWO_REQUESTS, ...CALM, UNCOUNTED: 1 },
    finds: "assertion violated (granted<=1)",
  },
  {
    name: "broken: one relayer that lies is enough",
    settings: { ...ONE_REQUEST, THRESHOLD: 1, LIAR: 1 },
    finds: "assertion violated 0",
  },
];
