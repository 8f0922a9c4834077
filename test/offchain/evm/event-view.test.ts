import { MedexError } from "@medexchain/core";
import { eventView } from "@medexchain/evm";
import { expect } from "chai";
import { Interface, id } from "ethers";

const abi = new Interface([
  "event Asked(uint64 indexed sequence, bytes32 indexed about, tuple(bytes32 record, address to, uint256 nonce, bool urgent) request, uint32 count, bytes signature)",
  "event Listed(bytes32[] ids)",
]);
const view = eventView(abi, "Asked");
const to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const logOf = (signature: string) =>
  abi.encodeEventLog("Asked", [7n, id("about"), [id("record"), to, 2n ** 255n, true], 9, signature]);

describe("an event's view", () => {
  for (const signature of ["0x", "0x01", `0x${"ab".repeat(65)}`]) {
    it(`reads what ethers reads, with ${(signature.length - 2) / 2} bytes at the end`, () => {
      const log = logOf(signature);
      const theirs = abi.decodeEventLog("Asked", log.data, log.topics);
      const ours = view.decode(log);
      expect(view.topic).to.equal(log.topics[0]);
      expect(ours).to.deep.equal({
        sequence: theirs.sequence,
        about: theirs.about,
        request: { ...theirs.request.toObject(), to: to.toLowerCase() },
        count: theirs.count,
        signature: theirs.signature,
      });
    });
  }

  it("takes no log that is cut short, or that points outside of itself", () => {
    const log = logOf(`0x${"ab".repeat(65)}`);
    const refuses = (topics: readonly string[], data: string) => {
      let thrown: unknown;
      try {
        view.decode({ topics, data });
      } catch (error) {
        thrown = error;
      }
      expect(MedexError.is(thrown, "SERVICE_PROTOCOL"), `${topics.length} topics, ${data.length}`).to.equal(true);
    };
    for (let words = 0; words < 10; words += 1) refuses(log.topics, log.data.slice(0, 2 + 64 * words));
    refuses(log.topics.slice(0, 2), log.data);
    const head = log.data.slice(0, 2 + 64 * 5);
    for (const start of ["f".repeat(64), `${"0".repeat(61)}fff`]) {
      refuses(log.topics, head + start + log.data.slice(2 + 64 * 6));
    }
    const length = 2 + 64 * 6;
    refuses(log.topics, `${log.data.slice(0, length)}${"f".repeat(64)}${log.data.slice(length + 64)}`);
  });

  it("is made of no event with lists", () => {
    expect(() => eventView(abi, "Listed")).to.throw(TypeError);
    expect(() => eventView(abi, "Absent")).to.throw(TypeError);
  });
});
