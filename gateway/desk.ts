/**
 * What a gateway, or the hospital behind it, does with the bytes of one call, cheapest first, so that what is refused has cost little: whether
 * the same bytes came before; the seal, hospital, times, nonce and signatures; then the registry; then the work itself. Each step has places
 * of its own and takes senders in turn: the first two by network address, as nothing else is known of the caller, the last by member. What
 * waits for another service has places of its own, too, so that one that hangs keeps nobody from the rest. A step ends when the caller has
 * hung up, or the call's time is over.
 */

import type { Hex32 } from "@medexchain/chain";
import { type ErrorCode, encodeObject, MedexError, summariseUnforeseen } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Audience, requireMember, type SignedCall } from "./admit.ts";
import { createFairQueue } from "./fair-queue.ts";
import { requireInvited } from "./invitation.ts";
import { createKnownRefusals } from "./known-refusals.ts";
import type { Method } from "./methods.ts";
import { createReplayGuard, NONCE_LIFETIME_MS, type ReplayGuard } from "./replay-guard.ts";
import { type CallKind, type OpenedCall, openCall } from "./sealed-call.ts";

/** How long a call may take, waiting included. */
const CALL_MS = 30_000;

/** How long it is believed that an account is not a member's: somebody who was enrolled just now waits so long. */
const STRANGER_MS = 5_000;

/** What became of one call; or, as `crashed`, an error that nobody handled, with which the gateway ends. Ids and codes only. */
export interface GatewayEvent {
  readonly type: "call" | "crashed";
  /** Absent when the call was not authentic. */
  readonly member?: Hex32;
  readonly method?: Method;
  readonly outcome: "ok" | ErrorCode;
  /** How long the call took; how long the gateway had served. */
  readonly milliseconds: number;
  /** Of GATEWAY_INTERNAL: the error's class, code and place. */
  readonly fault?: string;
}

export interface DeskOptions extends Audience {
  /** Who is told of a failure of ours. */
  readonly service: "gateway" | "hospital";
  readonly kind: CallKind;
  /** What the X-Wing key pair grows from to which calls are sealed, 32 bytes. */
  readonly seed: Uint8Array;
  /** What can be said of a call without asking anybody. Throws GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED. */
  readonly check: (bytes: Uint8Array, guard: ReplayGuard) => SignedCall;
  /** Does what was admitted; the method's output, DAG-CBOR. */
  readonly carryOut: (call: SignedCall, signal: AbortSignal) => Promise<Uint8Array>;
  /** The methods whose work waits for another service. */
  readonly passedOn?: ReadonlySet<Method>;
  readonly observer?: (event: GatewayEvent) => void;
}

export interface Desk {
  /**
   * Answers a call.
   *
   * @param peer whom the caller's address is counted for
   * @param hungUp aborted when nobody waits for the answer any more
   * @returns the sealed reply, of an error, too
   * @throws what is refused before it is opened, which is answered in the clear: GATEWAY_CALL_INVALID, GATEWAY_CALL_REFUSED,
   *   GATEWAY_BUSY
   */
  answer(bytes: Uint8Array, peer: string, hungUp: AbortSignal): Promise<Uint8Array>;
}

export function openDesk(options: DeskOptions): Desk {
  const { service, kind, seed, passedOn, observer = () => {} } = options;
  const guard = createReplayGuard();
  const opening = createFairQueue({ places: 4, each: 2, waiting: 256 });
  const admitting = createFairQueue({ places: 32, each: 16, waiting: 256 });
  const working = createFairQueue({ places: 32, each: 4, waiting: 256 });
  const passing = createFairQueue({ places: 32, each: 4, waiting: 256 });
  const seen = createKnownRefusals<true>({ limit: 16_384, milliseconds: NONCE_LIFETIME_MS });
  const strangers = createKnownRefusals<MedexError>({ limit: 4096, milliseconds: STRANGER_MS });

  const requireNew = (body: string): void => {
    if (seen.get(body)) throw new MedexError("GATEWAY_CALL_REFUSED", "this call was received before; seal it again");
  };
  const open = async (bytes: Uint8Array, body: string): Promise<OpenedCall & { check: () => SignedCall }> => {
    requireNew(body); // since it came, too
    seen.set(body, true);
    const opened = await openCall(bytes, seed, kind);
    const checked = attempt(() => options.check(opened.plaintext, guard));
    return { ...opened, check: checked };
  };
  const admit = async (signed: SignedCall): Promise<void> => {
    // Who was invited is no member yet, and says who signed for it.
    const isInvited = signed.call.method === "enrol";
    const pair = `${signed.call.member} ${signed.signer}${isInvited ? " invited" : ""}`;
    const known = strangers.get(pair);
    if (known) throw known;
    await (isInvited ? requireInvited : requireMember)(options, signed).catch((error: unknown) => {
      if (MedexError.is(error, "GATEWAY_CALL_REFUSED")) strangers.set(pair, error);
      throw error;
    });
  };

  return {
    async answer(bytes, peer, hungUp) {
      const started = performance.now();
      const about: { member?: Hex32; method?: Method } = {};
      const tell = (outcome: GatewayEvent["outcome"], error?: unknown) => {
        const milliseconds = Math.round(performance.now() - started);
        const fault = outcome === "GATEWAY_INTERNAL" ? { fault: summariseUnforeseen(error) } : {};
        observer({ type: "call", ...about, outcome, milliseconds, ...fault });
      };
      using time = callTime(hungUp);
      const { signal } = time;
      let opened: Awaited<ReturnType<typeof open>>;
      try {
        const body = bytesToHex(sha256(bytes));
        requireNew(body);
        opened = await opening.run(peer, signal, () => open(bytes, body));
      } catch (error) {
        tell(foreseen(error, service).code, error);
        throw foreseen(error, service);
      }
      let answer: Record<string, unknown>;
      try {
        const signed = opened.check();
        await admitting.run(peer, signal, () => admit(signed));
        signal.throwIfAborted();
        guard.take(signed.call);
        const { member, method } = signed.call;
        Object.assign(about, { member, method });
        const queue = passedOn?.has(method) ? passing : working;
        answer = { ok: await queue.run(member, signal, () => options.carryOut(signed, signal)) };
        tell("ok");
      } catch (error) {
        const { code, message } = foreseen(error, service);
        answer = { error: { code, message } };
        tell(code, error);
      }
      return opened.sealReply(encodeObject(answer));
    },
  };
}

/** Runs now; what it returns or throws comes when it is asked for. */
function attempt<T>(run: () => T): () => T {
  try {
    const value = run();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Ends when the caller has hung up, or the call has taken too long. */
function callTime(hungUp: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  const reason = new MedexError("GATEWAY_BUSY", `the call could not be finished in ${CALL_MS} ms; try again`);
  const timer = setTimeout(() => late.abort(reason), CALL_MS);
  return { signal: AbortSignal.any([hungUp, late.signal]), [Symbol.dispose]: () => clearTimeout(timer) };
}

/** A registered error as it is; anything else is ours, and says nothing. */
function foreseen(error: unknown, service: DeskOptions["service"]): MedexError {
  if (error instanceof MedexError) return error;
  const who = service === "gateway" ? "the hospital's gateway" : "the hospital's own service";
  return new MedexError("GATEWAY_INTERNAL", `${who} failed; try again, and tell its operator`, { cause: error });
}
