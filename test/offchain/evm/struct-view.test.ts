import { MedexError } from "@medexchain/core";
import { structView } from "@medexchain/evm";
import { expect } from "chai";
import { AbiCoder, Interface } from "ethers";

describe("evm: views that return a struct", () => {
  const type = "tuple(bytes32 id, address who, uint40 at, uint8 state, bool flag)";
  const view = structView(new Interface([`function thing(bytes32 id) view returns (${type} it)`]), "thing");
  const id = `0x${"ab".repeat(32)}`;
  const who = `0x${"12".repeat(20)}`;
  const answer = AbiCoder.defaultAbiCoder().encode([type], [[id, who, 7n, 2n, true]]);

  it("are asked and read as ethers does", () => {
    expect(view.decode(answer)).to.deep.equal({ id, who, at: 7n, state: 2n, flag: true });
    expect(view.encode(id)).to.equal(new Interface(["function thing(bytes32)"]).encodeFunctionData("thing", [id]));
  });

  it("refuse an answer of another length", () => {
    for (const wrong of ["0x", `${answer}00`, answer.slice(0, -2)]) {
      expect(() => view.decode(wrong))
        .to.throw(MedexError)
        .with.property("code", "SERVICE_PROTOCOL");
    }
  });
});
