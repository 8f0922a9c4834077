import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { CALL_WINDOW_MS, createReplayGuard } from "../../gateway/replay-guard.ts";

describe("the guard against replayed calls", () => {
  let now = 1_000_000_000;
  const taken = (guard: ReturnType<typeof createReplayGuard>, call: { issuedAt: number; nonce: Uint8Array }) => {
    try {
      guard.take(call);
      return true;
    } catch (error) {
      if (!MedexError.is(error, "GATEWAY_CALL_REFUSED")) throw error;
      return false;
    }
  };

  it("takes each nonce once, for as long as its call could be taken", () => {
    const guard = createReplayGuard(() => now);
    const call = { issuedAt: now + CALL_WINDOW_MS, nonce: randomBytes(32) };
    expect(taken(guard, call)).to.equal(true);
    expect(taken(guard, call)).to.equal(false);
    expect(taken(guard, { ...call, nonce: randomBytes(32) })).to.equal(true);
    now += 2 * CALL_WINDOW_MS - 1;
    expect(taken(guard, call)).to.equal(false);
    now += 2;
    expect(taken(guard, call), "too old by now").to.equal(false);
  });

  it("takes nothing outside of the window, or from before its own start", () => {
    const guard = createReplayGuard(() => now);
    const at = (issuedAt: number) => taken(guard, { issuedAt, nonce: randomBytes(32) });
    expect(at(now - 1)).to.equal(false);
    expect(at(now)).to.equal(true);
    expect(at(now + CALL_WINDOW_MS + 1)).to.equal(false);
    now += CALL_WINDOW_MS + 1;
    expect(at(now - CALL_WINDOW_MS - 1)).to.equal(false);
    expect(at(now - CALL_WINDOW_MS)).to.equal(true);
  });
});
