/** Chains that make a block only when there is something to put in it: their latest block may be hours old. */
import { requestTimes } from "@medexchain/actors";
import { type Chain, type Hex32, stateAt } from "@medexchain/chain";
import type { Devnet } from "@medexchain/devnet";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import {
  failsWith,
  passTime,
  publishExample,
  reachesOwner,
  reachesRequester,
  requestFrom,
  withNetwork,
} from "./support.ts";

describe("a chain without empty blocks", () => {
  let cast: Cast;
  let recordId: Hex32;
  withNetwork((network: { readonly devnet: Devnet; readonly cast: Cast }) => {
    cast = network.cast;
  });
  before(async () => {
    recordId = await publishExample(cast);
  });

  /** Time passes, and no block is made. */
  const idle = async (seconds: number, ...chains: Chain[]) => {
    for (const { provider } of chains) await provider.send("evm_increaseTime", [seconds]);
  };

  it("takes a request of an hour's life after an idle hour, and answers it", async () => {
    const { chainA, chainB, doctors, patient } = cast;
    await idle(3_700, chainA, chainB);
    const requestId = await requestFrom(cast, doctors[0], recordId, 3_600);
    await patient.approve(requestId);
    await reachesRequester(cast, requestId, "Granted");
  });

  it("has a request carried to it whose time is later than its latest block's by more than clocks may differ", async () => {
    const { chainA, chainB, doctors } = cast;
    await idle(400, chainA);
    await passTime(chainB, 400);
    const { requestId } = await doctors[0].request({ recordId });
    await reachesOwner(cast, requestId, "Pending");
  });

  it("shows a doctor that a request has expired, and an owner too, before any block says so", async () => {
    const { chainA, chainB, doctors, patient } = cast;
    const requestId = await requestFrom(cast, doctors[1], recordId, 600);
    await idle(601, chainA, chainB);
    await failsWith("REQUEST_EXPIRED", () => doctors[1].open(requestId));
    await failsWith("REQUEST_EXPIRED", () => patient.approve(requestId));
    await reachesRequester(cast, requestId, "Expired");
  });
});

describe("the times of a request", () => {
  const DAY = 86_400n;
  it("run from the next block's time, while it is issued at the latest block's", () => {
    expect(requestTimes({ latest: 1_000n, next: 8_000n }, 3_600n)).to.deep.equal({ issuedAt: 1_000n, expiry: 11_600n });
  });

  it("are no further apart than the contracts allow, after a long idle time too", () => {
    const { issuedAt, expiry } = requestTimes({ latest: 0n, next: 40n * DAY }, 3_600n);
    expect(expiry - issuedAt).to.equal(30n * DAY);
    expect(requestTimes({ latest: 5n, next: 5n }, 31n * DAY)).to.deep.equal({ issuedAt: 5n, expiry: 5n + 31n * DAY });
  });

  it("end what is open at the second of the expiry, and nothing else", () => {
    expect([9n, 10n].map((now) => stateAt("Pending", 10n, now))).to.deep.equal(["Pending", "Expired"]);
    expect(stateAt("Authorized", 10n, 10n)).to.equal("Expired");
    expect(stateAt("Granted", 10n, 99n)).to.equal("Granted");
  });
});
