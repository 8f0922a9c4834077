/** Follows what is in flight: settles it, sends it again, or replaces it for a higher fee. */
import { ask } from "@medexchain/chain";
import { insertTransaction, settleTransaction } from "../database/transactions.ts";
import { answerAll, type Fate } from "./answer.ts";
import { bumped, type Price } from "./fees.ts";
import { type Flight, liveVersion, type MinedTransaction } from "./flight.ts";
import type { GasMemory } from "./gas.ts";
import type { InFlight } from "./in-flight.ts";
import { broadcast, look, type Sighting } from "./look.ts";
import type { SubmitterOptions } from "./options.ts";
import { readCall, signCall } from "./sign.ts";

/** So many refusals, each with a look that finds nothing, are an answer. */
const MAX_REFUSALS = 3;
/** A lagging node may count a nonce as used before it has the receipt. */
const MAX_ABSENCES = 3;
/** How long what a node has is not asked for again, while there is no new block. */
const LOOK_ANYWAY_MS = 1_000;

export interface FollowerOptions extends SubmitterOptions {
  readonly inFlight: InFlight;
  readonly gas: GasMemory;
  readonly price: () => Promise<Price>;
}

/** Sends a flight for the first time, or its replacement. The reply is not believed. */
export async function launch({ chain, observe }: SubmitterOptions, flight: Flight): Promise<void> {
  const live = liveVersion(flight);
  const { chainId, action, requestIds, nonce, hash } = live;
  observe({ type: "transaction-sent", chainId, action, requestIds, nonce, hash });
  flight.refusal = await broadcast(chain, live);
  flight.sentAt = performance.now();
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #inFlight: InFlight;
  /** By `performance.now()`: steps that come in wake the loop far more often than anything is mined. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#inFlight = options.inFlight;
  }

  /** One look, unless the last one was just now. */
  async look(): Promise<void> {
    const { chain, account, confirmations, lookIntervalMs } = this.#options;
    if (this.#inFlight.size === 0 || performance.now() - this.#lookedAt < lookIntervalMs) return;
    this.#lookedAt = performance.now();
    const head = await ask(chain, () => chain.provider.getBlockNumber());
    const flights = this.#inFlight.all().filter((flight) => this.#mayHaveChanged(flight, head));
    if (flights.length === 0) return;
    const { used, sightings } = await look(chain, account.address, flights);
    this.#inFlight.passed(used);
    // A block that a reorganisation can still replace proves nothing.
    const believed = confirmations === 0 ? Number.POSITIVE_INFINITY : head - confirmations;
    for (const [index, flight] of flights.entries()) {
      const sighting = sightings[index];
      if (!sighting) continue;
      const found = sighting.seen === "known" || sighting.seen === "mined";
      flight.foundAt = found ? { block: head, time: performance.now() } : undefined;
      await this.#follow(flight, sighting, believed);
    }
    this.#inFlight.noticeGaps(used);
  }

  /** What a node has in its pool or its blocks stays as it is until the next block, or for a while: pools forget. */
  #mayHaveChanged({ foundAt }: Flight, head: number): boolean {
    if (!foundAt || foundAt.block !== head || this.#inFlight.mayHaveGap()) return true;
    return performance.now() - foundAt.time >= Math.min(LOOK_ANYWAY_MS, this.#options.submit.replaceAfterMs);
  }

  async #follow(flight: Flight, sighting: Sighting, believed: number): Promise<void> {
    flight.mined = sighting.seen === "mined" ? sighting.mined : undefined;
    flight.absences = sighting.seen === "gone" ? flight.absences + 1 : 0;
    switch (sighting.seen) {
      case "mined":
        if (sighting.mined.block > believed) return;
        return this.#settle(flight, sighting.mined.status === 1 ? "confirmed" : "reverted", sighting.mined);
      case "gone":
        return flight.absences >= MAX_ABSENCES ? this.#settle(flight, "replaced") : undefined;
      case "known":
        return this.#replaceIfSlow(flight);
      case "unknown":
        return this.#sendAgain(flight);
    }
  }

  async #sendAgain(flight: Flight): Promise<void> {
    const { chain, database } = this.#options;
    if (flight.refusal !== undefined && ++flight.refusals >= MAX_REFUSALS) {
      if (flight.versions.length === 1) return this.#settle(flight, "refused");
      // The replacement was not taken: the one before it is what is sent.
      const refused = flight.versions.pop();
      if (refused) await settleTransaction(database, refused, "refused");
      await settleTransaction(database, liveVersion(flight), "pending");
      flight.refusals = 0;
    }
    flight.refusal = await broadcast(chain, liveVersion(flight));
  }

  /** A transaction that nobody mines is sent again for more, or, where gas costs nothing, as it is. */
  async #replaceIfSlow(flight: Flight): Promise<void> {
    const { submit, database, chain, account } = this.#options;
    if (performance.now() - flight.sentAt < submit.replaceAfterMs) return;
    flight.sentAt = performance.now();
    const live = liveVersion(flight);
    const sent = readCall(live);
    const price = sent && bumped(flight.price ?? sent.paid, await this.#options.price());
    if (!sent || !price || !this.#affordable(price)) {
      await broadcast(chain, live);
      return;
    }
    const replacement = signCall(chain, account, sent.call, live.nonce, price);
    await insertTransaction(database, replacement, live);
    flight.versions.push(replacement);
    flight.price = price;
    await launch(this.#options, flight);
  }

  #affordable(price: Price): boolean {
    const { maxFeePerGas } = this.#options.submit;
    const asked = price.type === 0 ? price.gasPrice : price.maxFeePerGas;
    return maxFeePerGas === undefined || asked <= maxFeePerGas;
  }

  async #settle(flight: Flight, state: Fate, mined?: MinedTransaction): Promise<void> {
    const { database, observe } = this.#options;
    const winner = flight.versions.find(({ hash }) => hash === mined?.hash) ?? liveVersion(flight);
    const losers = flight.versions.filter((version) => version !== winner);
    if (losers.length === 0) await settleTransaction(database, winner, state, mined?.block);
    else
      await database.transaction(async (tx) => {
        for (const loser of losers) await settleTransaction(tx, loser, "replaced");
        await settleTransaction(tx, winner, state, mined?.block);
      });
    this.#inFlight.remove(flight, state !== "refused");
    const { chainId, action, requestIds, nonce, hash } = winner;
    const ms = Math.round(performance.now() - flight.since);
    observe({ type: "transaction-settled", chainId, action, requestIds, nonce, hash, state, ms });
    if (mined && requestIds.length > 1) {
      if (state === "confirmed") this.#options.gas.used(action, requestIds.length, mined.gasUsed);
      else this.#options.gas.exhausted(action);
    }
    // Not awaited: to find the reasons takes questions, and the others must not wait for the answers.
    const { chain, account } = this.#options;
    void answerAll({ chain, account: account.address, flight, state, mined }).finally(flight.settled);
  }
}
