import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { decryptDU, reEncrypt } from "@medexchain/pre";
import { expect } from "chai";
import { grantedReKey, makeWorld, publish } from "../../world/crypto.ts";

describe("pre: in a worker thread", () => {
  it("says that the curve is not loaded, and re-encrypts to the same bytes once it is", async () => {
    const world = await makeWorld();
    const record = await publish(world);
    const reKey = await grantedReKey(world, record);
    const { ciphertext } = record;
    const worker = new Worker(new URL("./support/worker.ts", import.meta.url), { workerData: { ciphertext, reKey } });
    const [answer] = await once(worker, "message");
    await worker.terminate();
    expect(answer.before).to.equal("PRE_NOT_INITIALISED");
    expect(answer.reEncrypted).to.deep.equal(reEncrypt(ciphertext, reKey));
    expect(decryptDU(answer.reEncrypted, world.userKey)).to.deep.equal(record.m);
  });
});
