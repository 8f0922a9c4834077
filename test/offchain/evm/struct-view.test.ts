import { MedexError } from "@medexchain/core";
import { structPageView, structView } from "@medexchain/evm";
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

describe("evm: views that return a page of structs", () => {
  const type = "tuple(address who, uint40 at, bool flag)[]";
  const view = structPageView(
    new Interface([`function things(uint64 from, uint64 count) view returns (bytes32[] ids, ${type} page)`]),
    "things",
  );
  const ids = [1, 2, 3].map((byte) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`);
  const structs = ids.map((_, index) => ({ who: `0x${"12".repeat(20)}`, at: BigInt(index), flag: index === 1 }));
  const answerOf = (some: readonly string[], page: readonly object[]): string =>
    AbiCoder.defaultAbiCoder().encode(["bytes32[]", type], [some, page]);
  const answer = answerOf(ids, structs);

  it("are asked and read as ethers does", () => {
    expect(view.decode(answer)).to.deep.equal({ ids, page: structs });
    expect(view.decode(answerOf([], []))).to.deep.equal({ ids: [], page: [] });
    const abi = new Interface(["function things(uint64 from, uint64 count)"]);
    expect(view.encode(200, 100)).to.equal(abi.encodeFunctionData("things", [200, 100]));
  });

  it("refuse an answer of another form", () => {
    const word = (index: number, value: string): string =>
      answer.slice(0, 2 + 64 * index) + value.padStart(64, "0") + answer.slice(2 + 64 * (index + 1));
    const wrong = [
      "0x",
      `${answer}00`,
      answer.slice(0, -64),
      answerOf(ids, structs.slice(1)),
      answerOf(ids.slice(1), structs),
      word(0, "60"), // where the ids are
      word(1, "a0"), // where the structs are
      word(2, "2"), // how many ids there are
      word(2, "f".repeat(64)),
      word(6, "2"), // how many structs
    ];
    for (const each of wrong) {
      expect(() => view.decode(each), each)
        .to.throw(MedexError)
        .with.property("code", "SERVICE_PROTOCOL");
    }
  });
});
