import { type Hex32, requestStateOf } from "@medexchain/chain";
import { encodeSealedReKey, parseSealedReKey, type SignedOff } from "@medexchain/pre";
import { expect } from "chai";
import { until } from "../until.ts";
import { PAYLOAD } from "../world/crypto.ts";
import { ON_SERVER, testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { openGranted, partialsOut } from "./support/open-granted.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

const PATIENCE = 180_000;

// An embedded database has one user; MEDEX_TEST_DATABASE_URL names a server that several can share.
if (ON_SERVER) {
  describe("relayer: three with keys of their own that share a database, two of whom re-encrypt", function () {
    this.timeout(240_000);
    const stack = new AsyncDisposableStack();
    let hospitals: Hospitals;
    const running: TestRelayer[] = [];
    before(async () => {
      hospitals = stack.use(await startHospitals({ relayers: 3, threshold: 2 }));
      const { config } = stack.use(await testDatabase());
      for (const { privateKey } of hospitals.relayers) {
        running.push(stack.use(await startTestRelayer(hospitals, config, { accountKey: privateKey })));
      }
    });
    after(() => stack.disposeAsync());

    const stateOf = async (requestId: Hex32) => requestStateOf((await hospitals.chainA.grants.grant(requestId)).state);
    const grantedWith = async (change?: (signedOff: SignedOff) => Omit<SignedOff, "dealt">): Promise<Hex32> => {
      const { requestId } = await hospitals.file();
      await until("the request arrives", async () => (await stateOf(requestId)) === "Pending", PATIENCE);
      await hospitals.authorize(requestId, await hospitals.seal(requestId, change));
      await until("it is granted", async () => (await stateOf(requestId)) === "Granted", PATIENCE);
      return requestId;
    };
    const areOut = (requestId: Hex32, indices: readonly number[]) =>
      until(
        `the partials ${indices} are out`,
        async () => (await partialsOut(hospitals, requestId)).map(({ index }) => index).join() === indices.join(),
        PATIENCE,
      );

    it("publish all three partials of a request", async () => {
      const requestId = await grantedWith();
      await areOut(requestId, [1, 2, 3]);
      expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
    });

    it("go on without the one to whose partial its firewall committed wrongly, which parks the request for nobody", async () => {
      const requestId = await grantedWith(({ sealedReKey, shares }) => {
        const sealed = parseSealedReKey(sealedReKey);
        const digests = sealed.digests.map((digest, at) => (at === 0 ? new Uint8Array(32).fill(1) : digest));
        return { sealedReKey: encodeSealedReKey({ ...sealed, digests }), shares };
      });
      await areOut(requestId, [2, 3]);
      expect(await openGranted(hospitals, requestId)).to.deep.equal(PAYLOAD);
      const parked = running.flatMap(({ events }) =>
        events.filter((event) => event.type === "job-parked" && event.requestId === requestId),
      );
      expect(parked).to.deep.equal([]);
    });
  });
}
