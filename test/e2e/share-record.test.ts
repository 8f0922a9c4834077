import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type ChainFrom, describeRequest, listDelivered, listRecords, recordsThatBegin } from "@medexchain/actors";
import { openFreshAudit } from "@medexchain/audit";
import {
  type AccessResponse,
  type Chain,
  decisionOf,
  type Hex32,
  requestStateOf,
  responseDigestOf,
  toHex32,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type Devnet, developmentAccount, fund } from "@medexchain/devnet";
import { createContentStore } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { expect } from "chai";
import { Wallet } from "ethers";
import { type Cast, enrolDoctor } from "../../devnet/cast.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { codesOf } from "../audit/support/history.ts";
import { eventTopic, startLyingNode } from "../audit/support/tamper.ts";
import { tamperingProxy } from "../offchain/ipfs/support.ts";
import {
  exampleDocument,
  failsWith,
  grantTo,
  passTime,
  publishExample,
  reachesOwner,
  reachesRequester,
  requestFrom,
  withNetwork,
} from "./support.ts";

describe("sharing a record between two hospitals", function () {
  this.timeout(120_000);
  let devnet: Devnet;
  let cast: Cast;
  let liedAbout: Hex32 | undefined;

  withNetwork((network) => {
    ({ devnet, cast } = network);
  });

  it("brings the patient's file to the doctor byte for byte, and the doctor's word back", async () => {
    const [doctor] = cast.doctors;
    const requestId = await grantTo(cast, doctor, await publishExample(cast));
    const { document, withheld } = await doctor.open(requestId);
    expect(document).to.deep.equal(exampleDocument);
    expect(withheld).to.deep.equal([]);
    await doctor.acknowledge(requestId, "Opened");
    const error = await failsWith("CHAIN_REVERTED", () => doctor.acknowledge(requestId, "Disputed"));
    expect(error.message).to.include("AccessRequestsAlreadyAcknowledged");
  });

  it("tells the patient who asks for what, before they decide", async () => {
    const { chainA, chainB, patient } = cast;
    const [doctor, other] = cast.doctors;
    const recordId = await publishExample(cast, 2);
    await requestFrom(cast, other, recordId);
    await grantTo(cast, doctor, recordId);
    const requestId = await requestFrom(cast, doctor, recordId);
    const at = (chain: Chain): ChainFrom => ({ chain, from: 0 });
    const said = await describeRequest(at(chainA), patient.memberId, requestId, async (chainId) =>
      chainId === chainB.deployment.chainId ? at(chainB) : undefined,
    );
    const [enrolled] = (
      await chainB.hospitals.queryFilter(chainB.hospitals.filters.MemberEnrolled(doctor.memberId))
    ).slice(-1);
    expect(said).to.deep.include({ requestId, recordId, state: "Pending", purpose: "TREAT" });
    expect(said.requester).to.deep.include({
      memberId: doctor.memberId,
      hospitalId: cast.hospitalB.hospital.id,
      isActive: true,
    });
    const block = await enrolled?.getBlock();
    expect(said.requester.certificate).to.deep.include({ knownAt: "home", since: BigInt(block?.timestamp ?? 0) });
    expect(said.earlier).to.include({ granted: 2, count: 2 }); // one in the first test
    expect(said.record).to.deep.equal({ isActive: true, limit: 2n, used: 1n });
    expect(said.hospital).to.deep.equal({ limit: 10n, used: 2n });
    const alone = await describeRequest(at(chainA), patient.memberId, requestId);
    expect(alone.requester.certificate.knownAt).to.equal("here");
    await failsWith("INPUT_INVALID", () => describeRequest(at(chainA), doctor.memberId, requestId));
    await failsWith("REQUEST_UNKNOWN", () => describeRequest(at(chainA), patient.memberId, recordId));
    await patient.deny(requestId);
    const list = await listDelivered(chainA, patient.memberId, 0);
    expect(list.at(-1)).to.include({ requestId, recordId, requester: doctor.memberId, state: "Denied" });
    expect((await listRecords(chainA, patient.memberId, 0)).at(-1)).to.include({ recordId, status: "active" });
    expect(await recordsThatBegin(chainA, recordId.slice(0, 12), 0)).to.deep.equal([recordId]);
  });

  it("refuses a doctor over the record's limit, tells the doctor so, and publishes nothing", async () => {
    const [doctor] = cast.doctors;
    const recordId = await publishExample(cast, 1);
    await grantTo(cast, doctor, recordId);
    const requestId = await requestFrom(cast, doctor, recordId);
    const approval = await cast.patient.approve(requestId);
    expect(approval).to.include({ decision: "RecordLimitReached" });
    expect(approval.sent).to.equal(undefined);
    await reachesRequester(cast, requestId, "Refused");
    await failsWith("ACCESS_LIMIT_REACHED", () => doctor.open(requestId));
  });

  it("counts a hospital's limit over all its records", async () => {
    const { hospitalA, chainA, patient } = cast;
    const doctor = await enrolDoctor(cast, "doctor-at-the-limit");
    const operator = chainA.as(hospitalA.hospital.operator);
    const { maxAccessCount } = await chainA.hospitals.hospital(hospitalA.hospital.id);
    const first = await publishExample(cast);
    const second = await publishExample(cast);
    await transact(chainA, () => operator.hospitals.setMaxAccessCount(hospitalA.hospital.id, 1));
    try {
      await grantTo(cast, doctor, first);
      const requestId = await requestFrom(cast, doctor, second);
      expect((await patient.approve(requestId)).decision).to.equal("HospitalLimitReached");
      await reachesRequester(cast, requestId, "Refused");
    } finally {
      await transact(chainA, () => operator.hospitals.setMaxAccessCount(hospitalA.hospital.id, maxAccessCount));
    }
  });

  it("lets a patient deny, and a doctor open nothing of it, nor of another's answer", async () => {
    const [first, second] = cast.doctors;
    const recordId = await publishExample(cast);
    const granted = await grantTo(cast, first, recordId);
    const denied = await requestFrom(cast, second, recordId);
    await failsWith("REQUEST_PENDING", () => second.open(denied));
    await cast.patient.deny(denied);
    await reachesRequester(cast, denied, "Denied");
    await failsWith("REQUEST_DENIED", () => second.open(denied));
    await failsWith("CAPSULE_INVALID", () => second.open(granted));
    await failsWith("REQUEST_ALREADY_GRANTED", () => cast.patient.approve(granted));
    await failsWith("REQUEST_UNKNOWN", () => cast.patient.approve(toHex32(randomBytes(32))));
    await failsWith("REQUEST_UNKNOWN", () => first.open(toHex32(randomBytes(32))));
    await failsWith("REQUEST_DENIED", () => cast.patient.approve(denied));
  });

  it("opens nothing by an answer that enough relayers attested and the patient's chain did not decide", async () => {
    const { chainA, chainB, patient } = cast;
    const doctor = await enrolDoctor(cast, "doctor-of-lying-relayers");
    const other = await grantTo(cast, doctor, await publishExample(cast));
    const requestId = await requestFrom(cast, doctor, await publishExample(cast));
    liedAbout = requestId;
    // One relayer is enough on this network: one that lies. It gives out another record's answer for this one's.
    const registrar = new Wallet(developmentAccount(0).privateKey);
    await fund(chainB.deployment, registrar.address);
    await transact(chainB, () => chainB.as(registrar).relayers.addRelayer(registrar.address));
    const { decision, decidedAt, contents, reEncryption, privateFragment } = await chainA.grants.responseOf(other);
    const lie = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
    const requests = { chainId: chainB.deployment.chainId, address: chainB.deployment.requests };
    const grants = { chainId: chainA.deployment.chainId, address: chainA.deployment.grants };
    const terms = { epoch: await chainB.relayers.epoch(), expiry: decidedAt + 86_400n };
    const { serialized } = registrar.signingKey.sign(responseDigestOf(requests, grants, lie, terms));
    const attestations = { ...terms, by: [{ relayer: registrar.address, signature: serialized }] };
    await transact(chainB, () => chainB.as(registrar).requests.deliverResponse(grants.chainId, lie, attestations));
    await reachesRequester(cast, requestId, "Granted");
    await patient.approve(requestId);
    await reachesOwner(cast, requestId, "Granted");
    const error = await failsWith("RESPONSE_INVALID", () => doctor.open(requestId));
    expect(error.message).to.include(`chain ${grants.chainId} decided`); // before anything of the lie is fetched
  });

  it("sends only the private features that the patient chooses, and says which are withheld", async () => {
    const [doctor] = cast.doctors;
    const recordId = await publishExample(cast);
    const chosen = "Bundle.entry[1].resource.valueQuantity.value";
    const { document, withheld } = await doctor.open(await grantTo(cast, doctor, recordId, new Set([chosen])));
    expect(withheld).to.have.length(53).and.not.include(chosen);
    const opened = JSON.parse(new TextDecoder().decode(document));
    const original = JSON.parse(new TextDecoder().decode(exampleDocument));
    expect(opened.entry[1].resource).to.deep.equal(original.entry[1].resource);
    expect(opened.entry[0].resource.birthDate).to.equal(null);
    expect(new TextDecoder().decode(document)).to.not.include(original.entry[0].resource.birthDate);
  });

  it("keeps a request for a record that is not anchored waiting for it", async () => {
    const [doctor] = cast.doctors;
    const { requestId } = await doctor.request({ recordId: `0x${"42".repeat(32)}` });
    await reachesOwner(cast, requestId, "Pending");
    await failsWith("CHAIN_REVERTED", () => cast.patient.withdraw(requestId));
    expect(decisionOf((await cast.chainA.grants.grant(requestId)).decision)).to.equal("None");
  });

  it("opens nothing whose bytes were changed on the way, on IPFS or the Tangle", async () => {
    let spoil: "block/get" | "/blocks/" | undefined;
    const flip = (request: IncomingMessage, answer: Uint8Array) => {
      const last = answer.length - 1;
      if (spoil && request.url?.includes(spoil)) answer[last] = (answer[last] ?? 0) ^ 1;
      return answer;
    };
    const ipfs = await tamperingProxy(() => devnet.ipfsUrl, flip);
    const node = await tamperingProxy(() => devnet.tangleUrl, flip);
    const tangle = createTangleClient({ url: node.url });
    try {
      const store = createContentStore({ url: ipfs.url });
      const doctor = await enrolDoctor({ ...cast, store, tangle }, "doctor-behind-a-liar");
      const requestId = await grantTo(cast, doctor, await publishExample(cast));
      spoil = "block/get";
      await failsWith("CONTENT_MISMATCH", () => doctor.open(requestId));
      spoil = "/blocks/";
      await failsWith("TANGLE_BLOCK_MISMATCH", () => doctor.open(requestId));
      spoil = undefined;
      expect((await doctor.open(requestId)).document).to.deep.equal(exampleDocument);
    } finally {
      await tangle.close();
      await Promise.all([ipfs.close(), node.close()]);
    }
  });

  it("does not approve with a stored fragment that is not the anchored one", async () => {
    const [doctor] = cast.doctors;
    const { fragmentStore } = cast.patient;
    const recordId = await publishExample(cast);
    const requestId = await requestFrom(cast, doctor, recordId);
    const fragment = await fragmentStore.get(recordId);
    await fragmentStore.put(recordId, fragment.with(100, (fragment[100] ?? 0) ^ 1));
    await failsWith("FRAGMENT_INVALID", () => cast.patient.approve(requestId));
    await fragmentStore.remove(recordId);
    await failsWith("FRAGMENT_INVALID", () => cast.patient.approve(requestId));
    await fragmentStore.put(recordId, fragment);
    expect((await cast.patient.approve(requestId)).decision).to.equal("Granted");
    await reachesRequester(cast, requestId, "Granted");
  });

  it("goes on with an approval that broke off: nothing is sealed or published a second time", async () => {
    const [doctor] = cast.doctors;
    const recordId = await publishExample(cast);
    const requestId = await requestFrom(cast, doctor, recordId);
    const { chain, firewall, store, fragmentStore } = cast.patient;
    const sealed: Uint8Array[] = [];
    const signed: Uint8Array[] = [];
    let broken = true;
    // It breaks off when everything is made and published, just before it is authorised.
    const device = Object.create(cast.patient, {
      channelAuthorOf: { value: cast.patient.channelAuthorOf.bind(cast.patient) },
      fragmentKeyOf: { value: cast.patient.fragmentKeyOf.bind(cast.patient) },
      recordSecretOf: { value: cast.patient.recordSecretOf.bind(cast.patient) },
      firewall: {
        value: {
          publicKey: firewall.publicKey,
          dealX: firewall.dealX.bind(firewall),
          signOff: async (proposal: Parameters<typeof firewall.signOff>[0]) => {
            signed.push(proposal.requestId);
            return firewall.signOff(proposal);
          },
        },
      },
      store: {
        value: {
          get: store.get.bind(store),
          put: async (bytes: Uint8Array) => {
            sealed.push(bytes);
            if (broken) throw new MedexError("SERVICE_UNREACHABLE", "the device was switched off");
            return store.put(bytes);
          },
        },
      },
    }) as typeof cast.patient; // all that is not replaced is the patient's own
    await failsWith("SERVICE_UNREACHABLE", () => approveRequest(device, requestId));
    expect(requestStateOf((await chain.grants.grant(requestId)).state)).to.equal("Pending");
    broken = false;
    const { decision, sent } = await approveRequest(device, requestId);
    expect(decision).to.equal("Granted");
    expect(signed).to.have.lengthOf(1);
    expect(sealed[1]).to.deep.equal(sealed[0]);
    // The shares, again, and then the key that names them.
    expect(sealed).to.have.lengthOf(3);
    expect(sent?.sizes.sealedRekey).to.equal(sealed[2]?.length);
    await reachesRequester(cast, requestId, "Granted");
    expect((await doctor.open(requestId)).document).to.deep.equal(exampleDocument);
    // Nothing is left of it: another approval would begin afresh.
    await using afresh = await fragmentStore.approval(requestId, new Uint8Array(32));
    expect(await afresh.journal.entries()).to.deep.equal([]);
    await fragmentStore.endApproval(requestId);
  });

  it("stores nothing of a record that it refuses", async () => {
    const { patient, chainA } = cast;
    const anchored = async () => (await chainA.records.queryFilter(chainA.records.filters.RecordAnchored())).length;
    const before = await anchored();
    const publish = (text: string, selectors: readonly string[], numericColumns = {}) =>
      patient.publish({
        document: new TextEncoder().encode(text),
        privateSelectors: selectors,
        numericColumns,
        maxAccessCount: 1,
      });
    await failsWith("RECORD_FORMAT", () => publish('{"name": "no resource"}', ["Patient.name"]));
    await failsWith("POLICY_SELECTS_NOTHING", () =>
      publish('{"resourceType":"Patient","active":true}', ["Patient.name"]),
    );
    const tooLarge =
      '{"resourceType":"Observation","status":"final","code":{"text":"count"},"valueQuantity":{"value":99999999,"unit":"1"}}';
    // It would travel as text, but for being asked for as a number to compute on.
    const asked = { "Observation.value.value": "1" };
    await failsWith("FEATURE_OUT_OF_RANGE", () => publish(tooLarge, ["Observation.status"], asked));
    expect(await anchored()).to.equal(before);
  });

  it("leaves a history in which an audit finds what the lying relayers did, and nothing else", async () => {
    const { chainA, chainB, store, tangle } = cast;
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment]);
    const verdict = await audit.verify({ storage: { store, tangle } });
    const { history } = audit;
    const wrong = verdict.findings.filter(({ severity }) => severity !== "notice");
    expect(wrong.map(({ code, where }) => [code, where.requestId])).to.deep.equal([["SIDES_DIFFER", liedAbout]]);
    const entries = [...history!.entries()];
    expect(entries.map(({ decision }) => decision?.decision)).to.include.members(["Granted", "DeniedByOwner"]);
    expect(entries.map(({ acknowledgement }) => acknowledgement?.acknowledgement)).to.include("Opened");
  });

  it("leaves a log whose every entry an audit misses when a node keeps it back", async () => {
    const { chainA, chainB } = cast;
    const logged = eventTopic("ledger", "AccessLogged");
    const whole = Number(await chainA.ledger.length());
    for (const missing of [0, whole - 1]) {
      await using node = await startLyingNode(chainA.deployment, {
        logs: (logs) => logs.filter(({ topics: [event, index] }) => event !== logged || Number(index) !== missing),
      });
      await using audit = await openFreshAudit([node.deployment, chainB.deployment]);
      const { passed, findings } = await audit.verify();
      expect(passed).to.equal(false);
      expect(codesOf(findings)).to.include("LEDGER_ENTRY_MISSING");
    }
  });

  // Last, since it moves the chains' clocks.
  it("ends a request that nobody answered as expired on both chains", async () => {
    const [doctor] = cast.doctors;
    const requestId = await requestFrom(cast, doctor, await publishExample(cast), 600);
    // B takes no answer from its future.
    for (const chain of [cast.chainB, cast.chainA]) await passTime(chain, 600);
    await failsWith("REQUEST_EXPIRED", () => cast.patient.approve(requestId));
    await reachesOwner(cast, requestId, "Expired");
    await reachesRequester(cast, requestId, "Expired");
    await failsWith("REQUEST_EXPIRED", () => doctor.open(requestId));
  });
});
