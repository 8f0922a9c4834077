import { currentVersionOf, findRecord, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import { rekeyRecord } from "../../offchain/actors/rekey-record.ts";
import { exampleDocument, failsWith, grantTo, publishExample, reachesRequester, withNetwork } from "./support.ts";

describe("a record with new keys", function () {
  this.timeout(120_000);
  let cast: Cast;

  withNetwork((network) => {
    ({ cast } = network);
  });

  const statusOf = async (recordId: Hex32) => (await cast.chainA.records.record(recordId)).status;

  it("is a version of its own that the chain leads to, opens byte for byte, and shares no ciphertext with the earlier one", async () => {
    const { patient, doctors, chainA } = cast;
    const [doctor] = doctors;
    const first = await publishExample(cast, 1);
    const before = await grantTo(cast, doctor, first);
    const { recordId: second, replaced, features } = await patient.rekey(first);
    expect(replaced).to.equal(first);
    expect(features.private).to.be.above(0);
    expect(await statusOf(first)).to.equal(2n);
    expect(await currentVersionOf(chainA, first)).to.deep.equal({ recordId: second, steps: 1 });
    expect(await currentVersionOf(chainA, second)).to.deep.equal({ recordId: second, steps: 0 });
    const [old, now] = await Promise.all([findRecord(chainA, first), findRecord(chainA, second)]);
    for (const part of ["capsule", "publicFragment", "privateFragment"] as const)
      expect(now[part]).to.not.equal(old[part]);

    // The limit stays, and the counts begin anew.
    expect((await chainA.records.record(second)).maxAccessCount).to.equal(1n);
    expect((await doctor.open(await grantTo(cast, doctor, second))).document).to.deep.equal(exampleDocument);
    // A copy stays readable to whom it was granted.
    expect((await doctor.open(before)).document).to.deep.equal(exampleDocument);
    const { requestId: late } = await doctor.request({ recordId: first, lifetime: 3600 });
    await reachesRequester(cast, late, "Refused");

    await failsWith("RECORD_REPLACED", () => patient.rekey(first));
    const { recordId: third } = await patient.rekey(second);
    expect(await currentVersionOf(chainA, first)).to.deep.equal({ recordId: third, steps: 2 });
  });

  it("goes on where it broke off, and does nothing to a record that is revoked or unknown", async () => {
    const { patient, chainA } = cast;
    const recordId = await publishExample(cast);
    // It breaks off when the new version is anchored, before the earlier one is revoked.
    const records = Object.create(chainA.records, {
      revoke: {
        value: async () => {
          throw new MedexError("SERVICE_UNREACHABLE", "the device was switched off");
        },
      },
      anchor: { value: patient.chain.records.anchor },
    });
    const device = Object.create(patient, {
      chain: { value: Object.create(patient.chain, { records: { value: records } }) },
      ...Object.fromEntries(
        (["channelAuthorOf", "fragmentKeyOf", "recordSecretOf"] as const).map((name) => [
          name,
          { value: patient[name].bind(patient) },
        ]),
      ),
    }) as typeof patient; // all that is not replaced is the patient's own
    await failsWith("SERVICE_UNREACHABLE", () => rekeyRecord(device, recordId));
    const { recordId: next, steps } = await currentVersionOf(chainA, recordId);
    expect(steps).to.equal(1);
    expect(await statusOf(recordId)).to.equal(1n);
    expect(await patient.rekey(recordId))
      .to.include({ recordId: next, replaced: recordId })
      .and.not.have.key("transactionHash");
    expect(await statusOf(recordId)).to.equal(2n);

    await (await patient.chain.records.revoke(next)).wait();
    await failsWith("RECORD_REPLACED", () => patient.rekey(next));
    await failsWith("RECORD_UNKNOWN", () => patient.rekey(`0x${"7".repeat(64)}`));
  });
});
