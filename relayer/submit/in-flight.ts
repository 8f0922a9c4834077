/** The transactions of an account that are on their way, and the nonces that they use. */
import type { Flight } from "./flight.ts";
import { trackNonces } from "./nonces.ts";
import { carries, type Step } from "./step.ts";

/** Looks in a row that must miss a nonce before it is filled. */
const GAP_LOOKS = 5;

export class InFlight {
  readonly #flights = new Map<number, Flight>();
  readonly #nonces = trackNonces();
  /** Nonces below those in flight that nothing uses, and for how many looks. */
  readonly #gaps = new Map<number, number>();
  /** One above the highest nonce that was seen mined: what a node that lags behind does not know yet. */
  #minedUpTo = 0;

  get size(): number {
    return this.#flights.size;
  }

  /** How many are not mined yet. */
  get unmined(): number {
    return this.all().filter(({ mined }) => !mined).length;
  }

  /** By nonce. */
  all(): Flight[] {
    return [...this.#flights.values()].sort((a, b) => a.nonce - b.nonce);
  }

  at(nonce: number): Flight | undefined {
    return this.#flights.get(nonce);
  }

  add(flight: Flight): void {
    this.#flights.set(flight.nonce, flight);
    this.#nonces.used(flight.nonce);
  }

  /** The flight that brings a step about, by this or an earlier run. */
  carrying(step: Step): Flight | undefined {
    return this.all().find(({ versions }) => versions.some((sent) => carries(sent, step)));
  }

  /** Whether a batch of a kind is sent and not mined. */
  isUnderWay(key: string): boolean {
    return this.all().some(({ mined, waiters }) => !mined && waiters.some((waiter) => waiter?.step.batch?.key === key));
  }

  /** The next nonce; `pending` asks the node, when nothing of ours is in flight, for its count with its pool. */
  takeNonce(pending: () => Promise<number>): Promise<number> {
    return this.#nonces.take(async () => Math.max(await pending(), this.#minedUpTo));
  }

  /** A nonce is not in use after all. */
  giveBack(nonce: number): void {
    this.#nonces.giveBack(
      nonce,
      this.all().some((other) => other.nonce > nonce),
    );
  }

  /** A flight has ended: with its nonce used, or not. */
  remove({ nonce }: Flight, used: boolean): void {
    this.#flights.delete(nonce);
    if (used) this.#minedUpTo = Math.max(this.#minedUpTo, nonce + 1);
    else this.giveBack(nonce);
  }

  /** Whether a nonce waits to be used before those in flight can be mined. */
  hasGap(): boolean {
    return this.#nonces.hasGap() && this.#flights.size > 0;
  }

  /** Whether one is suspected, by a look or more. */
  mayHaveGap(): boolean {
    return this.#gaps.size > 0;
  }

  /** The chain was asked how many nonces it has used up. */
  passed(count: number): void {
    this.#nonces.passed(count);
  }

  /** After a look: a nonce below those in flight that nothing uses keeps them all from being mined. */
  noticeGaps(used: number): void {
    if (this.#flights.size === 0) {
      this.#nonces.forget();
      this.#gaps.clear();
      return;
    }
    const highest = Math.max(...this.#flights.keys());
    const missing = new Set<number>();
    for (let nonce = Math.max(used, this.#minedUpTo); nonce < highest; nonce++) {
      if (!this.#flights.has(nonce)) missing.add(nonce);
    }
    for (const nonce of this.#gaps.keys()) if (!missing.has(nonce)) this.#gaps.delete(nonce);
    for (const nonce of missing) {
      const looks = (this.#gaps.get(nonce) ?? 0) + 1;
      this.#gaps.set(nonce, looks);
      if (looks === GAP_LOOKS) this.#nonces.giveBack(nonce, true);
    }
  }
}
