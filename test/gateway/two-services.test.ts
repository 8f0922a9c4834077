/** A hospital and its firewall as two services: what each sees, what becomes of a call when one of them is away, or lies. */
import { decode } from "@ipld/dag-cbor";
import { makeUserKeys, publishUserKeys } from "@medexchain/actors";
import {
  type Chain,
  fromHex32,
  type Hex32,
  memberIdOf,
  pseudonymHash,
  requestStateOf,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { encodeObject } from "@medexchain/core";
import {
  acceptInvitation,
  connectGateway,
  type Gateway,
  type GatewayEvent,
  type InvitationTerms,
  invite,
  linkHospital,
  requireGoodInvitation,
  startGateway,
  startHospitalService,
} from "@medexchain/gateway";
import { checkOwnerKey, encrypt, keyGenDO, keyGenDU, randomMessage, setupA, xWingPublicKey } from "@medexchain/pre";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { type Signer, Wallet } from "ethers";
import type { Cast, HospitalSite } from "../../devnet/cast.ts";
import { fund } from "../../devnet/funding.ts";
import { encodeSignedCall } from "../../gateway/call.ts";
import { encodeForwardedCall } from "../../gateway/forwarded-call.ts";
import type { Method, MethodInput } from "../../gateway/methods.ts";
import { openCall, sealCall } from "../../gateway/sealed-call.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { publishRecord } from "../../offchain/actors/publish-record.ts";
import { exampleDocument, exampleSelectors, failsWith, requestFrom } from "../e2e/support.ts";
import { until } from "../until.ts";
import { type Network, startNetwork } from "../world/network.ts";
import { throughGateway } from "./support/device.ts";
import { fakeHospital } from "./support/fake-hospital.ts";

interface Told {
  readonly of: "firewall" | "hospital";
  readonly event: GatewayEvent;
}

describe("a hospital and its firewall, in two services", function () {
  this.timeout(120_000);
  let network: Network;
  let cast: Cast;
  const gatewaySeed = randomBytes(32);
  const serviceSeed = randomBytes(32);
  let hospitalKey: Uint8Array;
  /** Signs what the firewall hands on. */
  const caller = new Wallet(Wallet.createRandom().privateKey);
  const told: Told[] = [];
  const open: Gateway[] = [];
  let hospitalA: Gateway;
  let urlA: string;

  before(async () => {
    network = await startNetwork();
    ({ cast } = network);
    hospitalKey = await xWingPublicKey(serviceSeed);
    hospitalA = await serveHospital(cast.hospitalA);
    urlA = (await serveFirewall(cast.hospitalA, hospitalA.url)).url;
  });
  after(async () => {
    for (const service of open) await service.close();
    await network?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    told.length = 0;
  });

  const observer = (of: Told["of"]) => (event: GatewayEvent) => told.push({ of, event });
  const outcomesOf = (wanted: Told["of"]) =>
    told.flatMap(({ of, event }) => (of === wanted ? [`${event.method ?? "-"} ${event.outcome}`] : []));

  async function serveHospital({ hospital, firewall, chain }: HospitalSite, port = 0): Promise<Gateway> {
    const site = { hospital, publicKey: firewall.publicKey, chain, store: cast.store };
    const service = await startHospitalService({
      ...{ ...site, serviceSeed, caller: caller.address, observer: observer("hospital") },
      ...{ host: "127.0.0.1", port },
    });
    open.push(service);
    return service;
  }

  /** The firewall of a site, of whose hospital it has the id, the kind of keys and a URL. */
  async function serveFirewall(site: HospitalSite, url: string, timeoutMs?: number): Promise<Gateway> {
    const { hospital, firewall, chain } = site;
    const digest = await hospital.publishParameters(cast.store, firewall.publicKey, await xWingPublicKey(gatewaySeed));
    await transact(chain, () => chain.as(hospital.operator).hospitals.setParameters(hospital.id, digest));
    const { deployment } = chain;
    const issuer = linkHospital({
      ...{ url, deployment, hospitalId: hospital.id, hospitalKey, caller },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    const about = { id: hospital.id, scheme: hospital.scheme };
    const gateway = await startGateway({
      ...{ hospital: about, firewall, issuer, chain, store: cast.store, gatewaySeed, observer: observer("firewall") },
      ...{ host: "127.0.0.1", port: 0 },
    });
    open.push(gateway);
    return gateway;
  }

  const accountOf = (chain: Chain): Signer => chain.hospitals.runner as Signer;
  const connectPatient = (url = urlA, timeoutMs?: number) =>
    connectGateway({
      ...{ url, chain: cast.chainA, store: cast.store, hospitalId: cast.hospitalA.hospital.id },
      ...{ memberId: cast.patient.memberId, account: accountOf(cast.patient.chain) },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  const aScope = () => ({ identity: fromHex32(cast.patient.memberId), scope: randomBytes(32) });
  const statusOf = async (url: string) => (await (await fetch(`${url}/v1/status`)).json()) as Record<string, unknown>;

  /** A member's call, as it signs it. */
  const signed = <M extends Method>(
    method: M,
    input: MethodInput<M>,
    account: Signer = accountOf(cast.patient.chain),
    hospital: Hex32 = cast.hospitalA.hospital.id,
  ) => {
    const call = { hospital, member: cast.patient.memberId, method, payload: encodeObject({ ...input }) };
    return encodeSignedCall(account, cast.chainA.deployment, call);
  };

  it("serve a member its keys, and publish a record with what never comes to the hospital", async () => {
    const client = await connectPatient();
    const scope = aScope();
    checkOwnerKey(await client.requestKey(scope), scope, client.firewall.publicKey);
    const sent = encrypt(randomMessage(), scope, client.firewall.publicKey);
    await client.firewall.reRandomise(scope.scope, scope, sent, randomBytes(32));
    expect(outcomesOf("firewall")).to.deep.equal(["owner-key ok", "re-randomise ok"]);
    expect(outcomesOf("hospital")).to.deep.equal(["owner-key ok"]);
    expect(await statusOf(urlA)).to.include({ service: "medex-gateway", issuer: "up", scheme: "ibe" });
    expect(await statusOf(hospitalA.url)).to.include({ service: "medex-hospital", scheme: "ibe" });
  });

  it("show whoever carries the firewall's call no key and no scope", async () => {
    let wire = "";
    await using line = await fakeHospital(cast.hospitalA.hospital.id, async (call, response) => {
      const answer = await fetch(`${hospitalA.url}/v1/calls`, {
        method: "POST",
        headers: { "content-type": "application/cbor" },
        body: new Uint8Array(call),
      });
      const reply = new Uint8Array(await answer.arrayBuffer());
      wire += bytesToHex(call) + bytesToHex(reply);
      response.end(reply);
    });
    const { url } = await serveFirewall(cast.hospitalA, line.url);
    const scope = aScope();
    await (await connectPatient(url)).requestKey(scope);
    const key = cast.hospitalA.hospital.issueOwnerKey(scope);
    expect(wire.length).to.be.greaterThan(2000);
    expect(wire).to.not.include(bytesToHex(scope.scope)).and.not.include(bytesToHex(key));
    expect(wire).to.not.include(cast.patient.memberId.slice(2));
  });

  describe("when one of them is away", () => {
    it("the firewall says so of the hospital, goes on with what is its own, and serves again when it is back", async () => {
      const hospital = await serveHospital(cast.hospitalA);
      const { port } = new URL(hospital.url);
      const { url } = await serveFirewall(cast.hospitalA, hospital.url);
      await hospital.close();
      const client = await connectPatient(url);
      const error = await client.requestKey(aScope()).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: "HOSPITAL_UNREACHABLE", retriable: true });
      expect((error as Error).message)
        .to.include("the hospital behind the firewall")
        .and.not.include(port);
      expect(await statusOf(url)).to.include({ issuer: "down" });
      const scope = aScope();
      const sent = encrypt(randomMessage(), scope, client.firewall.publicKey);
      await client.firewall.reRandomise(scope.scope, scope, sent, randomBytes(32));

      await serveHospital(cast.hospitalA, Number(port));
      checkOwnerKey(await client.requestKey(scope), scope, client.firewall.publicKey);
      await until("the firewall says that the hospital is up", async () => (await statusOf(url)).issuer === "up");
    });

    it("a record is published without the hospital; its approval does not begin, and is given when the hospital is back", async () => {
      const hospital = await serveHospital(cast.hospitalA);
      const { port } = new URL(hospital.url);
      const { url } = await serveFirewall(cast.hospitalA, hospital.url);
      const device = throughGateway(cast.patient, await connectPatient(url));
      await hospital.close();
      const input = { document: exampleDocument, privateSelectors: exampleSelectors, maxAccessCount: 5 };
      const { recordId } = await publishRecord(device, input);
      const requestId = await requestFrom(cast, cast.doctors[0], recordId);
      await failsWith("HOSPITAL_UNREACHABLE", () => approveRequest(device, requestId));
      expect(requestStateOf((await cast.chainA.grants.grant(requestId)).state)).to.equal("Pending");
      expect(outcomesOf("firewall")).to.not.include("deal-x ok").and.not.include("sign-off ok");
      await serveHospital(cast.hospitalA, Number(port));
      expect((await approveRequest(device, requestId)).decision).to.equal("Granted");
    });

    it("members are told that it is the firewall", async () => {
      const gateway = await serveFirewall(cast.hospitalA, hospitalA.url);
      const client = await connectPatient(gateway.url, 2_000);
      await gateway.close();
      const error = await client.requestKey(aScope()).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("code", "SERVICE_UNREACHABLE");
      expect((error as Error).message).to.include("the hospital's firewall at");
    });

    it("a hospital that hangs keeps nobody from what the firewall does itself", async () => {
      await using silent = await fakeHospital(cast.hospitalA.hospital.id, () => {});
      const { url } = await serveFirewall(cast.hospitalA, silent.url, 20_000);
      const client = await connectPatient(url);
      const waiting = Array.from({ length: 8 }, () => client.requestKey(aScope()).catch((error: unknown) => error));
      await until("as many calls wait at the hospital as one member may have", () => silent.calls() >= 4);
      const scope = aScope();
      const sent = encrypt(randomMessage(), scope, client.firewall.publicKey);
      await client.firewall.reRandomise(scope.scope, scope, sent, randomBytes(32));
      expect(silent.calls()).to.equal(4); // and no more of one member's
      await silent[Symbol.asyncDispose](); // hangs up on them
      for (const error of await Promise.all(waiting)) {
        expect(error)
          .to.have.property("code")
          .that.matches(/^(HOSPITAL_UNREACHABLE|GATEWAY_BUSY)$/);
      }
    });

    it("a hospital that is busy is asked again, by the member", async () => {
      let calls = 0;
      await using line = await fakeHospital(cast.hospitalA.hospital.id, async (call, response) => {
        calls += 1;
        if (calls === 1) {
          response.writeHead(503).end();
          return;
        }
        const answer = await fetch(`${hospitalA.url}/v1/calls`, {
          method: "POST",
          headers: { "content-type": "application/cbor" },
          body: new Uint8Array(call),
        });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
      const { url } = await serveFirewall(cast.hospitalA, line.url);
      const scope = aScope();
      const client = await connectPatient(url);
      checkOwnerKey(await client.requestKey(scope), scope, client.firewall.publicKey);
      expect(outcomesOf("firewall")).to.deep.equal(["owner-key GATEWAY_BUSY", "owner-key ok"]);
    });

    it("a hospital that does not answer in time is told from a busy firewall", async () => {
      await using silent = await fakeHospital(cast.hospitalA.hospital.id, () => {});
      const { url } = await serveFirewall(cast.hospitalA, silent.url, 200);
      const client = await connectPatient(url);
      await failsWith("HOSPITAL_UNREACHABLE", () => client.requestKey(aScope()));
      expect(silent.calls()).to.be.greaterThan(0);
    });
  });

  describe("when the line between them breaks after the hospital has done its part", () => {
    /** Hands calls on to a hospital, and loses the replies that it is told to lose. */
    const losing = (hospital: Gateway, id: Hex32, isLost: (call: number) => boolean) => {
      let calls = 0;
      return fakeHospital(id, async (call, response) => {
        calls += 1;
        const lost = isLost(calls);
        const answer = await fetch(`${hospital.url}/v1/calls`, {
          method: "POST",
          headers: { "content-type": "application/cbor" },
          body: new Uint8Array(call),
        });
        const reply = Buffer.from(await answer.arrayBuffer());
        if (lost) response.destroy();
        else response.writeHead(answer.status).end(reply);
      });
    };

    it("a key is asked for again, and is the same", async () => {
      await using line = await losing(hospitalA, cast.hospitalA.hospital.id, (call) => call === 1);
      const { url } = await serveFirewall(cast.hospitalA, line.url);
      const scope = aScope();
      const client = await connectPatient(url);
      expect(await client.requestKey(scope)).to.deep.equal(await (await connectPatient()).requestKey(scope));
      expect(line.calls()).to.equal(2);
    });

    it("keys are certified once: the caller is told that nobody knows, and finds the certificate on chain", async () => {
      const { hospital, chain } = cast.hospitalB;
      const service = await serveHospital(cast.hospitalB);
      await using line = await losing(service, hospital.id, (call) => call === 2);
      const { url } = await serveFirewall(cast.hospitalB, line.url);
      const pseudonym = "doctor-of-the-lost-reply";
      const account = Wallet.createRandom();
      await fund(chain.deployment, account.address);
      const notAfter = BigInt(Math.floor(Date.now() / 1000)) + 1_000_000n;
      const subject = { pseudonym, account: account.address, keyDigest: ZERO_32, serial: 1n, notAfter };
      const [certificate, signature] = await hospital.certify(chain, subject);
      await transact(chain, () => chain.as(hospital.operator).hospitals.enrolMember(certificate, signature));
      const memberId = hospital.memberId(pseudonym);
      const of = { url, chain, store: cast.store, hospitalId: hospital.id, memberId, account };
      const client = await connectGateway(of);
      const partial = await client.requestPartialKey();
      const keys = await makeUserKeys(keyGenDU(partial, fromHex32(memberId), client.firewall.publicKey));
      const digest = await publishUserKeys(cast.store, keys);
      const certify = () => client.certify(fromHex32(digest), fromHex32(pseudonymHash(pseudonym)));
      await failsWith("HOSPITAL_UNREACHABLE", certify);
      expect(line.calls()).to.equal(2); // it was not tried again
      const { keyDigest, serial } = await chain.hospitals.member(memberId);
      expect([keyDigest, serial]).to.deep.equal([digest, 2n]);
      await failsWith("GATEWAY_CALL_REFUSED", certify);
      expect((await chain.hospitals.member(memberId)).serial).to.equal(2n);
    });
  });

  /** An invitation of Hospital A that somebody has accepted. */
  async function accepted(
    of: {
      readonly pseudonym?: string;
      readonly operator?: Signer;
      readonly terms?: Partial<InvitationTerms>;
      readonly key?: Wallet;
    } = {},
  ) {
    const { hospital, chain } = cast.hospitalA;
    const key = of.key ?? new Wallet(Wallet.createRandom().privateKey);
    const account = new Wallet(Wallet.createRandom().privateKey);
    const now = Math.floor(Date.now() / 1000);
    const pseudonym = pseudonymHash(of.pseudonym ?? bytesToHex(randomBytes(8)));
    const terms: InvitationTerms = {
      hospital: hospital.id,
      pseudonym,
      key: key.address,
      serial: 1,
      notAfter: now + 100_000,
      expiry: now + 10_000,
      gwei: 0,
      contents: `0x${bytesToHex(randomBytes(32))}`,
      ...of.terms,
    };
    const invitation = await invite(of.operator ?? hospital.operator, chain.deployment, terms);
    const input = await acceptInvitation(key, chain.deployment, invitation, account.address);
    return { account, key, invitation, input, memberId: memberIdOf(hospital.id, pseudonym) };
  }
  const enrolAs = async (account: Signer, memberId: Hex32, input: MethodInput<"enrol">) => {
    const { chain, hospital } = cast.hospitalA;
    const options = { url: urlA, chain, store: cast.store, hospitalId: hospital.id, memberId, account };
    return (await connectGateway(options)).enrol(input);
  };

  describe("whom the hospital has invited", () => {
    it("is enrolled through both, for the account that accepted, and given what was promised; once", async () => {
      const { chain } = cast.hospitalA;
      const { account, memberId, input, invitation, key } = await accepted({ terms: { gwei: 2_000_000_000 } });
      await requireGoodInvitation(chain, invitation);
      expect((await enrolAs(account, memberId, input)).isFunded).to.equal(true);
      expect((await chain.hospitals.activeMember(memberId)).account).to.equal(account.address);
      expect((await chain.hospitals.member(memberId)).notAfter).to.equal(BigInt(invitation.notAfter));
      expect(await chain.provider.getBalance(account)).to.equal(2n * 10n ** 18n);
      expect(outcomesOf("firewall")).to.deep.equal(["enrol ok"]);
      expect(outcomesOf("hospital")).to.deep.equal(["enrol ok"]);
      // Who finds it later has its key, and an account of their own.
      const other = new Wallet(Wallet.createRandom().privateKey);
      const again = await acceptInvitation(key, chain.deployment, invitation, other.address);
      const error = await failsWith("GATEWAY_CALL_REFUSED", () => enrolAs(other, memberId, again));
      expect(error.message).to.include("was used");
      await failsWith("CERTIFICATE_INVALID", () => requireGoodInvitation(chain, invitation));
      expect((await chain.hospitals.activeMember(memberId)).account).to.equal(account.address);
    });

    it("is nobody with an invitation that was altered, made up, has expired, or is for somebody else", async () => {
      const { account, memberId, input, key, invitation } = await accepted();
      const stranger = new Wallet(Wallet.createRandom().privateKey);
      const past = Math.floor(Date.now() / 1000) - 1;
      const expired = await accepted({ terms: { expiry: past } });
      const madeUp = await accepted({ operator: stranger });
      const elsewhere = await accepted({ terms: { hospital: cast.hospitalB.hospital.id } });
      const { deployment } = cast.chainA;
      const takenOver = await acceptInvitation(
        stranger,
        deployment,
        { ...invitation, key: stranger.address },
        account.address,
      );
      for (const [what, as, member, sent] of [
        ["more ether", account, memberId, { ...input, gwei: 5 }],
        ["a later serial", account, memberId, { ...input, serial: 7 }],
        ["a longer certificate", account, memberId, { ...input, notAfter: input.notAfter + 1 }],
        ["another expiry", account, memberId, { ...input, expiry: input.expiry + 1 }],
        ["other contents", account, memberId, { ...input, contents: randomBytes(32) }],
        ["another pseudonym", account, memberId, { ...input, pseudonym: randomBytes(32) }],
        ["another member", account, cast.patient.memberId, input],
        ["another account", stranger, memberId, input],
        [
          "an account that was not accepted for",
          stranger,
          memberId,
          { ...input, account: hexToBytes(stranger.address.slice(2)) },
        ],
        ["another key", account, memberId, takenOver],
        ["no signature", account, memberId, { ...input, invitation: new Uint8Array(65) }],
        ["expired", expired.account, expired.memberId, expired.input],
        ["made up", madeUp.account, madeUp.memberId, madeUp.input],
        ["of another hospital", elsewhere.account, elsewhere.memberId, elsewhere.input],
      ] as const) {
        await failsWith("GATEWAY_CALL_REFUSED", () => enrolAs(as, member, sent)).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`);
        });
      }
      expect(outcomesOf("hospital")).to.deep.equal([]); // the firewall kept it from all of that
      expect(key.address).to.equal(invitation.key);
      // It was good all the time; that account's calls are refused unheard for a while.
      const late = new Wallet(Wallet.createRandom().privateKey);
      await enrolAs(late, memberId, await acceptInvitation(key, deployment, invitation, late.address));
    });
  });

  describe("when a stranger, a member or a firewall that lies calls the hospital", () => {
    const post = (body: Uint8Array, url = hospitalA.url) =>
      fetch(`${url}/v1/calls`, {
        method: "POST",
        headers: { "content-type": "application/cbor" },
        body: new Uint8Array(body),
      });
    /** What the hospital answers to what a firewall hands on. */
    const answerTo = async (call: Uint8Array, by: Signer = caller, hospital: Hex32 = cast.hospitalA.hospital.id) => {
      const forwarded = await encodeForwardedCall(by, cast.chainA.deployment, hospital, call);
      const sealed = await sealCall(forwarded, hospitalKey, "hospital-call");
      const reply = new Uint8Array(await (await post(sealed.bytes)).arrayBuffer());
      const answer = decode<{ ok?: Uint8Array; error?: { code: string; message: string } }>(sealed.openReply(reply));
      return answer.error?.code ?? "ok";
    };

    it("takes what its own firewall hands on of its members, once", async () => {
      const call = await signed("owner-key", { scope: randomBytes(32) });
      expect(await answerTo(call)).to.equal("ok");
      expect(await answerTo(call), "again").to.equal("GATEWAY_CALL_REFUSED");
    });

    it("takes nothing of a stranger, though its call is sealed as it should be", async () => {
      const call = await signed("owner-key", { scope: randomBytes(32) });
      expect(await answerTo(call, Wallet.createRandom())).to.equal("GATEWAY_CALL_REFUSED");
      expect(await answerTo(call, accountOf(cast.patient.chain)), "a member").to.equal("GATEWAY_CALL_REFUSED");
      expect(await answerTo(call, caller, cast.hospitalB.hospital.id)).to.equal("GATEWAY_CALL_REFUSED");
      // The call itself was not used up by that.
      expect(await answerTo(call)).to.equal("ok");
    });

    it("enrols nobody whom it has not invited, though its own firewall hands the call on", async () => {
      const { account, memberId, input } = await accepted({ operator: Wallet.createRandom() });
      const call = { hospital: cast.hospitalA.hospital.id, member: memberId, method: "enrol" as const };
      const payload = encodeObject({ ...input });
      const bytes = await encodeSignedCall(account, cast.chainA.deployment, { ...call, payload });
      expect(await answerTo(bytes)).to.equal("GATEWAY_CALL_REFUSED");
      expect((await cast.chainA.hospitals.member(memberId)).serial).to.equal(0n);
    });

    it("takes no member's call that no firewall hands on", async () => {
      const call = await signed("owner-key", { scope: randomBytes(32) });
      for (const kind of ["hospital-call", "gateway-call"] as const) {
        const sealed = await sealCall(call, hospitalKey, kind);
        const response = await post(sealed.bytes);
        if (kind === "gateway-call") {
          expect(response.status).to.equal(400); // sealed for something else
          continue;
        }
        const answer = decode<{ error?: { code: string } }>(
          sealed.openReply(new Uint8Array(await response.arrayBuffer())),
        );
        expect(answer.error?.code).to.equal("GATEWAY_CALL_INVALID");
      }
    });

    it("refuses in the clear what is not sealed to it, and what is too long", async () => {
      const forwarded = await encodeForwardedCall(
        caller,
        cast.chainA.deployment,
        cast.hospitalA.hospital.id,
        await signed("owner-key", { scope: randomBytes(32) }),
      );
      const other = await sealCall(forwarded, await xWingPublicKey(randomBytes(32)), "hospital-call");
      for (const [body, status] of [
        [other.bytes, 400],
        [new Uint8Array(), 400],
        [new Uint8Array(17 * 1024), 413],
      ] as const) {
        const response = await post(body);
        expect(response.status).to.equal(status);
        expect(await response.json()).to.deep.equal({ code: "GATEWAY_CALL_INVALID" });
      }
    });

    it("issues nothing to a firewall that makes calls up, changes them, or asks for what is not the hospital's", async () => {
      const scope = randomBytes(32);
      // In the name of a member who did not ask.
      expect(await answerTo(await signed("owner-key", { scope }, caller))).to.equal("GATEWAY_CALL_REFUSED");
      // Another scope than the member signed.
      const call = await signed("owner-key", { scope });
      const at = bytesToHex(call).indexOf(bytesToHex(scope)) / 2;
      expect(await answerTo(call.with(at, (call[at] ?? 0) ^ 1))).to.equal("GATEWAY_CALL_REFUSED");
      // For another hospital.
      const { id } = cast.hospitalB.hospital;
      expect(await answerTo(await signed("owner-key", { scope }, undefined, id))).to.equal("GATEWAY_CALL_REFUSED");
      // What a firewall answers itself.
      const ids = { recordId: randomBytes(32), requestId: randomBytes(32), epoch: 1 };
      expect(await answerTo(await signed("deal-x", ids))).to.equal("GATEWAY_CALL_REFUSED");
      expect(await answerTo(await signed("partial-key", {})), "keys of the other kind").to.equal(
        "GATEWAY_CALL_REFUSED",
      );
      expect(outcomesOf("hospital").filter((outcome) => outcome.endsWith(" ok"))).to.deep.equal([]);
    });

    it("takes no call of before it started, as a restart forgot which were taken", async () => {
      const early = await signed("owner-key", { scope: randomBytes(32) });
      const signedAt = Date.now();
      await until("the clock moves on", () => Date.now() > signedAt);
      const again = await serveHospital(cast.hospitalA);
      const forwarded = await encodeForwardedCall(caller, cast.chainA.deployment, cast.hospitalA.hospital.id, early);
      const sealed = await sealCall(forwarded, hospitalKey, "hospital-call");
      const response = await post(sealed.bytes, again.url);
      const answer = decode<{ error?: { code: string } }>(
        sealed.openReply(new Uint8Array(await response.arrayBuffer())),
      );
      expect(answer.error?.code).to.equal("GATEWAY_CALL_REFUSED");
    });
  });

  describe("when what is behind the firewall lies", () => {
    /** A hospital that opens calls as it should, and answers what it is told to. */
    const lying = (answer: (scope: ReturnType<typeof aScope>) => Record<string, unknown>, scope = aScope()) =>
      fakeHospital(cast.hospitalA.hospital.id, async (call, response) => {
        const { sealReply } = await openCall(call, serviceSeed, "hospital-call");
        response.end(sealReply(encodeObject(answer(scope))));
      });
    const askThrough = async (url: string, scope = aScope()) => {
      const gateway = await serveFirewall(cast.hospitalA, url, 5_000);
      const client = await connectPatient(gateway.url, 3_000);
      return client.requestKey(scope);
    };

    it("no key gets to a member that is another scope's, or under another master key", async () => {
      const { hospital } = cast.hospitalA;
      const other = setupA();
      for (const key of [
        () => hospital.issueOwnerKey(aScope()),
        (scope: ReturnType<typeof aScope>) => keyGenDO(other.secretKey, scope),
      ]) {
        const scope = aScope();
        await using liar = await lying(() => ({ ok: encodeObject({ key: key(scope) }) }), scope);
        await failsWith("PRE_PRIVATE_KEY_INVALID", () => askThrough(liar.url, scope));
      }
    });

    it("what is no key, no answer or no known error is told as that", async () => {
      for (const [answer, code] of [
        [{ ok: encodeObject({ key: new Uint8Array(48).fill(7) }) }, "PRE_ELEMENT_INVALID"],
        [{ ok: encodeObject({ key: new Uint8Array(47) }) }, "SERVICE_PROTOCOL"],
        [{ ok: randomBytes(40) }, "SERVICE_PROTOCOL"],
        [{ well: 1 }, "SERVICE_PROTOCOL"],
        [{ error: { code: "NO_SUCH_CODE", message: "?" } }, "SERVICE_PROTOCOL"],
        [{ ok: new Uint8Array(100 * 1024) }, "SERVICE_PROTOCOL"], // longer than any answer
      ] as const) {
        await using liar = await lying(() => answer);
        await failsWith(code, () => askThrough(liar.url));
      }
    });

    it("an error of the hospital's comes on one printable line that says whose it is", async () => {
      const message = "no\u001b[2Jkeys\ntoday";
      await using liar = await lying(() => ({ error: { code: "GATEWAY_CALL_REFUSED", message } }));
      const error = await askThrough(liar.url).catch((thrown: unknown) => thrown);
      expect((error as Error).message).to.equal(
        "the hospital's firewall says: the hospital behind the firewall says: no [2Jkeys today",
      );
    });

    it("an answer that the hospital's key did not open is none", async () => {
      await using stranger = await fakeHospital(cast.hospitalA.hospital.id, async (_call, response) => {
        response.end(Buffer.from(encodeObject({ v: 2, nonce: randomBytes(32), ct: randomBytes(80) })));
      });
      const error = await askThrough(stranger.url).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("code", "SERVICE_PROTOCOL");
      expect((error as Error).message).to.include("not the hospital that it is paired with");
      // Another's status is not this hospital's.
      await using other = await fakeHospital(cast.hospitalB.hospital.id, () => {});
      const gateway = await serveFirewall(cast.hospitalA, other.url);
      expect(await statusOf(gateway.url)).to.include({ issuer: "down" });
    });
  });
});
