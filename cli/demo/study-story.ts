import {
  approveStudy,
  decodeReleased,
  decryptStudy,
  joinStudy,
  proposeStudy,
  publishInput,
  publishKeyShare,
  readStudy,
  releaseStudy,
  type StudyHolder,
  type StudyPlace,
  type StudyStanding,
  sumStudy,
} from "@medexchain/actors/studies";
import { chainTime, type Hex32, studyChain, transact, ZERO_32 } from "@medexchain/chain";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { developmentAccount, startDevnet } from "@medexchain/devnet";
import { assembleCast, type Cast, type HospitalSite } from "@medexchain/devnet/cast";
import type { Question } from "@medexchain/studies";
import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { figureLines } from "../study/figures.ts";
import { formatBytes, type Printer, shortId } from "./printer.ts";

const PATIENTS = 40;
const DAY = 86_400;
const EPSILON_MILLI = 5000;
const QUESTION: Question = {
  version: 1,
  title: "Mean systolic blood pressure of two hospitals' patients",
  columns: [{ name: "systolic", code: "8480-6", unit: "mm[Hg]", scale: 0, min: "80", max: "200" }],
  statistic: { kind: "mean", column: "systolic" },
};

interface Patient {
  readonly memberId: Hex32;
  readonly account: Wallet;
  readonly systolic: number;
  input: Uint8Array;
}

interface Holder {
  readonly name: string;
  readonly place: StudyPlace;
  readonly holder: StudyHolder;
}

/** `medex demo --study`: a mean over patients of two hospitals, whose values nobody sees. Returns early when the signal aborts. */
export async function runStudyStory(print: Printer, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  await using stack = new AsyncDisposableStack();
  try {
    print.step(
      `The network: two chains, a registry of studies on chain A, IPFS; two hospitals with ${PATIENTS} synthetic patients`,
    );
    const devnet = stack.adopt(await startDevnet({ signal }), (running) => running.close());
    const cast = stack.use(await assembleCast(devnet));
    const { studies } = devnet;
    if (studies === undefined) throw new RangeError("the development network has no registry of studies");
    const at = async (account: Wallet): Promise<StudyPlace> => ({
      ...(await studyChain(cast.chainA.as(account), studies)),
      store: cast.store,
    });
    // Anyone may carry what patients sign, and pay for it.
    const carrier = await at(new Wallet(developmentAccount(0).privateKey));
    const patients = await enrolPatients(cast, signal);
    const holders = await openHolders(cast, at);
    print.fact("registry of studies", studies);
    for (const { name } of holders) print.fact(name, `${PATIENTS / 2} patients, each of whom may give ε 6 a year`);

    const studyId = await propose(print, carrier, holders);
    const study = () => readStudy(carrier, studyId);
    signal.throwIfAborted();

    print.step(
      "Patients take part: each encrypts on its own device, and commits to the ciphertext before anybody sees it",
    );
    let largest = 0;
    for (const patient of patients) {
      const keep = async (input: Uint8Array) => {
        patient.input = input;
      };
      const values = { systolic: String(patient.systolic) };
      await joinStudy(carrier, await study(), patient, values, keep);
      largest = Math.max(largest, patient.input.length);
      signal.throwIfAborted();
    }
    const { joinEnd, end } = await study();
    print.fact("patients", String((await study()).cohort));
    print.fact("each input", formatBytes(largest));

    print.step(
      "Joining ends, and inputs are published; then the compute node adds them, without being able to read any",
    );
    await passTo(carrier, joinEnd);
    for (const patient of patients)
      await publishInput(carrier, await study(), patient, async () => patient.input, joinEnd);
    await passTo(carrier, end);
    const { sum, count } = await sumStudy(carrier, await study(), 0);
    print.fact("sum", `${shortId(sum)}  of ${count} ciphertexts`);

    print.step(
      "Each hospital makes the sum again, and decrypts its part, with noise; only together do the parts say anything",
    );
    const [first, second] = holders;
    await decrypt(print, first, await study());
    await mustFail(print, "one hospital's part alone says nothing", "STUDY_RELEASE_REFUSED", async () =>
      releaseStudy(carrier, await study()),
    );
    await decrypt(print, second, await study());
    await releaseStudy(carrier, await study());
    const { outcome } = await decodeReleased(carrier, await study());
    for (const [name, value] of figureLines(outcome)) print.fact(name, value);
    const right = patients.reduce((total, { systolic }) => total + systolic, 0) / patients.length;
    print.fact("in the clear", `${right}  which only this demo knows`);

    const again = await propose(print, carrier, holders);
    print.step("What must fail");
    const [patient] = patients;
    if (patient === undefined) throw new RangeError("the demo has no patients");
    await mustFail(
      print,
      "the same patients in a second study: their privacy budget of this year is spent",
      "CHAIN_REVERTED",
      async () => joinStudy(carrier, await readStudy(carrier, again), patient, { systolic: "120" }, async () => {}),
    );
    await mustFail(print, "a value out of range", "FEATURE_OUT_OF_RANGE", async () =>
      joinStudy(carrier, await readStudy(carrier, again), patient, { systolic: "900" }, async () => {}),
    );
    print.fact("all of it took", `${((performance.now() - started) / 1000).toFixed(1)} s`);
    print.fact("how it works", "docs/concepts/studies.md");
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function passTo({ chain }: StudyPlace, time: number): Promise<void> {
  await chain.provider.send("evm_setNextBlockTimestamp", [time]);
  await chain.provider.send("evm_mine", []);
}

/** Half of them at each hospital; those of the second are known on the study's chain by their certificates. */
async function enrolPatients(cast: Cast, signal: AbortSignal): Promise<Patient[]> {
  const { hospitals } = cast.chainA.as(developmentAccount(0));
  const notAfter = (await chainTime(cast.chainA)) + 365n * 86_400n;
  const patients: Patient[] = [];
  for (let i = 0; i < PATIENTS; i++) {
    const site: HospitalSite = i % 2 === 0 ? cast.hospitalA : cast.hospitalB;
    const account = new Wallet(Wallet.createRandom().privateKey);
    const pseudonym = `study-patient-${i}`;
    const subject = { pseudonym, account: account.address, keyDigest: ZERO_32, serial: 1n, notAfter };
    const [certificate, signature] = await site.hospital.certify(site.chain, subject);
    const take = site === cast.hospitalA ? hospitals.enrolMember : hospitals.importMember;
    await transact(cast.chainA, () => take(certificate, signature));
    const [drawn = 0] = randomBytes(1);
    const systolic = 100 + (drawn % 60);
    patients.push({ memberId: site.hospital.memberId(pseudonym), account, systolic, input: new Uint8Array() });
    signal.throwIfAborted();
  }
  return patients;
}

async function openHolders(
  { hospitalA, hospitalB }: Cast,
  at: (account: Wallet) => Promise<StudyPlace>,
): Promise<[Holder, Holder]> {
  const open = async ({ name, hospital }: HospitalSite): Promise<Holder> => {
    const place = await at(hospital.operator as Wallet); // as the cast makes it
    await transact(place.chain, () => place.studies.setLimits(hospital.id, { studies: 2, epsilonMilli: 6000 }));
    return { name, place, holder: { hospitalId: hospital.id, seed: randomBytes(32) } };
  };
  return [await open(hospitalA), await open(hospitalB)];
}

async function propose(print: Printer, carrier: StudyPlace, holders: readonly Holder[]): Promise<Hex32> {
  print.step(
    "A study is proposed; each hospital approves it, commits to its share of the key, and then shows the share",
  );
  const now = Number(await chainTime(carrier.chain));
  const { studyId } = await proposeStudy(carrier, {
    question: QUESTION,
    holders: holders.map(({ holder }) => holder.hospitalId),
    computeNode: developmentAccount(0).address,
    minimumCohort: 30,
    maximumCohort: 1000,
    joinEnd: now + DAY,
    end: now + 2 * DAY,
    epsilonMilli: EPSILON_MILLI,
  });
  for (const { place, holder } of holders) await approveStudy(place, await readStudy(place, studyId), holder);
  for (const { place, holder } of holders) await publishKeyShare(place, await readStudy(place, studyId), holder);
  print.fact("study", `${shortId(studyId)}  ${QUESTION.title}`);
  print.fact("privacy", `ε ${EPSILON_MILLI / 1000}, and nothing of fewer than 30 patients`);
  return studyId;
}

async function decrypt(print: Printer, { name, place, holder }: Holder, study: StudyStanding): Promise<void> {
  const since = performance.now();
  // Each decrypts once, and all is gone with the demo.
  const kept = { sum: async () => undefined, keep: async () => {} };
  const hash = await decryptStudy(place, study, holder, kept, { fromBlock: 0 });
  print.fact(
    name,
    `verified and decrypted its part in ${Math.round(performance.now() - since)} ms${hash === undefined ? "" : `, ${shortId(hash)}`}`,
  );
}

/** Shows that a call is refused, and why; throws when it is not. */
async function mustFail(print: Printer, what: string, code: ErrorCode, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!MedexError.is(error) || error.code !== code) throw error;
    print.pass(`${what}: ${error.message}`);
    return;
  }
  throw new Error(`not refused: ${what}`);
}
