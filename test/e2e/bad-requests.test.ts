import { Hospital } from "@medexchain/actors";
import { type AccessRequest, connectChain, findRecord, signRequest, transact, ZERO_32 } from "@medexchain/chain";
import { type Devnet, fund } from "@medexchain/devnet";
import { createContentStore } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { expect } from "chai";
import { Wallet } from "ethers";
import { startHttpProxy } from "../../chaos/http-proxy.ts";
import { distortRpc } from "../../chaos/rpc-faults.ts";
import type { Cast } from "../../devnet/cast.ts";
import { failsWith, publishExample, reachesOwner, withNetwork } from "./support.ts";

describe("requests that must not pass", function () {
  this.timeout(120_000);
  let devnet: Devnet;
  let cast: Cast;

  withNetwork((network) => {
    ({ devnet, cast } = network);
  });

  const refusedBy = async (name: string, call: () => Promise<unknown>) => {
    const error = await failsWith("CHAIN_REVERTED", call);
    expect(error.message).to.include(name);
  };

  it("refuses a request that is filed twice, or carried twice", async () => {
    const [doctor] = cast.doctors;
    const { request, signature, requestId } = await doctor.request({ recordId: await publishExample(cast) });
    await refusedBy("AccessRequestsAlreadyRequested", () =>
      transact(cast.chainB, () => doctor.chain.requests.request(request, signature)),
    );
    await reachesOwner(cast, requestId, "Pending");
    const carrier = cast.patient.chain;
    await refusedBy("AccessGrantsAlreadyDelivered", () =>
      transact(carrier, () => carrier.grants.deliverRequest(cast.chainB.deployment.chainId, request, signature)),
    );
  });

  it("refuses a request that someone else signed, or whose fields were changed, on both chains", async () => {
    const [doctor, other] = cast.doctors;
    const recordId = await publishExample(cast);
    const { request: genuine, signature: genuineSignature } = await doctor.request({ recordId });
    const contract = { chainId: cast.chainB.deployment.chainId, address: cast.chainB.deployment.requests };
    const request: AccessRequest = { ...genuine, nonce: genuine.nonce ^ 1n };
    const carrier = cast.patient.chain;
    for (const signature of [await signRequest(other.account, contract, request), genuineSignature]) {
      await refusedBy("AccessRequestsInvalidSignature", () =>
        transact(cast.chainB, () => other.chain.requests.request(request, signature)),
      );
      await refusedBy("AccessGrantsInvalidSignature", () =>
        transact(carrier, () => carrier.grants.deliverRequest(contract.chainId, request, signature)),
      );
    }
  });

  it("refuses a request that is already dead", async () => {
    const [doctor] = cast.doctors;
    const recordId = await publishExample(cast);
    await refusedBy("AccessRequestsExpired", () => doctor.request({ recordId, lifetime: -60 }));
    await refusedBy("AccessRequestsInvalidTime", () => doctor.request({ recordId, lifetime: 31 * 24 * 3600 }));
  });

  it("refuses a certificate of an unknown hospital, and one that the hospital's operator did not sign", async () => {
    const { chainA, chainB, hospitalB } = cast;
    const account = Wallet.createRandom();
    await fund(chainA.deployment, account.address);
    const subject = {
      pseudonym: "mallory",
      account: account.address,
      keyDigest: ZERO_32,
      serial: 1n,
      notAfter: BigInt(Math.floor(Date.now() / 1000)) + 3600n,
    };
    const { hospitals } = chainA.as(account);
    using unknown = new Hospital({ pseudonym: "Hospital M", scheme: "clc", operator: account });
    const [ofUnknown, signature] = await unknown.certify(chainB, subject);
    await refusedBy("HospitalRegistryUnknownHospital", () =>
      transact(chainA, () => hospitals.importMember(ofUnknown, signature)),
    );
    const forged = { ...ofUnknown, hospitalId: hospitalB.hospital.id };
    await refusedBy("HospitalRegistryInvalidSignature", () =>
      transact(chainA, () => hospitals.importMember(forged, signature)),
    );
  });

  it("names the service that is down, and its URL", async () => {
    const dead = "http://127.0.0.1:9";
    const ipfs = await failsWith("SERVICE_UNREACHABLE", () =>
      createContentStore({ url: dead }).get(new Uint8Array(32)),
    );
    expect(ipfs.message).to.include("IPFS").and.include(dead);
    const client = createTangleClient({ url: dead });
    const tangle = await failsWith("SERVICE_UNREACHABLE", () => client.fetch(`0x${"00".repeat(32)}`));
    expect(tangle.message).to.include("Tangle").and.include(dead);
    await client.close();
    const chain = await failsWith("SERVICE_UNREACHABLE", () => connectChain({ ...devnet.chainA, rpcUrl: dead }));
    expect(chain.message).to.include("chain 31337").and.include(dead);
  });

  it("tries again where a node is behind with its logs: what a contract names is there", async () => {
    const recordId = await publishExample(cast);
    const { chainA } = devnet;
    await using proxy = await startHttpProxy({
      target: chainA.rpcUrl,
      next: () => ({ fault: "fewer-logs", amount: 0 }),
      distort: distortRpc,
    });
    const chain = await connectChain({ ...chainA, rpcUrl: proxy.url });
    const error = await failsWith("SERVICE_PROTOCOL", () => findRecord(chain, recordId));
    expect(error).to.include({ retriable: true });
    chain.close();
  });

  it("does not take one chain for another", async () => {
    await failsWith("CHAIN_MISMATCH", () => connectChain({ ...devnet.chainA, rpcUrl: devnet.chainB.rpcUrl }));
    await failsWith("CHAIN_MISMATCH", () => connectChain({ ...devnet.chainA, grants: `0x${"11".repeat(20)}` }));
  });
});
