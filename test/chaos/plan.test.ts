import { expect } from "chai";
import { alternate } from "../../chaos/alternate.ts";
import { drawPlan } from "../../chaos/draw-plan.ts";
import { formatPlan } from "../../chaos/format-plan.ts";
import { FAULTS, HOSTILITIES, INTENTS, KILL_MOMENTS, LEASES, lifetimeOf } from "../../chaos/plan.ts";

const seeds = Array.from({ length: 200 }, (_, seed) => seed);
const draw = (seed: number) => drawPlan({ seed, requests: 40, databaseServer: true });

describe("a fault plan", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(draw(7)).to.deep.equal(draw(7));
    expect(formatPlan(draw(7))).to.equal(formatPlan(draw(7)));
    expect(draw(7)).not.to.deep.equal(draw(8));
  });

  it("replaces no more blocks than owners wait for, for whom relayers are sometimes too hasty", () => {
    for (const { reorganisations, confirmations } of seeds.map(draw)) {
      for (const { chain, depth } of reorganisations) expect(depth).to.be.within(1, confirmations[chain]);
    }
    const hasty = seeds.map(draw).filter((plan) => plan.hasty);
    expect(hasty.length).to.be.within(1, seeds.length - 1);
    expect(hasty.every(({ confirmations }) => confirmations.chainB > 0)).to.equal(true);
  });

  it("ends all faults before its own end, and files all requests before", () => {
    for (const { duration, windows, kills, reorganisations, clockJumps, requests } of seeds.map(draw)) {
      for (const { from, to } of windows) {
        expect(from).to.be.below(to);
        expect(to).to.be.at.most(duration);
      }
      for (const { at } of [...kills, ...reorganisations, ...clockJumps, ...requests]) expect(at).to.be.below(duration);
    }
  });

  it("never moves a clock so far that a request dies which must not, or that an answer comes too late", () => {
    const responseWindow = 3_600;
    for (const { clockJumps } of seeds.map(draw)) {
      for (const chain of ["chainA", "chainB"]) {
        const jumped = clockJumps.reduce((sum, jump) => sum + (jump.chain === chain ? jump.seconds : 0), 0);
        // the run itself takes minutes, and ends with a jump of its own
        expect(jumped + lifetimeOf("ignore") + 60).to.be.below(lifetimeOf("ignore") + responseWindow - 900);
        expect(jumped).to.be.below(lifetimeOf("approve") / 2);
      }
    }
  });

  it("lets the clocks be apart by less than the contracts allow, and brings them together again", () => {
    const allowed = 300;
    for (const { clockJumps } of seeds.map(draw)) {
      let apart = 0;
      for (const { chain, seconds } of [...clockJumps].sort((one, other) => one.at - other.at)) {
        apart += chain === "chainA" ? seconds : -seconds;
        expect(Math.abs(apart)).to.be.below(allowed);
      }
      expect(apart).to.equal(0);
    }
  });

  it("draws every fault, every intent, one relayer to three, chains that are final at once and others", () => {
    const plans = seeds.map(draw);
    const faults = new Set(plans.flatMap(({ windows }) => windows.map(({ fault }) => fault)));
    expect([...faults]).to.have.members([...FAULTS]);
    const intents = new Set(plans.flatMap(({ requests }) => requests.map(({ intent }) => intent)));
    expect([...intents]).to.have.members([...INTENTS]);
    expect([...new Set(plans.map(({ relayers }) => relayers))]).to.have.members([1, 2, 3]);
    expect([...new Set(plans.map(({ confirmations }) => confirmations.chainA))]).to.have.members([0, 1, 2, 3]);
    const moments = new Set(plans.flatMap(({ kills }) => kills.map(({ moment }) => moment)));
    expect([...moments]).to.have.members([...KILL_MOMENTS]);
  });

  it("kills whoever holds each kind of lease where relayers share a database, and nowhere else", () => {
    const shared = seeds.map(draw).filter(({ relayers, separate }) => relayers > 1 && !separate);
    expect(shared).not.to.have.lengthOf(0);
    for (const { holderKills, duration } of shared) {
      expect(holderKills.map(({ lease }) => lease)).to.have.members([...LEASES]);
      const times = holderKills.map(({ at }) => at);
      expect(times).to.deep.equal([...times].sort((one, other) => one - other));
      expect(Math.max(...times)).to.be.below(duration);
    }
    const alone = seeds.map(draw).filter(({ relayers, separate }) => relayers === 1 || separate);
    expect(alone.flatMap(({ holderKills }) => holderKills)).to.deep.equal([]);
  });

  it("has relayers share a database where it is told to, whose server dies twice as they start", () => {
    for (const seed of seeds) {
      const options = { seed, requests: 40, relayers: 4, databaseServer: true, ownDatabaseServer: true };
      const plan = drawPlan({ ...options, shared: true });
      expect(plan.separate).to.equal(false);
      expect(plan.holderKills.map(({ lease }) => lease)).to.have.members([...LEASES]);
      expect(plan.startOutages.map(({ when }) => when)).to.deep.equal(["connecting", "listening"]);
    }
    expect(draw(1).startOutages).to.deep.equal([]);
  });

  it("draws every threshold, and one that lies only where the others are enough and one alone is not", () => {
    const plans = seeds.map(draw);
    expect([...new Set(plans.map(({ threshold }) => threshold))]).to.have.members([1, 2, 3]);
    for (const { relayers, threshold, withholds } of plans) {
      expect(threshold).to.be.within(1, relayers);
      if (withholds === undefined) continue;
      expect(withholds).to.be.within(0, relayers - 1);
      expect(threshold).to.be.above(1).and.below(relayers);
    }
    const lying = plans.filter(({ withholds }) => withholds !== undefined);
    expect(lying.length).to.be.within(1, plans.length - 1);
  });

  it("draws every kind of hostile member, a hospital's limit and none, and chains that make no empty blocks", () => {
    const plans = seeds.map(draw);
    const hostilities = plans.flatMap(({ requests }) => requests.flatMap(({ hostility }) => hostility ?? []));
    expect([...new Set(hostilities)]).to.have.members([...HOSTILITIES]);
    for (const { requests, idle, confirmations } of plans) {
      // They come on top of the load that was asked for.
      expect(requests.filter(({ intent }) => intent !== "hostile")).to.have.length(40);
      expect(requests.every(({ intent, hostility }) => (intent === "hostile") === (hostility !== undefined))).to.equal(
        true,
      );
      // Where blocks are waited for that nobody makes, nothing would ever be final.
      for (const chain of idle) expect(confirmations[chain]).to.equal(0);
    }
    expect(new Set(plans.map(({ hospitalLimit }) => hospitalLimit < 1_000)).size).to.equal(2);
    expect(new Set(plans.flatMap(({ idle }) => idle))).to.have.keys(["chainA", "chainB"]);
  });

  it("has outages that last for a quarter of it", () => {
    const long = seeds
      .map(draw)
      .flatMap(({ windows, duration }) =>
        windows.filter(
          ({ fault, share, from, to }) => fault === "lose" && share === 1 && to - from >= duration / 4 - 1,
        ),
      );
    expect(new Set(long.map(({ edge }) => edge))).to.include.keys(["ipfs", "chainA", "chainB"]);
  });

  it("stalls both chains now and then, and kills a database server only where it is the run's own", () => {
    for (const { stalls } of seeds.map(draw)) {
      expect(new Set(stalls.map(({ chain }) => chain)).size).to.equal(2);
      for (const { length } of stalls) expect(length).to.be.within(1_000, 7_000);
    }
    expect(draw(1).databaseOutages).to.deep.equal([]);
    const own = seeds.map((seed) => drawPlan({ seed, requests: 40, databaseServer: true, ownDatabaseServer: true }));
    const kinds = new Set(own.flatMap(({ databaseOutages }) => databaseOutages.map(({ kind }) => kind)));
    expect([...kinds]).to.have.members(["crash", "read-only"]);
    for (const { databaseOutages } of own) {
      for (const [index, { at, down }] of databaseOutages.entries()) {
        expect(at + down).to.be.below(databaseOutages[index + 1]?.at ?? Number.POSITIVE_INFINITY);
      }
    }
  });

  it("leaves a database alone that has no connections", () => {
    const { windows } = drawPlan({ seed: 1, requests: 40, databaseServer: false });
    expect(windows.filter(({ edge }) => edge === "database")).to.deep.equal([]);
    expect(draw(1).windows.filter(({ edge }) => edge === "database")).not.to.deep.equal([]);
  });

  it("puts every second seed on the database server, with two relayers or three, where they alternate", () => {
    const settings = Array.from({ length: 30 }, (_, index) => alternate(index + 1));
    const onServer = settings.filter((setting) => setting.onServer);
    expect(onServer).to.have.lengthOf(15);
    expect(new Set(onServer.map(({ relayers }) => relayers))).to.deep.equal(new Set([2, 3]));
    expect(settings.filter(({ relayers }) => relayers !== undefined)).to.have.lengthOf(15);
  });
});
