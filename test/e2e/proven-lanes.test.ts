import { openFreshAudit } from "@medexchain/audit";
import type { Devnet } from "@medexchain/devnet";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import { exampleDocument, grantTo, publishExample, withNetwork } from "./support.ts";

describe("sharing a record between chains that prove themselves", () => {
  let cast: Cast;
  let sealing: Devnet["validators"];
  withNetwork(({ cast: all, devnet }) => {
    cast = all;
    sealing = devnet.validators;
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
    const validators = new Map([
      [chainA.deployment.chainId, sealing.chainA],
      [chainB.deployment.chainId, sealing.chainB],
    ]);
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment], { validators });
    const { findings, chains } = await audit.verify();
    expect(chains.map(({ proof }) => proof?.isStateProven)).to.deep.equal([true, true]);
    expect(findings.filter(({ severity }) => severity === "error")).to.deep.equal([]);
  });
});
