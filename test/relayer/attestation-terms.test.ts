import { expect } from "chai";
import fc from "fast-check";
import { expiryAt, sinceOfOpen } from "../../relayer/handle/attest.ts";

const DAY = 86_400n;

describe("relayer: when an attestation expires", () => {
  const times = fc.record({ issued: fc.bigInt(10n ** 9n, 2n ** 40n), life: fc.bigInt(1n, 30n * DAY) });

  it("is the same for as long as an open request lives, after its end, and no more than 31 days ahead", () => {
    fc.assert(
      fc.property(times, fc.bigInt(0n, 30n * DAY), ({ issued, life }, later) => {
        const expiry = issued + life;
        const since = sinceOfOpen(expiry);
        const now = issued - 300n + (later % (life + 300n)); // the request's chain may be ahead of the verifier's by five minutes
        const holds = expiryAt(since, now);
        expect(holds).to.equal(expiryAt(since, expiry - 1n));
        expect(holds > expiry && holds <= now + 31n * DAY).to.equal(true);
      }),
    );
  });

  it("is later by a month where it would come within ten minutes", () => {
    const since = 1_000_000_000n;
    expect(expiryAt(since, since - DAY)).to.equal(since + 30n * DAY);
    expect(expiryAt(since, since + 30n * DAY - 601n)).to.equal(since + 30n * DAY);
    expect(expiryAt(since, since + 30n * DAY - 600n)).to.equal(since + 60n * DAY);
  });
});
