/**
 * The whole path over servers that others wrote, named by the environment (test/world/servers.ts): nothing of it moves a chain's clock or
 * mines by hand. What must hold on every chain, and is quick, is here; everything else runs on the embedded ones.
 */
import { openFreshAudit } from "@medexchain/audit";
import type { Hex32 } from "@medexchain/chain";
import { startDevnet } from "@medexchain/devnet";
import { expect } from "chai";
import { assembleCast, type Cast } from "../../devnet/cast.ts";
import { exampleDocument, failsWith, grantTo, publishExample, reachesRequester, requestFrom } from "../e2e/support.ts";
import { ownDatabase } from "../world/network.ts";
import { drawFor } from "../world/seed.ts";
import { testServers } from "../world/servers.ts";

describe("the path from a patient to a doctor", () => {
  const stack = new AsyncDisposableStack();
  let cast: Cast;
  let recordId: Hex32;
  let requestId: Hex32;

  before(async () => {
    const servers = { ...testServers, database: await ownDatabase(stack) };
    const devnet = stack.adopt(await startDevnet({ servers }), (running) => running.close());
    cast = stack.use(await assembleCast(devnet, { draw: drawFor("real"), services: true }));
  });
  after(() => stack.disposeAsync());

  it("is a record that is published, asked for, approved, and opened byte for byte", async () => {
    const [doctor] = cast.doctors;
    recordId = await publishExample(cast, 1);
    requestId = await grantTo(cast, doctor, recordId);
    expect((await doctor.open(requestId)).document).to.deep.equal(exampleDocument);
  });

  it("ends in the doctor's word, said once", async () => {
    const [doctor] = cast.doctors;
    await doctor.acknowledge(requestId, "Opened");
    const error = await failsWith("CHAIN_REVERTED", () => doctor.acknowledge(requestId, "Disputed"));
    expect(error.message).to.include("AccessRequestsAlreadyAcknowledged");
  });

  it("is closed to the doctor over the record's limit, and to one whom the patient denies", async () => {
    const [doctor, other] = cast.doctors;
    const over = await requestFrom(cast, doctor, recordId);
    expect((await cast.patient.approve(over)).decision).to.equal("RecordLimitReached");
    const denied = await requestFrom(cast, other, recordId);
    await cast.patient.deny(denied);
    await reachesRequester(cast, over, "Refused");
    await reachesRequester(cast, denied, "Denied");
    await failsWith("ACCESS_LIMIT_REACHED", () => doctor.open(over));
  });

  it("leaves two chains in which an audit finds nothing wrong", async () => {
    const { chainA, chainB, store, tangle } = cast;
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment]);
    const { passed, findings } = await audit.verify({ storage: { store, tangle } });
    expect(findings.filter(({ severity }) => severity !== "notice")).to.deep.equal([]);
    expect(passed).to.equal(true);
    expect([...audit.history!.entries()]).to.have.length(3);
  });
});
