/**
 * The one place that sends transactions: one submitter per chain and account, several transactions in flight, with consecutive
 * nonces.
 *
 *   gather     steps of a kind share a transaction, by size and delay
 *   ask        whether a step is done already, and whether it would succeed (eth_estimateGas, for a step alone)
 *   sign       nonce, signed transaction and hash go to the database before anything goes out
 *   broadcast  the reply is never believed
 *   look       receipts, known transactions, nonces; then settle, send again, replace for a higher fee, or fill a gap
 *
 * Under one nonce there is only ever one call: where gas costs nothing, a second transaction would silently replace the first.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { keccak256, Transaction, type Wallet } from "ethers";
import { type Chain, chainError, decodeRevert, type Hex32, passingRefusal } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask } from "../chains.ts";
import type { SubmitConfig } from "../config.ts";
import type { Database } from "../database/database.ts";
import {
  insertTransaction,
  pendingTransactions,
  type SignedTransaction,
  settleTransaction,
} from "../database/transactions.ts";
import type { JobOutcome, Observer, TransactionState } from "../observer.ts";
import { skippedItems } from "./batch-result.ts";
import { bumped, type Price, priceSource } from "./fees.ts";
import { createFlight, type Flight, liveVersion, type MinedTransaction, type Waiter } from "./flight.ts";
import { rememberGas } from "./gas.ts";
import { broadcast, look, type Sighting } from "./look.ts";
import { trackNonces } from "./nonces.ts";
import { carries, type Step } from "./step.ts";

type Done = Extract<JobOutcome, "sent" | "already-done">;
type Fate = Exclude<TransactionState, "pending" | "superseded">;

export interface Submitter {
  /** Address of the account. */
  readonly account: string;
  /**
   * Brings a step about: sends its transaction and waits for the receipt, unless the step is done already.
   *
   * @throws CHAIN_REVERTED when the call is refused, TRANSACTION_PENDING, TRANSACTION_REPLACED, TRANSACTION_REFUSED,
   *   TRANSACTION_REVERTED, SERVICE_UNREACHABLE
   */
  submit(step: Step): Promise<Done>;
  /** Finds out what became of transactions that are pending in the database, and sends again those that are lost. */
  resolvePending(): Promise<void>;
}

export interface SubmitterOptions {
  readonly chain: Chain;
  readonly account: Wallet;
  readonly database: Database;
  readonly observe: Observer;
  readonly receiptTimeoutMs: number;
  /** Between looks for receipts. */
  readonly lookIntervalMs: number;
  /** How many blocks must follow a transaction's block before it counts. */
  readonly confirmations: number;
  readonly submit: SubmitConfig;
  /** Ends waiting: what is pending stays so, and is resolved after the next start. */
  readonly signal: AbortSignal;
}

/** Gas over the estimate, in percent: state may change between the estimate and the block. */
const GAS_MARGIN = 25n;
/** So many refusals, each with a look that finds nothing, are an answer. */
const MAX_REFUSALS = 3;
/** A lagging node may count a nonce as used before it has the receipt. */
const MAX_ABSENCES = 3;
/** Looks in a row that must miss a nonce before it is filled. */
const GAP_LOOKS = 5;
const FILL = "fill-nonce";
/** How long what a node has is not asked for again, while there is no new block. */
const LOOK_ANYWAY_MS = 1_000;

/** Makes the submitter of one chain and account. */
export function createSubmitter(options: SubmitterOptions): Submitter {
  const actor = new SubmitterActor(options);
  return {
    account: options.account.address,
    submit: (step) => actor.submit(step),
    resolvePending: () => actor.resolvePending(),
  };
}

class SubmitterActor {
  readonly #options: SubmitterOptions;
  readonly #price: () => Promise<Price>;
  readonly #nonces = trackNonces();
  readonly #gas = rememberGas();
  readonly #flights = new Map<number, Flight>();
  readonly #gaps = new Map<number, number>();
  #queue: Waiter[] = [];
  #reload = true;
  #loading: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> | undefined;
  #wake: AbortController = new AbortController();
  #failure: unknown;
  /** By `performance.now()`: steps that come in wake the loop far more often than anything is mined. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** One above the highest nonce that was seen mined: what a node that lags behind does not know yet. */
  #minedUpTo = 0;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#price = priceSource(options.chain);
    options.signal.addEventListener("abort", () => this.#wake.abort());
  }

  async submit(step: Step): Promise<Done> {
    for (;;) {
      if (this.#reload) await this.#requestLoad();
      const earlier = [...this.#flights.values()].find(({ versions }) => versions.some((sent) => carries(sent, step)));
      if (!earlier) break;
      // Sent before, by this or an earlier run. Until that is settled nothing else is sent for the step.
      this.#start();
      await this.#wait(earlier);
      if (await step.isDone()) return "already-done";
    }
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    const since = performance.now();
    this.#queue.push({ step, since, deadline: since + this.#options.receiptTimeoutMs, resolve, reject });
    this.#start();
    this.#wakeUp();
    return promise;
  }

  async resolvePending(): Promise<void> {
    await this.#requestLoad();
    await Promise.all([...this.#flights.values()].map((flight) => this.#wait(flight)));
  }

  /** Waits for a flight, but no longer than for a receipt. */
  async #wait(flight: Flight): Promise<void> {
    const { receiptTimeoutMs, signal } = this.#options;
    const timer = new AbortController();
    const stop = AbortSignal.any([signal, timer.signal]);
    try {
      const timeout = sleep(receiptTimeoutMs, "late", { signal: stop }).catch(() => "late");
      if ((await Promise.race([flight.done, timeout])) === "late") {
        throw this.#failure ?? stillPending(liveVersion(flight));
      }
    } finally {
      timer.abort();
    }
  }

  /** Resolves when the loop has loaded: only there can nothing be between the database and the flights. */
  #requestLoad(): Promise<void> {
    this.#reload = true;
    this.#loading ??= Promise.withResolvers<void>();
    const { promise } = this.#loading;
    this.#start();
    this.#wakeUp();
    return promise;
  }

  #endLoading(failure?: unknown): void {
    if (failure === undefined) this.#loading?.resolve();
    else this.#loading?.reject(failure);
    this.#loading = undefined;
  }

  /** Takes over what earlier runs, or a rollback, left pending in the database. */
  async #load(): Promise<void> {
    const { chain, account, database } = this.#options;
    const rows = await pendingTransactions(database, chain.deployment.chainId, account.address);
    for (const row of rows) {
      const flight = this.#flights.get(row.nonce);
      if (flight?.versions.some(({ hash }) => hash === row.hash)) continue;
      if (flight) flight.versions.unshift(row);
      else this.#flights.set(row.nonce, createFlight([row], row.nonce, []));
      this.#nonces.used(row.nonce);
    }
    this.#reload = false;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#options.signal.aborted && this.#hasWork()) this.#start();
    });
  }

  #hasWork(): boolean {
    return this.#queue.length > 0 || this.#flights.size > 0 || this.#loading !== undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted && this.#hasWork()) {
      this.#wake = new AbortController();
      try {
        if (this.#reload) await this.#load();
        this.#endLoading();
        await this.#dispatch();
        await this.#look();
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error;
        this.#endLoading(error);
      }
      this.#giveUpLate();
      if (this.#hasWork() && !signal.aborted) await this.#pause();
    }
    if (signal.aborted) {
      this.#giveUpLate();
      this.#endLoading(
        new MedexError("TRANSACTION_PENDING", "the relayer stops; what is pending is looked for at its next start"),
      );
    }
  }

  /** Often called many times in a row: an abort without a reason makes one each time, with a stack. */
  #wakeUp(): void {
    if (!this.#wake.signal.aborted) this.#wake.abort("woken");
  }

  async #pause(): Promise<void> {
    const { lookIntervalMs, submit } = this.#options;
    const ms = this.#queue.length > 0 ? Math.min(lookIntervalMs, submit.batchDelayMs) : lookIntervalMs;
    // Cut short by the signal, the pause rejects.
    await sleep(ms, undefined, { signal: AbortSignal.any([this.#wake.signal, this.#options.signal]) }).catch(
      () => undefined,
    );
  }

  /** Lets go whoever has waited long enough. What is in flight stays there, and its fate is still followed. */
  #giveUpLate(): void {
    const now = performance.now();
    const { signal, chain } = this.#options;
    const late = ({ deadline }: Waiter): boolean => signal.aborted || now >= deadline;
    for (const flight of this.#flights.values()) {
      for (const [place, waiter] of flight.waiters.entries()) {
        if (!waiter || !late(waiter)) continue;
        waiter.reject(this.#failure ?? stillPending(liveVersion(flight)));
        flight.waiters[place] = undefined;
      }
    }
    const waiting = this.#queue.filter((waiter) => !late(waiter));
    for (const waiter of this.#queue.filter(late)) {
      const where = `chain ${chain.deployment.chainId}: ${waiter.step.action}`;
      waiter.reject(
        this.#failure ?? new MedexError("TRANSACTION_PENDING", `${where} waits for others; it is tried again`),
      );
    }
    this.#queue = waiting;
  }

  async #dispatch(): Promise<void> {
    const { signal, submit } = this.#options;
    while (!signal.aborted) {
      const unmined = [...this.#flights.values()].filter(({ mined }) => !mined).length;
      if (unmined >= submit.maxInFlight) return;
      const group = this.#takeGroup();
      if (group) await this.#send(group);
      else if (this.#nonces.hasGap() && this.#flights.size > 0) await this.#fillGap();
      else return;
    }
  }

  /** The next steps that are to share a transaction; undefined while it is worth waiting for more. */
  #takeGroup(): Waiter[] | undefined {
    const { batchSize, batchDelayMs, batchFillMs } = this.#options.submit;
    const tried = new Set<string>();
    for (const { step, since } of this.#queue) {
      const { batch } = step;
      if (batch && tried.has(batch.key)) continue;
      const group = batch
        ? this.#queue.filter((other) => other.step.batch?.key === batch.key).slice(0, batchSize)
        : this.#queue.filter((other) => other.step === step).slice(0, 1);
      const waited = performance.now() - since;
      const wait = batch && this.#isUnderWay(batch.key) ? Math.max(batchFillMs, batchDelayMs) : batchDelayMs;
      const ripe = !batch || group.length >= batchSize || waited >= wait;
      if (ripe) {
        const taken = new Set(group);
        this.#queue = this.#queue.filter((waiter) => !taken.has(waiter));
        return group;
      }
      tried.add(batch.key);
    }
    return undefined;
  }

  /** Whether a batch of a kind is sent and not mined: while it is, more steps can join the next one at no loss. */
  #isUnderWay(key: string): boolean {
    return [...this.#flights.values()].some(
      ({ mined, waiters }) => !mined && waiters.some((waiter) => waiter?.step.batch?.key === key),
    );
  }

  async #send(group: readonly Waiter[]): Promise<void> {
    const open = await this.#stillOpen(group);
    const [first] = open;
    if (!first) return;
    let nonce: number | undefined;
    try {
      const { step } = first;
      const call = open.length === 1 ? await this.#single(step) : this.#batched(open);
      nonce = await this.#takeNonce();
      const price = await this.#price();
      const requestIds = open.map((waiter) => waiter.step.requestId);
      const transaction = await this.#sign({ ...call, requestIds }, nonce, price);
      await insertTransaction(this.#options.database, transaction);
      const flight = createFlight([transaction], nonce, [...open], price);
      this.#flights.set(nonce, flight);
      nonce = undefined;
      await this.#broadcast(flight);
    } catch (error) {
      if (nonce !== undefined) this.#nonces.giveBack(nonce, this.#isInFlightAbove(nonce));
      const reason = chainError(error, this.#options.chain.deployment);
      await Promise.all(open.map((waiter) => this.#rejectUnlessDone(waiter, reason)));
    }
  }

  /** Those whose steps still have to be done. */
  async #stillOpen(group: readonly Waiter[]): Promise<Waiter[]> {
    const open: Waiter[] = [];
    await Promise.all(
      group.map(async (waiter) => {
        try {
          if (await waiter.step.isDone()) waiter.resolve("already-done");
          else open.push(waiter);
        } catch (error) {
          waiter.reject(error);
        }
      }),
    );
    return open;
  }

  async #single(step: Step): Promise<Call> {
    const { chain, account } = this.#options;
    const { to, action } = step;
    const data = step.data();
    // On the latest block, as `isDone` asks: with what waits in the pool, a call that another account is about to make needless would
    // be refused, and it would not be done yet either.
    const estimate: unknown = await chain.provider.send("eth_estimateGas", [
      { from: account.address, to, data },
      "latest",
    ]);
    const gas = BigInt(String(estimate));
    return { to, data, action, gasLimit: gas + (gas * GAS_MARGIN) / 100n };
  }

  #batched(open: readonly Waiter[]): Call {
    const batches = open.flatMap(({ step }) => (step.batch ? [step.batch] : []));
    const [batch] = batches;
    const [first] = open;
    if (!batch || !first) throw new TypeError("a batch has items");
    const { action } = batch;
    const data = batch.encode(batches.map(({ item }) => item));
    return { to: first.step.to, data, action, gasLimit: this.#gas.limit(action, open.length) };
  }

  /** Uses up a nonce that nothing wants, so that those above it can be mined. */
  async #fillGap(): Promise<void> {
    const { account, database } = this.#options;
    const nonce = await this.#takeNonce();
    const price = await this.#price();
    const to = account.address;
    const transaction = await this.#sign(
      { to, data: "0x", action: FILL, gasLimit: 30_000n, requestIds: [] },
      nonce,
      price,
    );
    await insertTransaction(database, transaction);
    const flight = createFlight([transaction], nonce, [], price);
    this.#flights.set(nonce, flight);
    await this.#broadcast(flight);
  }

  #takeNonce(): Promise<number> {
    const { chain, account } = this.#options;
    return this.#nonces.take(async () => {
      // Nothing of ours is in flight, so the node's count with its pool is the next nonce.
      const pending = await ask(chain, () => chain.provider.getTransactionCount(account.address, "pending"));
      return Math.max(pending, this.#minedUpTo);
    });
  }

  #isInFlightAbove(nonce: number): boolean {
    return [...this.#flights.keys()].some((other) => other > nonce);
  }

  async #sign(call: Call & { requestIds: readonly Hex32[] }, nonce: number, price: Price): Promise<SignedTransaction> {
    const { chain, account } = this.#options;
    const { chainId } = chain.deployment;
    const { to, data, gasLimit, action, requestIds } = call;
    const raw = await account.signTransaction({ chainId, to, data, nonce, gasLimit, ...price });
    // A transaction is named by the hash of its bytes. ethers types every hex string as `string`; this one is 32 bytes.
    const hash = keccak256(Buffer.from(raw.slice(2), "hex")) as Hex32;
    return { chainId, account: account.address, nonce, hash, raw, action, requestIds };
  }

  async #broadcast(flight: Flight): Promise<void> {
    const { chain, observe } = this.#options;
    const live = liveVersion(flight);
    const { chainId, action, requestIds, nonce, hash } = live;
    observe({ type: "transaction-sent", chainId, action, requestIds, nonce, hash });
    flight.refusal = await broadcast(chain, live);
    flight.sentAt = performance.now();
  }

  async #look(): Promise<void> {
    const { chain, account, confirmations, lookIntervalMs } = this.#options;
    if (this.#flights.size === 0 || performance.now() - this.#lookedAt < lookIntervalMs) return;
    this.#lookedAt = performance.now();
    const head = await ask(chain, () => chain.provider.getBlockNumber());
    const flights = [...this.#flights.values()]
      .filter((flight) => this.#mayHaveChanged(flight, head))
      .sort((a, b) => a.nonce - b.nonce);
    if (flights.length === 0) return;
    const { used, sightings } = await look(chain, account.address, flights);
    this.#nonces.passed(used);
    // A block that a reorganisation can still replace proves nothing.
    const believed = confirmations === 0 ? Number.POSITIVE_INFINITY : head - confirmations;
    for (const [index, flight] of flights.entries()) {
      const sighting = sightings[index];
      if (!sighting) continue;
      const found = sighting.seen === "known" || sighting.seen === "mined";
      flight.foundAt = found ? { block: head, time: performance.now() } : undefined;
      await this.#follow(flight, sighting, believed);
    }
    this.#noticeGaps(Math.max(used, this.#minedUpTo));
    if (this.#flights.size === 0) {
      this.#nonces.forget();
      this.#gaps.clear();
    }
  }

  /** What a node has in its pool or its blocks stays as it is until the next block, or for a while: pools forget. */
  #mayHaveChanged({ foundAt }: Flight, head: number): boolean {
    if (!foundAt || foundAt.block !== head || this.#gaps.size > 0) return true;
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
    const { submit, database, chain } = this.#options;
    if (performance.now() - flight.sentAt < submit.replaceAfterMs) return;
    flight.sentAt = performance.now();
    const live = liveVersion(flight);
    const { to, data, gasLimit, type, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(live.raw);
    const paid: Price =
      flight.price ??
      (type === 2
        ? { type: 2, maxFeePerGas: maxFeePerGas ?? 0n, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n }
        : { type: 0, gasPrice: gasPrice ?? 0n });
    const price = bumped(paid, await this.#price());
    if (!price || to === null || !this.#affordable(price)) {
      await broadcast(chain, live);
      return;
    }
    const { action, requestIds, nonce } = live;
    const replacement = await this.#sign({ to, data, gasLimit, action, requestIds }, nonce, price);
    await insertTransaction(database, replacement, live);
    flight.versions.push(replacement);
    flight.price = price;
    await this.#broadcast(flight);
  }

  #affordable(price: Price): boolean {
    const { maxFeePerGas } = this.#options.submit;
    const asked = price.type === 0 ? price.gasPrice : price.maxFeePerGas;
    return maxFeePerGas === undefined || asked <= maxFeePerGas;
  }

  /** A nonce below those in flight that nothing uses keeps them all from being mined. */
  #noticeGaps(from: number): void {
    const highest = Math.max(...this.#flights.keys());
    const missing = new Set<number>();
    for (let nonce = from; nonce < highest; nonce++) if (!this.#flights.has(nonce)) missing.add(nonce);
    for (const nonce of this.#gaps.keys()) if (!missing.has(nonce)) this.#gaps.delete(nonce);
    for (const nonce of missing) {
      const looks = (this.#gaps.get(nonce) ?? 0) + 1;
      this.#gaps.set(nonce, looks);
      if (looks === GAP_LOOKS) this.#nonces.giveBack(nonce, true);
    }
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
    this.#flights.delete(flight.nonce);
    if (state === "refused") this.#nonces.giveBack(flight.nonce, this.#isInFlightAbove(flight.nonce));
    else this.#minedUpTo = Math.max(this.#minedUpTo, flight.nonce + 1);
    const { chainId, action, requestIds, nonce, hash } = winner;
    const ms = Math.round(performance.now() - flight.since);
    observe({ type: "transaction-settled", chainId, action, requestIds, nonce, hash, state, ms });
    if (mined && requestIds.length > 1) {
      if (state === "confirmed") this.#gas.used(action, requestIds.length, mined.gasUsed);
      else this.#gas.exhausted(action);
    }
    // Not awaited: to find the reasons takes questions, and the others must not wait for the answers.
    const answers = flight.waiters.map((waiter, place) => waiter && this.#answer(waiter, place, flight, state, mined));
    void Promise.all(answers).finally(flight.settled);
  }

  async #answer(waiter: Waiter, place: number, flight: Flight, state: Fate, mined?: MinedTransaction): Promise<void> {
    const { chain } = this.#options;
    const { chainId } = chain.deployment;
    const skipped = mined ? skippedItems(mined.logs, waiter.step.to).get(place) : undefined;
    if (state === "confirmed" && skipped === undefined) return waiter.resolve("sent");
    try {
      if (await waiter.step.isDone()) return waiter.resolve("already-done");
      if (skipped !== undefined) {
        const revert = decodeRevert(skipped);
        const passing = revert && passingRefusal(revert, chain.deployment);
        if (passing) throw passing;
        const reason = revert ? `${revert.name}(${revert.args.join(", ")})` : "it used too much gas";
        throw new MedexError("CHAIN_REVERTED", `chain ${chainId} refused the call: ${reason}`);
      }
      throw await this.#failureOf(waiter.step, flight, state, mined);
    } catch (error) {
      waiter.reject(error);
    }
  }

  async #failureOf(step: Step, flight: Flight, state: Fate, mined?: MinedTransaction): Promise<unknown> {
    const { chain, account } = this.#options;
    const where = `chain ${chain.deployment.chainId}: ${step.action}`;
    switch (state) {
      case "replaced":
        return new MedexError(
          "TRANSACTION_REPLACED",
          `${where}: another transaction of the account took its nonce; it is sent anew`,
        );
      case "refused":
        return new MedexError(
          "TRANSACTION_REFUSED",
          `${where}: the node does not take the transaction (${flight.refusal ?? "no reason given"}); check the account's funds`,
        );
      default:
        return revertReason(chain, { from: account.address, to: step.to, data: step.data() }, mined?.block, where);
    }
  }

  async #rejectUnlessDone(waiter: Waiter, reason: unknown): Promise<void> {
    try {
      if (MedexError.is(reason, "CHAIN_REVERTED") && (await waiter.step.isDone())) waiter.resolve("already-done");
      else waiter.reject(reason);
    } catch (error) {
      waiter.reject(error);
    }
  }
}

interface Call {
  readonly to: string;
  readonly data: string;
  readonly action: string;
  readonly gasLimit: bigint;
}

function stillPending({ chainId, action, hash }: SignedTransaction): MedexError {
  return new MedexError(
    "TRANSACTION_PENDING",
    `chain ${chainId}: ${action} ${hash} is not mined yet; it is looked for again`,
  );
}

/** Why a mined transaction reverted: the same call is made again on top of its block. */
async function revertReason(
  chain: Chain,
  call: { from: string; to: string; data: string },
  block: number | undefined,
  where: string,
): Promise<unknown> {
  try {
    await ask(chain, () => chain.provider.call({ ...call, blockTag: block ?? "latest" }));
  } catch (error) {
    return error;
  }
  return new MedexError("TRANSACTION_REVERTED", `${where}: reverted, but would succeed now; it is sent anew`);
}
