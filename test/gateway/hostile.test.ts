/** Members, strangers and hang-ups that must cost nobody else anything. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as dagPb from "@ipld/dag-pb";
import { makeUserKeys, publishUserKeys } from "@medexchain/actors";
import { type Chain, type Hex32, pseudonymHash, transact, ZERO_32 } from "@medexchain/chain";
import { encodeObject } from "@medexchain/core";
import { connectGateway, type Gateway, type GatewayEvent, issueHere, startGateway } from "@medexchain/gateway";
import type { ContentStore } from "@medexchain/ipfs";
import { encrypt, keyGenDU, randomMessage, xWingPublicKey } from "@medexchain/pre";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Signer, Wallet } from "ethers";
import { create } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as Digest from "multiformats/hashes/digest";
import type { Cast } from "../../devnet/cast.ts";
import { fund } from "../../devnet/funding.ts";
import { encodeSignedCall } from "../../gateway/call.ts";
import type { Method, MethodInput } from "../../gateway/methods.ts";
import { sealCall } from "../../gateway/sealed-call.ts";
import { failsWith } from "../e2e/support.ts";
import { until } from "../until.ts";
import { type Network, startNetwork } from "../world/network.ts";

describe("a hospital's gateway among hostile callers", function () {
  this.timeout(120_000);
  let network: Network;
  let cast: Cast;
  let keys: Readonly<Record<"publicKey" | "seed", Uint8Array>>;
  let gatewayA: Gateway;
  let gatewayB: Gateway;
  const events: GatewayEvent[] = [];
  /** Whom the registry of chain A was asked about. */
  const asked: string[] = [];
  /** Reads of content at Hospital B that do not end before they are given up. */
  let isStuck = false;
  let stuck = 0;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  before(async () => {
    process.on("unhandledRejection", note);
    network = await startNetwork();
    ({ cast } = network);
    const seed = randomBytes(32);
    keys = { seed, publicKey: await xWingPublicKey(seed) };
    const { hospitalA, hospitalB, store } = cast;
    const activeMember = (member: Hex32) => {
      asked.push(member);
      return hospitalA.chain.hospitals.activeMember(member);
    };
    const watched = {
      ...hospitalA.chain,
      hospitals: Object.create(hospitalA.chain.hospitals, { activeMember: { value: activeMember } }),
    };
    const slow: ContentStore = {
      ...store,
      get: (content, options) => {
        if (!isStuck) return store.get(content, options);
        stuck += 1;
        return new Promise((_resolve, reject) => {
          options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        });
      },
    };
    const serve = async (site: typeof hospitalA, chain: Chain, content: ContentStore) => {
      const { hospital, firewall } = site;
      const digest = await hospital.publishParameters(store, firewall.publicKey, keys.publicKey);
      await transact(site.chain, () => site.chain.as(hospital.operator).hospitals.setParameters(hospital.id, digest));
      const observer = (event: GatewayEvent) => events.push(event);
      const issuer = issueHere({ hospital, publicKey: firewall.publicKey, chain, store: content });
      return startGateway({
        ...{ hospital, firewall, issuer, chain, store: content, gatewaySeed: keys.seed, observer },
        ...{ host: "127.0.0.1", port: 0 },
      });
    };
    gatewayA = await serve(hospitalA, watched, store);
    gatewayB = await serve(hospitalB, hospitalB.chain, slow);
  });
  after(async () => {
    await gatewayA?.close();
    await gatewayB?.close();
    await network?.[Symbol.asyncDispose]();
    process.off("unhandledRejection", note);
  });
  beforeEach(() => {
    events.length = 0;
    asked.length = 0;
  });
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).to.deep.equal([]);
  });

  const accountOf = (chain: Chain): Signer => chain.hospitals.runner as Signer;
  const connectPatient = (url = gatewayA.url) =>
    connectGateway({
      ...{ url, chain: cast.chainA, store: cast.store, hospitalId: cast.hospitalA.hospital.id },
      ...{ memberId: cast.patient.memberId, account: accountOf(cast.patient.chain) },
    });
  const scope = () => ({ identity: hexToBytes(cast.patient.memberId.slice(2)), scope: randomBytes(32) });

  /** A member who has no keys yet. */
  const enrol = async (site: Cast["hospitalA"], pseudonym: string) => {
    const { hospital, chain } = site;
    const account = Wallet.createRandom();
    await fund(chain.deployment, account.address);
    const notAfter = BigInt(Math.floor(Date.now() / 1000)) + 1_000_000n;
    const subject = { pseudonym, account: account.address, keyDigest: ZERO_32, serial: 1n, notAfter };
    const [certificate, signature] = await hospital.certify(chain, subject);
    await transact(chain, () => chain.as(hospital.operator).hospitals.enrolMember(certificate, signature));
    const memberId = hospital.memberId(pseudonym);
    const url = site === cast.hospitalA ? gatewayA.url : gatewayB.url;
    const client = await connectGateway({ url, chain, store: cast.store, hospitalId: hospital.id, memberId, account });
    return { client, account, memberId, pseudonym: hexToBytes(pseudonymHash(pseudonym).slice(2)) };
  };

  /** A sealed call as anyone can make it, whoever signs. */
  const sealedCall = async <M extends Method>(
    site: Cast["hospitalA"],
    account: Signer,
    member: Hex32,
    method: M,
    input: MethodInput<M>,
  ) => {
    const payload = encodeObject({ ...input });
    const call = { hospital: site.hospital.id, member, method, payload };
    return sealCall(await encodeSignedCall(account, site.chain.deployment, call), keys.publicKey);
  };
  const post = (url: string, body: Uint8Array, signal?: AbortSignal) =>
    fetch(`${url}/v1/calls`, {
      method: "POST",
      headers: { "content-type": "application/cbor" },
      body: new Uint8Array(body),
      ...(signal && { signal }),
    });

  it("re-randomises for a record id of the caller's own only, which it makes of the salt", async () => {
    const mallory = await enrol(cast.hospitalA, "mallory");
    const victim = await connectPatient();
    const salt = randomBytes(32);
    const owner = scope();
    const { publicKey } = victim.firewall;
    const sent = () => encrypt(randomMessage(), owner, publicKey);
    // Whatever id the device names: what counts is who it is, and the salt.
    await mallory.client.firewall.reRandomise(owner.scope, owner, sent(), salt);
    await victim.firewall.reRandomise(owner.scope, owner, sent(), salt);
    await failsWith("FIREWALL_RECORD_SEEN", () => victim.firewall.reRandomise(randomBytes(32), owner, sent(), salt));
    const { c1, c2 } = sent();
    const named = { recordId: owner.scope, c1, c2 } as unknown as MethodInput<"re-randomise">;
    const call = await sealedCall(cast.hospitalA, mallory.account, mallory.memberId, "re-randomise", named);
    await (await post(gatewayA.url, call.bytes)).arrayBuffer();
    expect(events.at(-1)?.outcome).to.equal("GATEWAY_CALL_INVALID");
  });

  it("certifies keys for the pseudonym that makes the caller's id, and no other", async () => {
    const { hospital, chain } = cast.hospitalB;
    const { client, memberId, pseudonym } = await enrol(cast.hospitalB, "newcomer");
    const identity = hexToBytes(memberId.slice(2));
    const pre = keyGenDU(await client.requestPartialKey(), identity, client.firewall.publicKey);
    const digest = await publishUserKeys(cast.store, await makeUserKeys(pre));
    const keyDigest = hexToBytes(digest.slice(2));
    await failsWith("GATEWAY_CALL_REFUSED", () => client.certify(keyDigest, randomBytes(32)));
    const transactionHash = await client.certify(keyDigest, pseudonym);
    const { keyDigest: certified, serial } = await chain.hospitals.member(memberId);
    expect([certified, serial]).to.deep.equal([digest, 2n]);
    expect((await chain.provider.getTransactionReceipt(transactionHash))?.from).to.equal(
      await hospital.operator.getAddress(),
    );
  });

  it("refuses keys that are a file with leaves missing, with the CID, and goes on", async () => {
    const { client, pseudonym } = await enrol(cast.hospitalB, "mallory");
    const kubo = create({ url: network.devnet.ipfsUrl });
    const put = (bytes: Uint8Array, cidCodec: string) =>
      kubo.block.put(bytes, { cidCodec, mhtype: "sha2-256" } as object);
    const node = (Hash: CID, size: number) => {
      const sizes = [0x20, size, 0x20, size, 0x20, size];
      const Data = Uint8Array.from([0x08, 2, 0x18, 3 * size, ...sizes]);
      const missing = () => CID.createV1(raw.code, Digest.create(0x12, randomBytes(32)));
      const links = [Hash, size === 30 ? Hash : missing(), size === 30 ? Hash : missing()];
      return put(dagPb.encode({ Data, Links: links.map((link) => ({ Name: "", Tsize: 1, Hash: link })) }), "dag-pb");
    };
    const root = await node(await node(await put(new Uint8Array(10), "raw"), 10), 30);
    const error = await client.certify(root.multihash.digest, pseudonym).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("code", "CONTENT_INVALID");
    expect((error as Error).message).to.contain(root.toString());
    expect(await client.requestPartialKey()).to.have.length(48);
  });

  it("looks at the same sealed call once, while honest calls go through", async () => {
    const nobody = Wallet.createRandom();
    const { memberId } = cast.patient;
    const call = await sealedCall(cast.hospitalA, nobody, memberId, "owner-key", { scope: randomBytes(32) });
    const honest = await connectPatient();
    let ended = false;
    let floods = 0;
    let opened = 0;
    const flood = Array.from({ length: 40 }, async () => {
      while (!ended) {
        const response = await post(gatewayA.url, call.bytes);
        await response.arrayBuffer();
        floods += 1;
        if (response.ok) opened += 1; // sealed, as only who opened a call can answer
      }
    });
    for (let i = 0; i < 10; i++) expect(await honest.requestKey(scope())).to.have.length(48);
    ended = true;
    await Promise.all(flood);
    expect(floods).to.be.greaterThan(10);
    expect(opened).to.equal(1);
    expect(events.filter(({ outcome }) => outcome === "GATEWAY_CALL_REFUSED")).to.have.length(floods);
    expect(asked).to.have.length(11); // once for the stranger's, besides the ten
  });

  it("asks the registry once for a while about an account that is not the member's", async () => {
    const nobody = Wallet.createRandom();
    for (let i = 0; i < 10; i++) {
      const input = { scope: randomBytes(32) };
      const call = await sealedCall(cast.hospitalA, nobody, cast.patient.memberId, "owner-key", input);
      await (await post(gatewayA.url, call.bytes)).arrayBuffer();
    }
    expect(events.map(({ outcome }) => outcome)).to.deep.equal(Array(10).fill("GATEWAY_CALL_REFUSED"));
    expect(asked.length).to.be.lessThan(10); // once each 5 seconds
    const honest = await connectPatient();
    expect(await honest.requestKey(scope())).to.have.length(48);
  });

  it("gives up the work of callers who hang up; one member takes a few places only", async () => {
    const [doctor] = cast.doctors;
    const { account, memberId, pseudonym } = await enrol(cast.hospitalB, "eve");
    const { chain, hospital } = cast.hospitalB;
    const honest = await connectGateway({
      ...{ url: gatewayB.url, chain, store: cast.store, hospitalId: hospital.id },
      ...{ memberId: doctor.memberId, account: doctor.account },
    });
    events.length = 0;
    isStuck = true;
    const caller = new AbortController();
    const calls = await Promise.all(
      Array.from({ length: 40 }, () =>
        sealedCall(cast.hospitalB, account, memberId, "certify", { keyDigest: randomBytes(32), pseudonym }),
      ),
    );
    const posted = calls.map(({ bytes }) => post(gatewayB.url, bytes, caller.signal).catch(() => undefined));
    await until("four calls are at work", () => stuck >= 4);
    expect(await honest.requestPartialKey()).to.have.length(48);
    expect(stuck).to.equal(4);
    caller.abort();
    await Promise.all(posted);
    const abandoned = () => events.filter(({ outcome }) => outcome === "GATEWAY_CALL_ABANDONED").length;
    await until("all calls are given up", () => abandoned() === 40);
    isStuck = false;
    expect(await honest.requestPartialKey()).to.have.length(48);
  });

  describe("behind a line that fails", () => {
    /** Passes calls on to Hospital A's gateway, unless `fail` has something to say. */
    const line = async (fail: (call: number) => "busy" | "lost" | undefined) => {
      let calls = 0;
      const server = createServer(async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part);
        calls += 1;
        const failure = fail(calls);
        if (failure === "busy") {
          response.writeHead(503).end();
          return;
        }
        const answer = await post(gatewayA.url, Buffer.concat(parts));
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (failure === "lost") response.destroy();
        else response.writeHead(answer.status).end(bytes);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo; // a TCP server has one
      const close = () => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve));
      return { url: `http://127.0.0.1:${port}`, calls: () => calls, close };
    };

    const failAtFirst = (call: number) => (call === 1 ? "busy" : call === 2 ? "lost" : undefined);

    it("is called again by its client when it was busy or the reply was lost", async () => {
      const through = await line(failAtFirst);
      const client = await connectPatient(through.url);
      expect(await client.requestKey(scope())).to.have.length(48);
      expect(through.calls()).to.equal(3);
      await through.close();
    });

    it("is not asked twice to do what is done once, when the reply was lost", async () => {
      const through = await line(failAtFirst);
      const client = await connectPatient(through.url);
      const owner = scope();
      const sent = encrypt(randomMessage(), owner, client.firewall.publicKey);
      await failsWith("SERVICE_UNREACHABLE", () =>
        client.firewall.reRandomise(owner.scope, owner, sent, randomBytes(32)),
      );
      expect(through.calls()).to.equal(2);
      await through.close();
    });
  });
});
