import { transact } from "@medexchain/chain";
import { expect } from "chai";
import { developmentAccount } from "../../../devnet/chains.ts";
import { type Hospitals, startHospitals } from "../../relayer/support/hospitals.ts";
import { refuses } from "../../relayer/support/refuses.ts";

describe("chain: a transaction", () => {
  const stack = new AsyncDisposableStack();
  let hospitals: Hospitals;
  before(async () => {
    hospitals = stack.use(await startHospitals());
  });
  after(() => stack.disposeAsync());

  it("is waited for until it is in a block, and no longer than its patience lasts", async () => {
    const { chainA } = hospitals;
    const relayer = `0x${"77".repeat(20)}`;
    const { relayers } = chainA.as(developmentAccount(0));
    const add = () => relayers.addRelayer(relayer);
    await chainA.provider.send("evm_setAutomine", [false]);
    expect(await refuses(transact(chainA, add, 100))).to.equal("TRANSACTION_PENDING");
    expect(await relayers.isRelayer(relayer)).to.equal(false);
    await chainA.provider.send("evm_setAutomine", [true]);
    await chainA.provider.send("evm_mine", []);
    expect(await relayers.isRelayer(relayer)).to.equal(true);
    expect((await transact(chainA, () => relayers.removeRelayer(relayer))).status).to.equal(1);
  });
});
