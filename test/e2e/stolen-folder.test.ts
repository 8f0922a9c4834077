import { openDecryptor } from "@medexchain/bfv";
import { findRecord, fromHex32 } from "@medexchain/chain";
import { openCapsuleAsOwner } from "@medexchain/pre";
import { expect } from "chai";
import type { Cast } from "../../devnet/cast.ts";
import { decryptParts, readFragment } from "../../offchain/actors/fragment-parts.ts";
import { headsOf, parseRecordSecrets } from "../../offchain/actors/record-secrets.ts";
import { failsWith, grantTo, publishExample, withNetwork } from "./support.ts";

describe("the folder of a patient's device, stolen", function () {
  this.timeout(120_000);
  let cast: Cast;

  withNetwork((network) => {
    ({ cast } = network);
  });

  it("shows a doctor, who has the record's key from a grant, none of the features that were withheld", async () => {
    const { patient, doctors, chainA, store } = cast;
    const recordId = await publishExample(cast);
    // What is in the capsule is what any granted doctor has; the owner's key opens it here to the same content.
    const record = await findRecord(chainA, recordId);
    const scope = patient.scopeOf(recordId);
    const capsule = await store.get(fromHex32(record.capsule));
    const subject = { recordId: fromHex32(recordId), owner: scope, q: patient.recordSecretOf(recordId) };
    const { payload } = openCapsuleAsOwner(capsule, subject, await patient.requestKey(scope));
    const secrets = parseRecordSecrets(payload);
    const heads = headsOf(secrets);
    const names = [...heads].flatMap(({ features }) => features.filter((f) => f.commitment).map(({ name }) => name));
    const [sent = ""] = names;
    expect(names).to.have.length.above(1);

    const [doctor] = doctors;
    const opened = await doctor.open(await grantTo(cast, doctor, recordId, new Set([sent])));
    expect(opened.withheld).to.have.lengthOf(names.length - 1);

    using decryptor = await openDecryptor(secrets.profile, secrets.secretKey);
    const stolen = readFragment(patient.fragmentStore.read(recordId));
    await failsWith("FRAGMENT_INVALID", async () => {
      for await (const _ of decryptParts(decryptor, stolen, heads.count));
    });
  });
});
