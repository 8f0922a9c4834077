import { hex32 } from "@medexchain/chain";
import { expect } from "chai";
import { id } from "ethers";
import { followRequests } from "../../cli/app/staff/unsettled.ts";
import { filed, REQUESTER, startGivenChain } from "../web/support/chain.ts";

describe("what a hospital's staff sees on its way", () => {
  it("is what its members asked for and nobody answered, until it expires", async () => {
    await using given = await startGivenChain();
    const { chain } = given;
    given.head = 9;
    given.logs = [filed(chain, 1, "early", 1_000), filed(chain, 2, "late", 2_000)];
    const requests = followRequests(chain, 0, (member) => member === REQUESTER);
    await requests.refresh();
    const at = (now: bigint) => requests.list(now).map(({ requestId }) => requestId);
    expect(at(999n)).to.deep.equal([hex32(id("late")), hex32(id("early"))]);
    expect(at(1_000n)).to.deep.equal([hex32(id("late"))]);
    expect(at(2_000n)).to.deep.equal([]);
    const none = followRequests(chain, 0, () => false);
    await none.refresh();
    expect(none.list(0n)).to.deep.equal([]);
  });
});
