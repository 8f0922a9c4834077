import { expect } from "chai";
import { startPlanClock } from "../../chaos/clock.ts";
import { until } from "../until.ts";

describe("the clock of a plan", () => {
  it("begins before the first fault, and stands still while a relayer starts up", async () => {
    let up = false;
    let ticks = 0;
    using clock = startPlanClock(() => {
      ticks += 1;
      return up;
    });
    const ticked = async () => {
      const before = ticks;
      await until("the clock has ticked", () => ticks >= before + 3);
    };
    await ticked();
    expect(clock.elapsed()).to.be.below(0);
    up = true;
    await clock.until(40);
    up = false;
    const stood = clock.elapsed();
    expect(stood).to.be.at.least(40);
    await ticked();
    expect(clock.elapsed()).to.equal(stood);
  });

  it("does not keep anybody waiting who gives up", async () => {
    using clock = startPlanClock(() => false);
    await clock.until(1_000, AbortSignal.timeout(30));
    expect(clock.elapsed()).to.be.below(0);
  });
});
