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
import { ask, chainError } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { insertTransaction, pendingTransactions } from "../database/transactions.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { rejectUnlessDone, stillPending } from "./answer.ts";
import { estimateGas } from "./estimate.ts";
import { type Price, priceSource } from "./fees.ts";
import { createFlight, type Flight, liveVersion, type Waiter } from "./flight.ts";
import { Follower, launch } from "./follow.ts";
import { capped, rememberGas } from "./gas.ts";
import { nextGroup } from "./gather.ts";
import { InFlight } from "./in-flight.ts";
import type { SubmitterOptions } from "./options.ts";
import { type Call, signCall } from "./sign.ts";
import type { Step } from "./step.ts";

type Done = Extract<JobOutcome, "sent" | "already-done">;

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

/** Gas over the estimate, in percent: state may change between the estimate and the block. */
const GAS_MARGIN = 25n;
const FILL = "fill-nonce";
/** For so long it need not be asked again whether a step is done: one that was, meanwhile, the contract refuses, or skips in a batch. */
const FRESH_MS = 1_000;

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
  readonly #gas = rememberGas();
  readonly #inFlight = new InFlight();
  readonly #follower: Follower;
  #queue: Waiter[] = [];
  #reload = true;
  #loading: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #isWoken = false;
  #failure: unknown;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#price = priceSource(options.chain);
    this.#follower = new Follower({ ...options, inFlight: this.#inFlight, gas: this.#gas, price: this.#price });
    options.signal.addEventListener("abort", () => this.#wakeUp());
  }

  async submit(step: Step): Promise<Done> {
    for (;;) {
      if (this.#reload) await this.#requestLoad();
      const earlier = this.#inFlight.carrying(step);
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
    await Promise.all(this.#inFlight.all().map((flight) => this.#wait(flight)));
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
      const flight = this.#inFlight.at(row.nonce);
      if (flight?.versions.some(({ hash }) => hash === row.hash)) continue;
      if (flight) flight.versions.unshift(row);
      else this.#inFlight.add(createFlight([row], row.nonce, []));
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
    return this.#queue.length > 0 || this.#inFlight.size > 0 || this.#loading !== undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted && this.#hasWork()) {
      this.#isWoken = false;
      try {
        if (this.#reload) await this.#load();
        this.#endLoading();
        await this.#dispatch();
        await this.#follower.look();
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
        new MedexError("TRANSACTION_PENDING", "the relayer is stopping; its next start looks for what is pending"),
      );
    }
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async #pause(): Promise<void> {
    const { lookIntervalMs, submit } = this.#options;
    const ms = this.#queue.length > 0 ? Math.min(lookIntervalMs, submit.batchDelayMs) : lookIntervalMs;
    if (this.#isWoken) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }

  /** Lets go whoever has waited long enough. What is in flight stays there, and its fate is still followed. */
  #giveUpLate(): void {
    const now = performance.now();
    const { signal, chain } = this.#options;
    const late = ({ deadline }: Waiter): boolean => signal.aborted || now >= deadline;
    for (const flight of this.#inFlight.all()) {
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
        this.#failure ??
          new MedexError(
            "TRANSACTION_PENDING",
            `${where} is waiting for a place in a transaction; it will be tried again`,
          ),
      );
    }
    this.#queue = waiting;
  }

  async #dispatch(): Promise<void> {
    const { signal, submit } = this.#options;
    while (!signal.aborted) {
      if (this.#inFlight.unmined >= submit.maxInFlight) return;
      const group = this.#takeGroup();
      if (group) await this.#send(group);
      else if (this.#inFlight.hasGap()) await this.#fillGap();
      else return;
    }
  }

  #takeGroup(): Waiter[] | undefined {
    const isUnderWay = (key: string): boolean => this.#inFlight.isUnderWay(key);
    const group = nextGroup(this.#queue, this.#options.submit, isUnderWay, this.#gas.capacity);
    const taken = new Set(group);
    this.#queue = this.#queue.filter((waiter) => !taken.has(waiter));
    return group;
  }

  async #send(group: readonly Waiter[]): Promise<void> {
    const open = await this.#stillOpen(group);
    const [first] = open;
    if (!first) return;
    const { chain, account, database } = this.#options;
    let nonce: number | undefined;
    try {
      const { step } = first;
      const call = open.length === 1 ? await this.#single(step) : this.#batched(open);
      nonce = await this.#takeNonce();
      const price = await this.#price();
      const requestIds = open.map((waiter) => waiter.step.requestId);
      const transaction = signCall(chain, account, { ...call, requestIds }, nonce, price);
      await insertTransaction(database, transaction);
      const flight = createFlight([transaction], nonce, [...open], price);
      this.#inFlight.add(flight);
      nonce = undefined;
      await launch(this.#options, flight);
    } catch (error) {
      if (nonce !== undefined) this.#inFlight.giveBack(nonce);
      const reason = chainError(error, chain.deployment);
      await Promise.all(open.map((waiter) => rejectUnlessDone(waiter, reason)));
    }
  }

  /** Those whose steps still have to be done. */
  async #stillOpen(group: readonly Waiter[]): Promise<Waiter[]> {
    const open: Waiter[] = [];
    await Promise.all(
      group.map(async (waiter) => {
        try {
          const { notDoneAt = Number.NEGATIVE_INFINITY } = waiter.step;
          if (performance.now() - notDoneAt < FRESH_MS) open.push(waiter);
          else if (await waiter.step.isDone()) waiter.resolve("already-done");
          else open.push(waiter);
        } catch (error) {
          waiter.reject(error);
        }
      }),
    );
    return open;
  }

  async #single(step: Step): Promise<Omit<Call, "requestIds">> {
    const { chain, account } = this.#options;
    const { to, action, mostGas } = step;
    const data = step.data();
    const gas = await estimateGas(chain, { from: account.address, to, data });
    const wanted = gas === undefined ? this.#gas.limit(action, 1) : capped(gas + (gas * GAS_MARGIN) / 100n);
    const gasLimit = mostGas === undefined || wanted < mostGas ? wanted : mostGas;
    if (gas !== undefined && mostGas !== undefined && gas > mostGas) {
      throw new MedexError(
        "TRANSACTION_REFUSED",
        `chain ${chain.deployment.chainId}: ${action} would take ${gas} gas, and is given ${mostGas} at most; find out why, it is tried again`,
      );
    }
    return { to, data, action, gasLimit };
  }

  #batched(open: readonly Waiter[]): Omit<Call, "requestIds"> {
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
    const { chain, account, database } = this.#options;
    const nonce = await this.#takeNonce();
    const price = await this.#price();
    const call = { to: account.address, data: "0x", action: FILL, gasLimit: 30_000n, requestIds: [] };
    const transaction = signCall(chain, account, call, nonce, price);
    await insertTransaction(database, transaction);
    const flight = createFlight([transaction], nonce, [], price);
    this.#inFlight.add(flight);
    await launch(this.#options, flight);
  }

  #takeNonce(): Promise<number> {
    const { chain, account } = this.#options;
    return this.#inFlight.takeNonce(() =>
      ask(chain, () => chain.provider.getTransactionCount(account.address, "pending")),
    );
  }
}
