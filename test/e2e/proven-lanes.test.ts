import { openFreshAudit } from "@medexchain/audit";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import { exampleDocument, grantTo, publishExample, withNetwork } from "./support.ts";

describe("sharing a record between chains that prove themselves", () => {
  let cast: Cast;
  withNetwork((network) => {
    cast = network.cast;
  }, "proven");

  it("brings the file to the doctor by proofs, and the audit finds nothing wrong", async () => {
    const [doctor] = cast.doctors;
    const requestId = await grantTo(cast, doctor, await publishExample(cast));
    const { document } = await doctor.open(requestId);
    expect(document).to.deep.equal(exampleDocument);
    await doctor.acknowledge(requestId, "Opened");

    const { chainA, chainB } = cast;
    const [delivered] = await chainB.requests.queryFilter(chainB.requests.filters.ResponseDelivered(requestId));
    expect(delivered?.args.attestations.by).to.have.length(0);
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment]);
    const { findings } = await audit.verify();
    expect(findings.filter(({ severity }) => severity === "error")).to.deep.equal([]);
  });
});
