import { describeUnforeseen } from "@medexchain/core";
import { expect } from "chai";
import { makeError } from "ethers";
import { failureOf } from "../../../relayer/observe/failure.ts";

const SECRET = "hunter2";
const URL_WITH_SECRET = `https://user:${SECRET}@node.example/v3/${SECRET}`;

describe("an unforeseen error", () => {
  it("is told by its class, its code and its place, and by nothing that it quotes", () => {
    const refused = makeError(`could not reach ${URL_WITH_SECRET}`, "CALL_EXCEPTION", {
      action: "call",
      data: `0x${SECRET}`,
      reason: SECRET,
      transaction: { to: null, data: `0x${SECRET}` },
      invocation: null,
      revert: null,
    });
    const told = describeUnforeseen(refused);
    expect(told).to.include({ name: "Error", code: "CALL_EXCEPTION" });
    expect(told.frames.some((frame) => /^unforeseen\.test\.ts:\d+$/.test(frame))).to.equal(true);
    expect(JSON.stringify(told)).to.not.include(SECRET);
    expect(JSON.stringify(failureOf(refused)))
      .to.include("CALL_EXCEPTION")
      .and.not.include(SECRET);
  });

  it("does not take lines of its message for frames", () => {
    const quoting = `wrong\n    at ${SECRET} (${SECRET}.ts:1:2)\n    at /${SECRET}.js:3:4`;
    const error = new Error(quoting);
    expect(JSON.stringify(describeUnforeseen(error))).to.not.include(SECRET);
    error.message = "another"; // the stack keeps the one before
    error.stack = `Error: ${quoting}\nand more\n    at here (/x/real.ts:5:6)\n    at async node:internal/timers:7:8`;
    expect(describeUnforeseen(error).frames).to.deep.equal(["real.ts:5", "node:internal/timers:7"]);
  });

  it("keeps no name or code that is not one", () => {
    const error = Object.assign(new Error("x"), { code: `cannot connect to ${URL_WITH_SECRET}` });
    error.name = `Error with ${SECRET}`;
    expect(describeUnforeseen(error)).to.include({ name: "Error" }).and.not.have.property("code");
    expect(JSON.stringify(failureOf(error))).to.not.include(SECRET);
    expect(describeUnforeseen(SECRET)).to.deep.equal({ name: "string", frames: [] });
    expect(describeUnforeseen(Object.assign(new Error("x"), { code: "23505" })).code).to.equal("23505");
  });
});
