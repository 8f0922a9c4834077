import { randomBytes } from "node:crypto";
import {
  type Answer,
  answerMemory,
  answerRequests,
  consentIdOn,
  type DataUser,
  giveConsent,
  type KeptConsent,
  listConsents,
  revokeConsent,
  standingConsentOf,
} from "@medexchain/actors";
import { openFreshAudit } from "@medexchain/audit";
import { findDelivered, type Hex32, PURPOSE_CODES, requestStateOf, toHex32, transact } from "@medexchain/chain";
import { parseConsent, SYSTEMS } from "@medexchain/fhir";
import { expect } from "chai";
import type { Signer } from "ethers";
import { fhirResources } from "../../audit/fhir/export-fhir.ts";
import type { Cast } from "../../devnet/cast.ts";
import { codesOf } from "../audit/support/history.ts";
import { eventTopic, startLyingNode } from "../audit/support/tamper.ts";
import { consentFor } from "../offchain/fhir/consent-example.ts";
import { observation, patient } from "../offchain/fhir/support.ts";
import { failsWith, reachesOwner, reachesRequester, requestFrom, withNetwork } from "./support.ts";

describe("a FHIR Consent that executes", function () {
  this.timeout(120_000);
  let cast: Cast;
  let recordId: Hex32;
  let consentId: Hex32;
  let answered: Hex32;
  const kept = new Map<Hex32, KeptConsent>();
  const memory = answerMemory(0);

  withNetwork((network) => {
    ({ cast } = network);
  });

  /** The patient signs a Consent for all members of Hospital B. */
  async function sign(count: number, changes: object): Promise<Hex32> {
    const { patient: owner, hospitalA, hospitalB } = cast;
    const ids = { owner: owner.memberId, hospital: hospitalA.hospital.id };
    const document = new TextEncoder().encode(JSON.stringify(consentFor(ids, hospitalB.hospital.id, changes)));
    const terms = parseConsent(document, { ...ids, purposes: new Set(PURPOSE_CODES) });
    const salt = new Uint8Array(randomBytes(32));
    const consent = standingConsentOf({ owner: owner.memberId, terms, document, salt, maxAccessCount: count });
    await giveConsent(owner.chain, owner.chain.consents.runner as Signer, consent); // the patient's view of the chain
    const id = consentIdOn(owner.chain, consent);
    kept.set(id, { salt, document, data: terms.data });
    return id;
  }
  async function answers(): Promise<Answer[]> {
    const found: Answer[] = [];
    for await (const answer of answerRequests(cast.patient, { kept, memory })) found.push(answer);
    return found;
  }
  const onlyObservations = { class: [{ system: "http://hl7.org/fhir/resource-types", code: "Observation" }] };

  it("has the device approve what it covers with nobody at hand, and send nothing else", async () => {
    const bundle = {
      resourceType: "Bundle",
      type: "collection",
      entry: [{ resource: patient }, { resource: observation("o1") }],
    };
    ({ recordId } = await cast.patient.publish({
      document: new TextEncoder().encode(JSON.stringify(bundle)),
      privateSelectors: ["Bundle.entry"],
      maxAccessCount: 10,
    }));
    consentId = await sign(1, onlyObservations);
    const [doctor] = cast.doctors;
    answered = await requestFrom(cast, doctor, recordId);
    const [answer, ...more] = await answers();
    expect(more).to.deep.equal([]);
    expect(answer).to.deep.include({ requestId: answered, consentId, kind: "approved" });
    await reachesRequester(cast, answered, "Granted");
    const { document } = await doctor.open(answered);
    const { entry } = JSON.parse(new TextDecoder().decode(document));
    expect(entry[1].resource).to.deep.equal(observation("o1"));
    expect(entry[0].resource).to.include({ birthDate: null, id: null });
  });

  it("leaves to the patient whatever it does not cover: once more, for another purpose, of which more is public", async () => {
    const [, doctor] = cast.doctors;
    const again = await requestFrom(cast, doctor, recordId);
    const other = await purposed(doctor, recordId, "ETREAT");
    expect(await answers()).to.deep.equal([]);
    expect((await listConsents(cast.chainA, cast.patient.memberId, 0)).map(({ state }) => state)).to.deep.equal([
      "used up",
    ]);
    const open = await cast.patient.publish({
      document: new TextEncoder().encode(JSON.stringify({ ...patient, id: "p2" })),
      privateSelectors: ["Patient.name"],
      maxAccessCount: 10,
    });
    const publicPart = await requestFrom(cast, doctor, open.recordId);
    const second = await sign(1, onlyObservations);
    const found = await answers();
    expect(found.map(({ requestId, kind }) => [requestId, kind])).to.deep.equal([[again, "approved"]]);
    const third = await sign(1, onlyObservations);
    const [leftOver, ...more] = await answers();
    expect(more).to.deep.equal([]);
    expect(leftOver).to.deep.include({ requestId: publicPart, consentId: third, kind: "left" });
    expect(leftOver?.kind === "left" && leftOver.reason).to.include("public part");
    expect(await answers()).to.deep.equal([]);
    for (const requestId of [other, publicPart]) {
      await cast.patient.deny(requestId);
      await reachesRequester(cast, requestId, "Denied");
    }
    await reachesRequester(cast, again, "Granted");
    await revokeConsent(cast.patient.chain, third, 0);
    expect(second).not.to.equal(third);
  });

  it("ends when it is revoked, with what was approved by it and is not granted yet", async () => {
    const { chain } = cast.patient;
    const [doctor] = cast.doctors;
    const id = await sign(5, {});
    const requestId = await requestFrom(cast, doctor, recordId);
    // With a key that no relayer finds, so that it is under way until the patient revokes.
    const [standing] = (await listConsents(chain, cast.patient.memberId, 0)).slice(-1);
    const { sourceChainId, deliveredAt } = await chain.grants.grant(requestId);
    const digest = () => toHex32(new Uint8Array(randomBytes(32)));
    const access = {
      sourceChainId,
      request: await findDelivered(chain, requestId, { sourceChainId, deliveredAt }),
      classes: [],
      sealedRekey: digest(),
      privateFragment: digest(),
      epoch: await chain.relayers.epoch(),
    };
    await transact(chain, () => chain.consents.approve(standing!.consent, access));
    expect(requestStateOf((await chain.grants.grant(requestId)).state)).to.equal("Authorized");
    expect((await revokeConsent(chain, id, 0)).withdrawn).to.deep.equal([requestId]);
    await reachesRequester(cast, requestId, "Denied");
    const late = await requestFrom(cast, doctor, recordId);
    expect(await answers()).to.deep.equal([]);
    const use = { consent: standing!.consent, classes: [] };
    const error = await failsWith("CHAIN_REVERTED", () => cast.patient.approve(late, { consent: use }));
    expect(error.message).to.include("was revoked");
    await cast.patient.deny(late);
    await reachesRequester(cast, late, "Denied");
  });

  it("is seen by an audit: each answer with its consent, and what a node makes of it that it was not", async () => {
    const { chainA, chainB } = cast;
    await using audit = await openFreshAudit([chainA.deployment, chainB.deployment]);
    expect(codesOf((await audit.verify()).findings)).to.deep.equal([]);
    const entry = [...audit.history!.entries()].find(({ requestId }) => requestId === answered);
    expect(entry?.consent).to.equal(consentId);
    const contracts = new Map([chainA, chainB].map(({ deployment }) => [deployment.chainId, deployment]));
    const exported = [...fhirResources(audit.history!, {}, contracts)].map((each) => JSON.stringify(each));
    const source = JSON.stringify({ type: "Consent", identifier: { system: SYSTEMS.consent, value: consentId } });
    expect(exported.filter((each) => each.includes(`"sourceReference":${source}`))).to.have.length(1);
    expect(exported.filter((each) => each.includes('"standingConsent"') && each.includes(consentId))).to.have.length(1);

    const topic = (event: string) => eventTopic("consents", event);
    type Log = { topics: string[]; data: string };
    const byAnother = ([log, ...rest]: Log[]): Log[] => {
      const [event = "", id = "", owner = ""] = log?.topics ?? [];
      return [{ ...log!, topics: [event, id, owner, `0x${"00".repeat(12)}${"11".repeat(20)}`] }, ...rest];
    };
    const lies: [string, (logs: Log[]) => Log[], string][] = [
      ["ConsentUsed", (logs) => logs.slice(1), "CONSENT_EXCEEDED"],
      ["ConsentGiven", (logs) => logs.slice(1), "CONSENT_EXCEEDED"],
      ["ConsentGiven", byAnother, "AUTHOR_FORGED"],
    ];
    for (const [event, alter, code] of lies) {
      await using node = await startLyingNode(chainA.deployment, {
        logs: (logs) => {
          const of = logs.filter((log) => log.topics[0] === topic(event));
          if (of.length === 0) return logs;
          const altered = alter(of);
          // In their places: each in that of the one it was made of, from the end on.
          const left = of.map((_, at) => altered[at - of.length + altered.length]);
          return logs.flatMap((log) => {
            if (log.topics[0] !== topic(event)) return [log];
            const next = left.shift();
            return next === undefined ? [] : [{ ...log, ...next }];
          });
        },
      });
      await using lied = await openFreshAudit([node.deployment, chainB.deployment]);
      expect(codesOf((await lied.verify()).findings), event).to.include(code);
    }
  });

  async function purposed(doctor: DataUser, id: Hex32, purpose: string): Promise<Hex32> {
    const { requestId } = await doctor.request({ recordId: id, lifetime: 3600, purpose });
    await reachesOwner(cast, requestId, "Pending");
    return requestId;
  }
});
