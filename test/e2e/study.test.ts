/** A study of two hospitals' patients, on a chain and IPFS: what it gives, and what those who lie in it achieve. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "@ipld/dag-cbor";
import { Hospital } from "@medexchain/actors";
import {
  approveStudy,
  checkSum,
  decodeReleased,
  decryptStudy,
  isPartPublished,
  joinStudy,
  type KeptSum,
  leaveStudy,
  proposeStudy,
  publishInput,
  publishKeyShare,
  readStudy,
  releaseStudy,
  replayStudies,
  type StudyEvent,
  type StudyHolder,
  type StudyPlace,
  sumStudy,
  verifyStudies,
} from "@medexchain/actors/studies";
import {
  type FindingCode,
  openAudit,
  requireHistory,
  type StorageServices,
  type Verdict,
  verifyHistory,
} from "@medexchain/audit";
import { fhirResources } from "@medexchain/audit/fhir";
import {
  type Chain,
  chainTime,
  connectChain,
  type Deployment,
  fromHex32,
  type Hex32,
  participationDigest,
  signParticipation,
  studyChain,
  studyDomain,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { sha256, toJson } from "@medexchain/core";
import { fund } from "@medexchain/devnet";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { initCurve, setupA, type XWingBox } from "@medexchain/pre";
import { deriveHolderKey, openJointKey, type Question, sumInputs } from "@medexchain/studies";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { ContractFactory, recoverAddress, Wallet } from "ethers";
import { developmentAccount, startChains } from "../../devnet/chains.ts";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { startSealingNode } from "../../devnet/seals/sealing-node.ts";
import { drawValidators, type Validator } from "../../devnet/seals/validators.ts";
import { noiseOf } from "../../offchain/studies/partial-decryption.ts";
import { type Lies, type RawLog, startLyingNode, withWord } from "../audit/support/tamper.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { failsWith } from "./support.ts";

const QUESTION: Question = {
  version: 1,
  title: "Mean body weight of two hospitals' patients",
  columns: [{ name: "weight", code: "29463-7", unit: "kg", scale: 1, min: "30", max: "200" }],
  statistic: { kind: "mean", column: "weight" },
};
const WEIGHTS = ["70.5", "82", "64.3", "91.2"];
const DAY = 86_400;
const ACCOUNT = new URL("../../artifacts/contracts/DigestAccount.t.sol/DigestAccount.json", import.meta.url);

interface Site {
  readonly hospital: Hospital;
  readonly home: Chain;
  readonly place: StudyPlace;
  readonly holder: StudyHolder;
  /** Sums that it has decrypted. */
  readonly decrypted: Hex32[];
}

const keptBy = ({ decrypted }: Site): KeptSum => ({
  sum: async () => decrypted[0],
  keep: async (sum) => void decrypted.push(sum),
});

interface Patient {
  readonly memberId: Hex32;
  readonly account: Wallet;
  readonly place: StudyPlace;
  readonly weight: string;
  input: Uint8Array;
}

describe("a study of two hospitals", function () {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let chain: Chain;
  let abroad: Chain;
  let researcher: StudyPlace;
  let sites: [Site, Site];
  let patients: Patient[];
  /** Its masks open for the second hospital, and not for the first. */
  let forger: Patient;
  let studyId: Hex32;

  const study = () => readStudy(researcher, studyId);
  const passTo = async (time: number) => {
    await chain.provider.send("evm_setNextBlockTimestamp", [time]);
    await chain.provider.send("evm_mine", []);
  };

  before(async () => {
    await initCurve();
    const directory = await mkdtemp(join(tmpdir(), "medexchain-study-"));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const [a, b] = await startChains({
      relayer: Wallet.createRandom().address,
      sealingKey: toHex32(randomBytes(32)),
      journal: directory,
    });
    stack.defer(() => a.close());
    stack.defer(() => b.close());
    const ipfs = stack.adopt(await startIpfsServer({ directory: join(directory, "ipfs"), port: 0 }), (each) =>
      each.close(),
    );
    const store = createContentStore({ url: ipfs.url });
    chain = stack.adopt(await connectChain(a.deployment), (each) => each.close());
    abroad = stack.adopt(await connectChain(b.deployment), (each) => each.close());
    const at = async (account: Wallet): Promise<StudyPlace> => {
      await fund(a.deployment, account.address);
      return { ...(await studyChain(chain.as(account), a.studies ?? "")), store };
    };

    const openSite = async (pseudonym: string, home: Chain): Promise<Site> => {
      const operator = new Wallet(Wallet.createRandom().privateKey);
      const hospital = new Hospital({ pseudonym, scheme: "ibe", operator, masterKeys: setupA() });
      stack.use(hospital);
      for (const on of [chain, abroad]) {
        const { hospitals } = on.as(developmentAccount(0));
        await transact(on, () =>
          hospitals.registerHospital(
            hospital.id,
            home.deployment.chainId,
            operator.address,
            toHex32(randomBytes(32)),
            100,
          ),
        );
      }
      const place = await at(operator);
      await transact(chain, () => place.studies.setLimits(hospital.id, { studies: 3, epsilonMilli: 20_000 }));
      return { hospital, home, place, holder: { hospitalId: hospital.id, seed: randomBytes(32) }, decrypted: [] };
    };
    sites = [await openSite("Hospital A", chain), await openSite("Hospital B", abroad)];

    const enrol = async ({ hospital, home }: Site, pseudonym: string, weight: string): Promise<Patient> => {
      const account = new Wallet(Wallet.createRandom().privateKey);
      const notAfter = (await chainTime(chain)) + 365n * 86_400n;
      const subject = { pseudonym, account: account.address, keyDigest: ZERO_32, serial: 1n, notAfter };
      const [certificate, signature] = await hospital.certify(home, subject);
      const { hospitals } = chain.as(developmentAccount(0));
      const take = home === chain ? hospitals.enrolMember : hospitals.importMember;
      await transact(chain, () => take(certificate, signature));
      return {
        memberId: hospital.memberId(pseudonym),
        account,
        place: await at(account),
        weight,
        input: new Uint8Array(),
      };
    };
    patients = [];
    for (const [i, weight] of WEIGHTS.entries()) {
      patients.push(await enrol(sites[i % 2 === 0 ? 0 : 1], `patient-${i}`, weight));
    }

    forger = await enrol(sites[0], "forger", "70");

    const account = new Wallet(Wallet.createRandom().privateKey);
    researcher = await at(account);
    const now = Number(await chainTime(chain));
    ({ studyId } = await proposeStudy(researcher, {
      question: QUESTION,
      holders: sites.map(({ hospital }) => hospital.id),
      computeNode: account.address,
      minimumCohort: 3,
      maximumCohort: 100,
      joinEnd: now + DAY,
      end: now + 2 * DAY,
      epsilonMilli: 10_000,
    }));
    for (const { place, holder } of sites) await approveStudy(place, await study(), holder);
    for (const { place, holder } of sites) await publishKeyShare(place, await study(), holder);
    for (const patient of patients) {
      const keep = async (input: Uint8Array) => {
        patient.input = input;
      };
      await joinStudy(patient.place, await study(), patient, { weight: patient.weight }, keep);
    }
    const { plan, holders } = await study();
    const shares = holders.map(async (id) => {
      const { share } = await researcher.studies.holder(studyId, id);
      return researcher.store.get(fromHex32(share));
    });
    using key = await openJointKey(plan, await Promise.all(shares));
    const right = decode<{ seeds: XWingBox[] }>(await key.encrypt(fromHex32(forger.memberId), { weight: "70" }));
    const first = holders.indexOf(sites[0].hospital.id);
    forger.input = encode({ ...right, seeds: right.seeds.map((seed, i) => (i === first ? right.seeds[1 - i] : seed)) });
    const participation = { studyId, patient: forger.memberId, input: toHex32(sha256(forger.input)) };
    const signature = await signParticipation(forger.account, researcher, participation);
    await transact(chain, () => researcher.studies.join(studyId, forger.memberId, participation.input, signature));
  });
  after(() => stack.disposeAsync());

  it("shows nobody an input while another could still join with a copy of it", async () => {
    const [first] = patients as [Patient];
    const now = Number(await chainTime(chain));
    await failsWith("INPUT_INVALID", async () =>
      publishInput(first.place, await study(), first, async () => first.input, now),
    );
    await failsWith("CONTENT_NOT_FOUND", async () => {
      const { input } = await first.place.studies.participation(studyId, first.memberId);
      await researcher.store.get(fromHex32(input));
    });
  });

  it("has a sum that holders make again: one that leaves out, or repeats, is not decrypted", async () => {
    const { joinEnd, end, plan } = await study();
    await passTo(joinEnd);
    for (const patient of [...patients, forger])
      await publishInput(patient.place, await study(), patient, async () => patient.input, joinEnd);
    await passTo(end);
    const submit = async (file: Uint8Array, count: number) => {
      const { digest } = await researcher.store.put(file);
      await transact(chain, () => researcher.studies.submitSum(studyId, toHex32(digest), count));
    };
    const [site] = sites;
    const { place, holder } = site;
    const options = { fromBlock: 0, mayLack: new Set([forger.memberId]) };
    const decrypt = async () => decryptStudy(place, await study(), holder, keptBy(site), options);

    const inputs = patients.map(({ memberId, input }) => ({
      patient: fromHex32(memberId),
      digest: sha256(input),
      file: input,
    }));
    await submit(await sumInputs(plan, inputs.slice(1)), 3);
    const why = await failsWith("STUDY_SUM_INVALID", decrypt);
    expect(why.message).to.include(patients[0]?.memberId);

    // It names all, and is the ciphertext of one alone.
    const named = decode<{ packed: Uint8Array }>(await sumInputs(plan, inputs));
    const alone = decode<{ packed: Uint8Array }>(await sumInputs(plan, inputs.slice(0, 1)));
    await submit(encode({ ...named, packed: alone.packed }), 4);
    await failsWith("STUDY_SUM_INVALID", decrypt);
    expect(site.decrypted, "nothing was decrypted").to.deep.equal([]);
  });

  it("names the patient whose masks a hospital cannot take off, before anything is decrypted", async () => {
    const [first, second] = sites;
    await sumStudy(researcher, await study(), 0);
    const why = await failsWith("STUDY_INPUT_INVALID", async () =>
      checkSum(first.place, await study(), first.holder, { fromBlock: 0 }),
    );
    expect(why.message).to.include(forger.memberId);
    await checkSum(second.place, await study(), second.holder, { fromBlock: 0 });
    const nobody = toHex32(new Uint8Array(32).fill(0xee));
    const mistyped = await failsWith("INPUT_INVALID", async () =>
      sumStudy(researcher, await study(), 0, new Set([nobody])),
    );
    expect(mistyped.message).to.include(nobody);
    await failsWith("INPUT_INVALID", async () =>
      checkSum(second.place, await study(), second.holder, { fromBlock: 0, mayLack: new Set([nobody]) }),
    );
    const { lacking } = await sumStudy(researcher, await study(), 0, new Set([forger.memberId]));
    expect(lacking).to.deep.equal([{ patient: forger.memberId, reason: "left out as was asked for" }]);
    // It is there, and right as far as others see: each hospital must allow that it is left out.
    await failsWith("STUDY_SUM_INVALID", async () =>
      checkSum(second.place, await study(), second.holder, { fromBlock: 0 }),
    );
    await checkSum(first.place, await study(), first.holder, { fromBlock: 0, mayLack: new Set([forger.memberId]) });
    expect((await study()).partials).to.equal(0);
  });

  it("is released by both hospitals together, after a patient left, and says what anyone can check", async () => {
    const [leaving, ...staying] = patients as [Patient, ...Patient[]];
    await leaveStudy(leaving.place, studyId, leaving);
    const { count } = await sumStudy(researcher, await study(), 0, new Set([forger.memberId]));
    expect(count).to.equal(3);
    const options = { fromBlock: 0, mayLack: new Set([forger.memberId]) };
    const [first, second] = sites;
    // The contract has the digest before anyone sees the part; broken off in between, it is put when asked again.
    let isBroken = true;
    const store: ContentStore = Object.create(first.place.store, {
      put: {
        value: async (part: Uint8Array) => {
          const { partialDecryption } = await first.place.studies.holder(studyId, first.hospital.id);
          expect(partialDecryption).to.equal(toHex32(sha256(part)));
          if (isBroken) throw new Error("broken off");
          return first.place.store.put(part);
        },
      },
    });
    const decryptFirst = async () =>
      decryptStudy({ ...first.place, store }, await study(), first.holder, keptBy(first), options);
    await decryptFirst().then(
      () => expect.fail("it was not broken off"),
      (error: Error) => expect(error.message).to.equal("broken off"),
    );
    isBroken = false;
    expect(await isPartPublished(first.place, await study(), first.holder)).to.equal(false);
    expect(await decryptFirst()).to.equal(undefined);
    expect(await isPartPublished(first.place, await study(), first.holder)).to.equal(true);
    expect(await isPartPublished(second.place, await study(), second.holder)).to.equal(false);
    // Its node tells the first hospital of another sum, of the same patients but for one, and of no part of it.
    const { plan } = await study();
    const others = staying.slice(1).map(({ memberId, input }) => {
      return { patient: fromHex32(memberId), digest: sha256(input), file: input };
    });
    const { digest } = await researcher.store.put(await sumInputs(plan, others));
    const told = { ...(await study()), sum: toHex32(digest), summed: others.length };
    const why = await failsWith("STUDY_RELEASE_REFUSED", () =>
      decryptStudy(first.place, told, first.holder, keptBy(first), options),
    );
    expect(why.message).to.include(first.decrypted[0]);
    await failsWith("STUDY_RELEASE_REFUSED", async () => releaseStudy(researcher, await study()));
    await decryptStudy(second.place, await study(), second.holder, keptBy(second), options);
    await releaseStudy(researcher, await study());

    const { outcome } = await decodeReleased(researcher, await study());
    expect(outcome.count).to.equal(3);
    const right = staying.reduce((sum, { weight }) => sum + Number(weight), 0) / 3;
    const { sum } = await study();
    const file = await researcher.store.get(fromHex32(sum ?? "0x"));
    const noise = sites.reduce((total, { hospital, holder: { seed } }) => {
      const options = { holder: fromHex32(hospital.id), secretKey: deriveHolderKey(seed, plan.study), sum: file };
      return total + Number(noiseOf(plan, options)[0]);
    }, 0);
    // Hardhat's matchers, which other tests load, compare whole numbers only.
    expect(Math.round((outcome.figures[0]?.value ?? Number.NaN) * 30)).to.equal(Math.round(right * 30) + noise);
    await failsWith("CHAIN_REVERTED", () => leaveStudy(staying[0]!.place, studyId, staying[0]!));
  });

  it("is audited: all of it was as it must be", async () => {
    const audit = await verifyStudies(researcher, 0);
    expect(audit).to.deep.equal({ studies: 1, released: 1, patients: 3, findings: [] });
  });

  it("is audited by the rules, whatever the contract let pass", async () => {
    const { chain: at } = researcher;
    const logs = await at.provider.getLogs({ address: researcher.address, fromBlock: 0 });
    const events = logs.map((log): StudyEvent => {
      const event = researcher.studies.interface.parseLog(log);
      return { name: event?.name ?? "", args: event?.args.toObject() ?? {}, time: 0 };
    });
    const hospitalOf = (patient: Hex32) =>
      sites[patients.findIndex(({ memberId }) => memberId === patient) % 2 === 1 ? 1 : 0].hospital.id;
    const { joinEnd, end } = await study();
    const early = ["StudyProposed", "StudyApproved", "StudyJoined"];
    const timed = events.map((event) => ({ ...event, time: early.includes(event.name) ? joinEnd - 1 : end }));
    const accounts = new Map([...patients, forger].map(({ memberId, account }) => [memberId, account.address]));
    const accountOf = (patient: Hex32) => accounts.get(patient);
    const found = (history: readonly StudyEvent[], of: (patient: Hex32) => Hex32 | undefined = hospitalOf) => {
      const replayed = replayStudies(studyDomain(researcher), history, { hospitalOf: of, accountOf });
      const unsigned = replayed.signatures.filter(
        ({ digest, signature, account }) => recoverAddress(digest, signature) !== account,
      );
      return [...replayed.findings.map(({ what }) => what), ...unsigned.map(({ otherwise }) => otherwise)];
    };
    expect(found(timed)).to.deep.equal([]);

    const without = (name: string) => timed.filter((event) => event.name !== name);
    const changed = (name: string, args: Record<string, unknown>) =>
      timed.map((event) => (event.name === name ? { ...event, args: { ...event.args, ...args } } : event));
    const other = toHex32(randomBytes(32));
    const faults: [string, readonly StudyEvent[]][] = [
      ["another share than it committed to", changed("StudyShared", { share: other })],
      ["before all had committed", without("StudyApproved")],
      ["did not sign", changed("StudyJoined", { input: other })],
      ["acted for patient", changed("StudyJoined", { account: forger.account.address })],
      ["its id is not that of its terms", changed("StudyProposed", { salt: other })],
      ["after its result was released", [...timed, timed.findLast(({ name }) => name === "StudyDecrypted")!]],
      ["its result is of 4 patients", changed("StudyReleased", { count: 4n })],
      ["joined twice", timed.flatMap((event) => (event.name === "StudyJoined" ? [event, event] : [event]))],
      ["after joining had ended", timed.map((event) => ({ ...event, time: end }))],
      ["more to studies than its hospital allows", without("StudyLimitsSet")],
      ["did not sign to leave", changed("StudyLeft", { patient: patients[1]!.memberId })],
      ["decrypted another sum", changed("StudyDecrypted", { sum: other })],
      ["without each hospital", without("StudyDecrypted")],
      ["its sum is of 1 patients", changed("StudySummed", { count: 1n })],
      ["its sum was made before its end", timed.map((event) => ({ ...event, time: joinEnd - 1 }))],
    ];
    for (const [what, history] of faults) expect(found(history).join("; "), what).to.include(what);
    expect(found(timed, () => undefined).join("; ")).to.include("of no hospital that holds the key");
  });

  describe("in the audit of the chains", () => {
    const logsOf = (name: string, change: (log: RawLog) => RawLog[]): Lies => {
      const topic = researcher.studies.interface.getEvent(name as "StudyJoined").topicHash;
      return {
        logs(logs) {
          const at = logs.find(({ topics }) => topics[0] === topic);
          expect(at, `a log of ${name}`).to.not.equal(undefined);
          return logs.flatMap((log) => (log === at ? change(log) : [log]));
        },
      };
    };
    const audited = async (lies: Lies, storage?: StorageServices, validators: readonly Validator[] = []) => {
      await using nodes = new AsyncDisposableStack();
      const directory = nodes.use(await temporaryDirectory());
      const seal = async (deployment: Deployment): Promise<Deployment> => {
        if (validators.length === 0) return deployment;
        const node = nodes.adopt(await startSealingNode(deployment.rpcUrl, validators), (each) => each.close());
        return { ...deployment, rpcUrl: node.url };
      };
      const node = nodes.use(await startLyingNode(await seal(chain.deployment), lies));
      const source = {
        fromBlock: 0,
        confirmations: 0,
        ...(validators.length > 0 && { validators: validators.map(({ address }) => address) }),
      };
      const sources = [
        { ...source, name: "a", deployment: node.deployment, studies: researcher.address },
        { ...source, name: "b", deployment: await seal(abroad.deployment) },
      ];
      const options = storage === undefined ? {} : { storage };
      return await verifyHistory({ sources, directory: directory.path, ...options });
    };
    const wrong = ({ findings }: Verdict) => findings.filter(({ severity }) => severity !== "notice");

    it("is found to be right, and its result to be what was published", async () => {
      const verdict = await audited({}, { store: researcher.store });
      // The Tangle is no part of a study.
      expect(wrong(verdict).map(({ code, message }) => [code, message])).to.deep.equal([
        ["CHECK_NOT_DONE", "no Tangle node is configured to fetch from"],
      ]);
      expect(verdict.chains[0]?.studies).to.deep.equal({ studies: 1, released: 1, patients: 3 });
      expect(verdict.chains[1]?.studies).to.equal(undefined);
    });

    it("is exported as a Consent of each patient who takes part, or took", async () => {
      await using directory = await temporaryDirectory();
      const sources = [chain, abroad].map(({ deployment }, i) => ({
        name: `${i}`,
        deployment,
        fromBlock: 0,
        confirmations: 0,
        ...(i === 0 && { studies: researcher.address }),
      }));
      await using audit = await openAudit({ sources, directory: directory.path });
      const contracts = new Map(
        sources.map(({ deployment, studies }) => [deployment.chainId, { ...deployment, ...(studies && { studies }) }]),
      );
      const history = requireHistory(audit);
      const consents = [...fhirResources(history, {}, contracts)].flatMap((each) =>
        each.resourceType === "Consent" ? [each] : [],
      );
      const statusOf = ({ memberId }: Patient) =>
        consents.find(({ patient }) => patient.identifier?.value === memberId)?.status;
      expect(consents.length).to.equal(5);
      expect([...patients, forger].map(statusOf)).to.deep.equal(["inactive", "active", "active", "active", "active"]);
      expect(consents[0]?.provision.actor?.map(({ reference }) => reference.identifier?.value)).to.have.members(
        sites.map(({ hospital }) => hospital.id),
      );
      const [first] = sites;
      expect([...history.studyParts({ hospital: first.hospital.id })].length).to.equal(3);
    });

    it("is proven by validators' seals: the registry's logs cannot be told otherwise", async () => {
      const validators = drawValidators(4);
      const right = await audited({}, undefined, validators);
      expect(wrong(right)).to.deep.equal([]);
      expect(right.chains[0]?.studies?.released).to.equal(1);
      const lie = logsOf("StudyLimitsSet", (log) => [{ ...log, data: withWord(log.data, 1, 9_999n) }]);
      const told = await audited(lie, undefined, validators);
      expect(wrong(told).map(({ code }) => code)).to.include("BLOCK_ALTERED");
    });

    const found: [string, FindingCode, string, () => Lies][] = [
      [
        "a result that was released without each hospital's part",
        "STUDY_RULE_BROKEN",
        "released without each hospital",
        () => logsOf("StudyDecrypted", () => []),
      ],
      [
        "an input that takes part twice",
        "STUDY_RULE_BROKEN",
        "joined twice",
        () => logsOf("StudyJoined", (log) => [log, { ...log, logIndex: "0x63" }]),
      ],
      [
        "a patient who gave more than the year's budget",
        "STUDY_RULE_BROKEN",
        "gave more to studies than its hospital allows",
        () => logsOf("StudyLimitsSet", (log) => [{ ...log, data: withWord(log.data, 1, 9_999n) }]),
      ],
      [
        "a patient who did not sign",
        "STUDY_UNSIGNED",
        "did not sign",
        () => logsOf("StudyJoined", (log) => [{ ...log, data: withWord(log.data, 0, 1n) }]),
      ],
      [
        "an account that is not the patient's",
        "STUDY_RULE_BROKEN",
        "acted for patient",
        () =>
          logsOf("StudyJoined", (log) => [
            { ...log, topics: log.topics.with(3, `0x${"00".repeat(12)}${"11".repeat(20)}`) },
          ]),
      ],
      [
        "a withdrawal that a node leaves out",
        "STATE_DIFFERS",
        "another standing of a study",
        () => logsOf("StudyLeft", () => []),
      ],
      [
        "another result than the parts give",
        "STUDY_RESULT_WRONG",
        "not what its parties published",
        () => logsOf("StudyReleased", (log) => [{ ...log, data: withWord(log.data, 0, 1n) }]),
      ],
      [
        "a result that another than the compute node sent",
        "AUTHOR_FORGED",
        "by another account than its compute node",
        () => {
          const { selector } = researcher.studies.interface.getFunction("release");
          const by = Wallet.createRandom();
          return { resend: ({ input }) => (input.startsWith(selector) ? { by } : undefined) };
        },
      ],
    ];
    for (const [what, code, message, lies] of found) {
      it(`names it ${code}: ${what}`, async () => {
        const verdict = await audited(lies(), code === "STUDY_RESULT_WRONG" ? { store: researcher.store } : undefined);
        expect(verdict.passed).to.equal(false);
        const [of] = verdict.findings.filter((each) => each.code === code && each.message.includes(message));
        expect(of, toJson(wrong(verdict))).to.not.equal(undefined);
        if (code !== "AUTHOR_FORGED") expect(of?.where.studyId).to.equal(studyId);
      });
    }
  });

  // In a suite of its own, so that it comes last.
  describe("with a patient whose account is a contract", () => {
    it("asks that contract whether it signed, as it was when the patient joined", async () => {
      const [site] = sites;
      const { abi, bytecode } = JSON.parse(await readFile(ACCOUNT, "utf8")) as { abi: []; bytecode: string };
      const deployed = await new ContractFactory(abi, bytecode, developmentAccount(0).connect(chain.provider)).deploy();
      const account = await deployed.waitForDeployment();
      const approve = async (digest: string, isApproved: boolean) => {
        await (await account.getFunction("setApproved")(digest, isApproved)).wait();
      };
      const address = await account.getAddress();
      const notAfter = (await chainTime(chain)) + 86_400n * 30n;
      const subject = { pseudonym: "by contract", account: address, keyDigest: ZERO_32, serial: 1n, notAfter };
      const [certificate, signature] = await site.hospital.certify(site.home, subject);
      const { hospitals } = chain.as(developmentAccount(0));
      await transact(chain, () => hospitals.enrolMember(certificate, signature));

      const now = Number(await chainTime(chain));
      const second = await proposeStudy(researcher, {
        question: QUESTION,
        holders: sites.map(({ hospital }) => hospital.id),
        computeNode: Wallet.createRandom().address,
        minimumCohort: 2,
        maximumCohort: 100,
        joinEnd: now + DAY,
        end: now + 2 * DAY,
        epsilonMilli: 1000,
      });
      const standing = () => readStudy(researcher, second.studyId);
      for (const { place, holder } of sites) await approveStudy(place, await standing(), holder);
      for (const { place, holder } of sites) await publishKeyShare(place, await standing(), holder);
      const patient = site.hospital.memberId("by contract");
      const participation = { studyId: second.studyId, patient, input: toHex32(randomBytes(32)) };
      const digest = participationDigest(studyDomain(researcher), participation);
      await approve(digest, true);
      await transact(chain, () => researcher.studies.join(second.studyId, patient, participation.input, "0x1234"));
      await approve(digest, false);
      expect((await verifyStudies(researcher, 0)).findings).to.deep.equal([]);

      // Of a contract that accepts nothing, which no registry would have taken.
      const other = { studyId: second.studyId, patient, input: toHex32(randomBytes(32)) };
      const topic = researcher.studies.interface.getEvent("StudyJoined").topicHash;
      const lies: Lies = {
        logs: (logs) =>
          logs.map((log) =>
            log.topics[0] === topic && log.topics[1] === second.studyId
              ? { ...log, data: withWord(log.data, 0, BigInt(other.input)) }
              : log,
          ),
      };
      await using node = await startLyingNode(chain.deployment, lies);
      await using told = await connected(node.deployment);
      const lied = { ...(await studyChain(told.chain, researcher.address)), store: researcher.store };
      expect((await verifyStudies(lied, 0)).findings).to.deep.equal([
        { studyId: second.studyId, what: `patient ${patient} did not sign` },
      ]);
    });
  });
});

/** A connection that is closed at the end of its block. */
async function connected(deployment: Deployment): Promise<{ readonly chain: Chain } & AsyncDisposable> {
  const chain = await connectChain(deployment);
  return { chain, [Symbol.asyncDispose]: async () => void (await chain.close()) };
}
