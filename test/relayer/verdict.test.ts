import { ContractRefusal, type Deployment, decodeRevert, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { Interface } from "ethers";
import { judge as judgeBy, type SeenRefusal } from "../../relayer/queue/verdict.ts";
import type { SecondOpinion } from "../../relayer/rpc/confirm-refusal.ts";

describe("relayer: what is final", () => {
  const none = `0x${"00".repeat(20)}`;
  const deployment: Deployment = {
    chainId: 7n,
    rpcUrl: "http://127.0.0.1:1",
    manager: none,
    hospitals: none,
    records: none,
    relayers: none,
    ledger: none,
    mailbox: none,
    grants: none,
    requests: none,
    checkpoints: none,
    equivocations: none,
    consents: none,
  };
  const id: Hex32 = `0x${"11".repeat(32)}`;
  const abi = new Interface([
    "error AccessGrantsWrongState(bytes32,uint8)",
    "error AccessGrantsExpired(bytes32,uint64)",
  ]);
  const refusal = (name = "AccessGrantsWrongState") =>
    new ContractRefusal(deployment, decodeRevert(abi.encodeErrorResult(name, [id, 1])), "no reason given");
  const seen = (block: number | null, secondsAgo = 0): SeenRefusal => ({
    name: "AccessGrantsWrongState",
    block,
    at: new Date(Date.now() - secondsAgo * 1_000),
  });
  const judge = (
    error: unknown,
    job: { refusal: SeenRefusal | null },
    headOf: () => Promise<number | undefined>,
    opinion: SecondOpinion = "unknown",
  ) => judgeBy(error, job, headOf, async () => opinion);
  const at = (block: number | undefined) => async () => block;

  it("is not what is wrong with one relayer's part: others who share its database may do the job", async () => {
    for (const code of ["SHARE_INVALID", "SHARE_MISSING"] as const) {
      const verdict = await judge(new MedexError(code, "no reason given"), { refusal: null }, at(10));
      expect(verdict.state, code).to.equal("pending");
    }
    const ofAll = await judge(new MedexError("DEALING_INVALID", "no reason given"), { refusal: null }, at(10));
    expect(ofAll).to.deep.equal({ state: "parked", parkedBy: "poison" });
  });

  it("is not a refusal that is seen for the first time; it is remembered with the chain's head", async () => {
    const verdict = await judge(refusal(), { refusal: null }, at(10));
    expect(verdict.state).to.equal("pending");
    expect(verdict).to.have.property("refusal").that.include({ name: "AccessGrantsWrongState", block: 10 });
  });

  it("is a refusal that is seen again at a later block, or at the same head after half a minute", async () => {
    expect(await judge(refusal(), { refusal: seen(10) }, at(10))).to.include({ state: "pending" });
    expect(await judge(refusal(), { refusal: seen(10, 29) }, at(10))).to.include({ state: "pending" });
    expect(await judge(refusal(), { refusal: seen(10) }, at(11))).to.include({ state: "parked", parkedBy: "refusal" });
    expect(await judge(refusal(), { refusal: seen(10, 30) }, at(10))).to.include({ state: "parked" });
    expect(await judge(refusal(), { refusal: seen(null, 5) }, at(undefined))).to.include({ state: "pending" });
  });

  it("is a refusal that a second node agrees to, at once, and none that another node differs on", async () => {
    expect(await judge(refusal(), { refusal: null }, at(10), "agreed")).to.deep.equal({
      state: "parked",
      parkedBy: "refusal",
    });
    expect(await judge(refusal(), { refusal: seen(9, 60) }, at(10), "differ")).to.deep.equal({ state: "pending" });
  });

  it("is not another refusal than the one before, which begins anew", async () => {
    const verdict = await judge(refusal("AccessGrantsExpired"), { refusal: seen(10, 60) }, at(12));
    expect(verdict).to.have.property("refusal").that.include({ name: "AccessGrantsExpired", block: 12 });
  });

  it("is not a revert without an error of the suite, nor any other failure, whatever it was before", async () => {
    const bare = new ContractRefusal(deployment, undefined, "no reason given");
    for (const error of [bare, new MedexError("CONTENT_MISMATCH", "other bytes"), new RangeError("a bug")]) {
      expect(await judge(error, { refusal: seen(10, 60) }, at(12))).to.include({ state: "pending" });
    }
  });

  it("is content that is there and wrong, at once; a paused lane is waited for", async () => {
    const poison = new MedexError("CAPSULE_INVALID", "no capsule");
    expect(await judge(poison, { refusal: null }, at(1))).to.deep.equal({ state: "parked", parkedBy: "poison" });
    const paused = new MedexError("LANE_PAUSED", "paused");
    expect(await judge(paused, { refusal: null }, at(1))).to.deep.equal({ state: "held" });
  });
});
