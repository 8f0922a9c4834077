import { MedexError } from "@medexchain/core";
import { startSdk } from "#sdk-port";
import type { SdkPort } from "./sdk-port.ts";
import type { SdkAnswers, SdkNode, SdkReply, SdkTask } from "./sdk-task.ts";

interface Waiting {
  resolve(answer: SdkAnswers[SdkTask["verb"]]): void;
  reject(error: unknown): void;
}

/** The SDK in a thread of its own. */
export class SdkThread {
  readonly #port: SdkPort;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #retired = false;
  #ended = false;

  constructor(node: SdkNode) {
    this.#port = startSdk(node, { reply: (reply) => this.#settle(reply), ended: (cause) => this.#fail(cause) });
  }

  /** Whether it takes tasks. */
  get usable(): boolean {
    return !this.#retired && !this.#ended;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Runs a task.
   *
   * @throws SdkFailure (the SDK's own error), SdkTimeout, MedexError TANGLE_CLIENT_FAILED (the thread ended)
   */
  async run<V extends SdkTask["verb"]>(task: Extract<SdkTask, { verb: V }>, timeoutMs: number): Promise<SdkAnswers[V]> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<SdkAnswers[SdkTask["verb"]]>();
    this.#waiting.set(id, { resolve, reject });
    // the process stays for this timer while a task is under way
    const timer = setTimeout(() => this.#expire(id), timeoutMs);
    this.#port.send({ id, task });
    try {
      return (await promise) as SdkAnswers[V]; // the worker answers the task that it was given
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the thread, and with it whatever request it has under way; who waits is told. */
  async end(reason: MedexError): Promise<void> {
    this.#fail(reason);
    await this.#port.end();
  }

  #settle(reply: SdkReply): void {
    const waiting = this.#take(reply.id);
    if ("answer" in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(new SdkFailure(reply.failure));
  }

  /** A request that is not answered stays in the SDK: the thread takes no more tasks, and ends with the last one it has. */
  #expire(id: number): void {
    this.#retired = true;
    this.#take(id)?.reject(new SdkTimeout());
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#retired && this.#waiting.size === 0) void this.#port.end();
    return waiting;
  }

  #fail(cause: unknown): void {
    this.#ended = true;
    const error = MedexError.is(cause)
      ? cause
      : new MedexError("TANGLE_CLIENT_FAILED", "the thread of the IOTA SDK ended; the next call starts another", {
          cause,
        });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** The SDK's error, its text as the message. */
export class SdkFailure extends Error {}

/** No answer in time. */
export class SdkTimeout extends Error {}
