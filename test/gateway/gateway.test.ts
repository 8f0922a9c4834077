import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { decode } from "@ipld/dag-cbor";
import { type Chain, fromHex32, type Hex32, toHex32, transact } from "@medexchain/chain";
import { encodeObject, toJson } from "@medexchain/core";
import {
  connectGateway,
  type Gateway,
  type GatewayClient,
  type GatewayEvent,
  issueHere,
  startGateway,
} from "@medexchain/gateway";
import { checkOwnerKey, checkPartialKey, xWingPublicKey } from "@medexchain/pre";
import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Signer, Wallet } from "ethers";
import type { Cast, HospitalSite } from "../../devnet/cast.ts";
import { encodeSignedCall } from "../../gateway/call.ts";
import { sealCall } from "../../gateway/sealed-call.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { publishRecord } from "../../offchain/actors/publish-record.ts";
import { exampleDocument, exampleSelectors, failsWith, publishExample, requestFrom } from "../e2e/support.ts";
import { type Network, startNetwork } from "../world/network.ts";
import { throughGateway } from "./support/device.ts";

describe("a hospital's gateway", function () {
  this.timeout(120_000);
  let network: Network;
  let cast: Cast;
  let keys: Readonly<Record<"publicKey" | "seed", Uint8Array>>;
  const gateways: Gateway[] = [];
  const events: GatewayEvent[] = [];

  const serve = async (site: HospitalSite): Promise<string> => {
    const { hospital, firewall, chain } = site;
    const digest = await hospital.publishParameters(cast.store, firewall.publicKey, keys.publicKey);
    const { hospitals } = chain.as(hospital.operator);
    await transact(chain, () => hospitals.setParameters(hospital.id, digest));
    const observer = (event: GatewayEvent) => events.push(event);
    const issuer = issueHere({ hospital, publicKey: firewall.publicKey, chain, store: cast.store });
    const options = { hospital, firewall, issuer, chain, store: cast.store, gatewaySeed: keys.seed, observer };
    const gateway = await startGateway({ ...options, host: "127.0.0.1", port: 0 });
    gateways.push(gateway);
    return gateway.url;
  };
  /** The account with which an actor's contracts are called. */
  const accountOf = (chain: Chain): Signer => chain.hospitals.runner as Signer;
  const connect = (url: string, chain: Chain, hospitalId: Hex32, memberId: Hex32, account: Signer) =>
    connectGateway({ url, chain, store: cast.store, hospitalId, memberId, account });
  let urlA: string;
  let patientClient: GatewayClient;

  before(async () => {
    network = await startNetwork();
    ({ cast } = network);
    const seed = randomBytes(32);
    keys = { seed, publicKey: await xWingPublicKey(seed) };
    urlA = await serve(cast.hospitalA);
    const { patient, hospitalA } = cast;
    patientClient = await connect(urlA, cast.chainA, hospitalA.hospital.id, patient.memberId, accountOf(patient.chain));
  });
  after(async () => {
    for (const gateway of gateways) await gateway.close();
    await network?.[Symbol.asyncDispose]();
  });

  const aScope = () => ({ identity: fromHex32(cast.patient.memberId), scope: randomBytes(32) });

  it("issues keys to its members, blinded by its firewall", async () => {
    const scope = aScope();
    expect(patientClient.firewall.publicKey).to.deep.equal(cast.hospitalA.firewall.publicKey);
    checkOwnerKey(await patientClient.requestKey(scope), scope, patientClient.firewall.publicKey);

    const url = await serve(cast.hospitalB);
    const [doctor] = cast.doctors;
    const client = await connect(url, cast.chainB, cast.hospitalB.hospital.id, doctor.memberId, doctor.account);
    const identity = fromHex32(doctor.memberId);
    checkPartialKey(await client.requestPartialKey(), identity, client.firewall.publicKey);
    // Certified keys are not replaced without the operator, and a hospital issues keys of its own scheme only.
    await failsWith("GATEWAY_CALL_REFUSED", () => client.certify(randomBytes(32), randomBytes(32)));
    await failsWith("GATEWAY_CALL_REFUSED", () => client.requestKey({ identity, scope: randomBytes(32) }));
  });

  it("carries a patient's device through publication and approval", async () => {
    const device = throughGateway(cast.patient, patientClient);
    const input = { document: exampleDocument, privateSelectors: exampleSelectors, maxAccessCount: 5 };
    const { recordId } = await publishRecord(device, input);
    const requestId = await requestFrom(cast, cast.doctors[0], recordId);
    expect((await approveRequest(device, requestId)).decision).to.equal("Granted");
    // Signed off and authorised: nothing more is dealt for it, and the record is not re-randomised again.
    const ids = [fromHex32(recordId), fromHex32(requestId)] as const;
    const epoch = await cast.chainA.relayers.epoch();
    await failsWith("GATEWAY_CALL_REFUSED", () => device.firewall.dealX(...ids, epoch));
  });

  it("deals for pending requests for the caller's own records only", async () => {
    const recordId = await publishExample(cast);
    const requestId = await requestFrom(cast, cast.doctors[0], recordId);
    const { firewall } = patientClient;
    const epoch = await cast.chainA.relayers.epoch();
    await failsWith("GATEWAY_CALL_REFUSED", () => firewall.dealX(fromHex32(recordId), randomBytes(32), epoch));
    await failsWith("GATEWAY_CALL_REFUSED", () => firewall.dealX(randomBytes(32), fromHex32(requestId), epoch));
    expect(await firewall.dealX(fromHex32(recordId), fromHex32(requestId), epoch)).to.have.length(576);
    const early = firewall.dealX(fromHex32(recordId), fromHex32(requestId), epoch + 1n);
    await failsWith("RELAYERS_CHANGED", () => early);
  });

  it("serves nobody whose account the registry does not name", async () => {
    const { hospitalA, hospitalB, patient, doctors } = cast;
    const { id } = hospitalA.hospital;
    const thief = await connect(urlA, cast.chainA, id, patient.memberId, Wallet.createRandom());
    await failsWith("GATEWAY_CALL_REFUSED", () => thief.requestKey(aScope()));
    const stranger = await connect(urlA, cast.chainA, id, toHex32(randomBytes(32)), accountOf(patient.chain));
    await failsWith("GATEWAY_CALL_REFUSED", () => stranger.requestKey(aScope()));
    const foreign = await connect(urlA, cast.chainA, id, doctors[0].memberId, doctors[0].account);
    await failsWith("GATEWAY_CALL_REFUSED", () => foreign.requestKey(aScope()));
    await failsWith("CERTIFICATE_INVALID", () =>
      connect(urlA, cast.chainA, hospitalB.hospital.id, patient.memberId, accountOf(patient.chain)),
    );
    expect(events.some(({ outcome, member }) => outcome === "GATEWAY_CALL_REFUSED" && member === undefined)).to.equal(
      true,
    );
  });

  const signed = (method: "owner-key", deployment = cast.chainA.deployment, hospital = cast.hospitalA.hospital.id) => {
    const payload = encodeObject({ scope: randomBytes(32) });
    const call = { hospital, member: cast.patient.memberId, method, payload };
    return encodeSignedCall(accountOf(cast.patient.chain), deployment, call);
  };
  const post = (body: Uint8Array, type = "application/cbor") =>
    fetch(`${urlA}/v1/calls`, { method: "POST", headers: { "content-type": type }, body: new Uint8Array(body) });
  const answerTo = async (call: Uint8Array) => {
    const sealed = await sealCall(call, keys.publicKey);
    const reply = await post(sealed.bytes);
    return decode<{ ok?: Uint8Array; error?: { code: string } }>(
      sealed.openReply(new Uint8Array(await reply.arrayBuffer())),
    );
  };

  it("takes a call once, sealed anew too, and only for its own registry and hospital", async () => {
    const call = await signed("owner-key");
    expect((await answerTo(call)).ok).to.be.instanceOf(Uint8Array);
    expect((await answerTo(call)).error?.code).to.equal("GATEWAY_CALL_REFUSED");
    expect((await answerTo(await signed("owner-key", cast.chainB.deployment))).error?.code).to.equal(
      "GATEWAY_CALL_REFUSED",
    );
    const other = await signed("owner-key", undefined, cast.hospitalB.hospital.id);
    expect((await answerTo(other)).error?.code).to.equal("GATEWAY_CALL_REFUSED");
    const altered = (await signed("owner-key")).slice();
    const at = Buffer.from(altered).indexOf(utf8ToBytes("payload")) + 20;
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect((await answerTo(altered)).error?.code).to.match(/^GATEWAY_CALL_/);
  });

  it("shows nothing to whoever carries a call, and takes no reply but the hospital's to it", async () => {
    const sealed = await sealCall(await signed("owner-key"), keys.publicKey);
    const reply = new Uint8Array(await (await post(sealed.bytes)).arrayBuffer());
    const wire = bytesToHex(sealed.bytes) + bytesToHex(reply);
    const key = decode<{ key: Uint8Array }>(decode<{ ok: Uint8Array }>(sealed.openReply(reply)).ok).key;
    expect(wire).to.not.include(bytesToHex(key)).and.not.include(cast.patient.memberId.slice(2));
    const other = await sealCall(await signed("owner-key"), keys.publicKey);
    expect(() => other.openReply(reply)).to.throw("not the hospital's answer");
    expect(() => sealed.openReply(reply.with(reply.length - 1, (reply.at(-1) ?? 0) ^ 1))).to.throw(
      "not the hospital's answer",
    );
  });

  it("refuses what it cannot open with a code and nothing else", async () => {
    const sealed = (await sealCall(await signed("owner-key"), keys.publicKey)).bytes;
    const wrongKey = (await sealCall(await signed("owner-key"), await xWingPublicKey(randomBytes(32)))).bytes;
    for (const [body, type, status] of [
      [sealed.with(sealed.length - 1, (sealed.at(-1) ?? 0) ^ 1), undefined, 400],
      [wrongKey, undefined, 400],
      [new Uint8Array(), undefined, 400],
      [new Uint8Array(17 * 1024), undefined, 413],
      [sealed, "application/json", 415],
    ] as const) {
      const response = await post(body, type);
      expect(response.status).to.equal(status);
      expect(await response.json()).to.deep.equal({ code: "GATEWAY_CALL_INVALID" });
    }
    expect((await fetch(`${urlA}/else`)).status).to.equal(404);
  });

  it("ends in order, and says why, when an error arises that nobody handles", async () => {
    const program = fileURLToPath(new URL("support/crashing-gateway.ts", import.meta.url));
    const child = spawn(process.execPath, [program, toJson(cast.chainA.deployment)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed.out += text;
      if (/"url"/.test(text)) child.kill("SIGUSR2"); // it listens: now it goes wrong
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      printed.err += text;
    });
    const [code] = (await once(child, "close")) as [number | null];
    const lines = printed.out.trim().split("\n");
    const [, crashed, closed] = lines.map((line) => JSON.parse(line) as Record<string, string>); // what the program prints
    expect(code, printed.err).to.equal(1);
    expect(crashed).to.include({ type: "crashed", outcome: "GATEWAY_INTERNAL" });
    expect(crashed?.fault).to.match(/^unexpected RangeError at crashing-gateway\.ts:\d+$/);
    expect(closed).to.deep.equal({ closed: true });
    expect(printed.err).to.equal("");
  });
});
