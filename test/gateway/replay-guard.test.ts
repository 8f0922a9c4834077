import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { CALL_WINDOW_MS, CALLS_OF_ONE, createReplayGuard, type TimedCall } from "../../gateway/replay-guard.ts";

describe("the guard against replayed calls", () => {
  let now = 1_000_000_000;
  const taken = (guard: ReturnType<typeof createReplayGuard>, call: TimedCall) => {
    try {
      guard.take({ ...call, member: "0x01" });
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

  it("says beforehand what it will refuse, without taking anything", () => {
    const guard = createReplayGuard(() => now);
    const call = { issuedAt: now, nonce: randomBytes(32) };
    guard.check(call);
    guard.check(call);
    expect(taken(guard, call)).to.equal(true);
    expect(() => guard.check(call)).to.throw("was already made");
    expect(() => guard.check({ ...call, issuedAt: now - CALL_WINDOW_MS - 1 })).to.throw();
  });

  it("takes no more of one member than memory is set aside for, and of others all the same", () => {
    const guard = createReplayGuard(() => now);
    const call = (member: string) => guard.take({ issuedAt: now, nonce: randomBytes(32), member });
    for (let i = 0; i < CALLS_OF_ONE; i++) call("0x01");
    expect(() => call("0x01"))
      .to.throw(MedexError)
      .with.property("code", "GATEWAY_BUSY");
    call("0x02");
    now += 2 * CALL_WINDOW_MS;
    call("0x01");
  });
});
