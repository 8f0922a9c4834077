import type { DataUser, PublishedRecord } from "@medexchain/actors";
import { type Hex32, type RequestState, requestStateOf } from "@medexchain/chain";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { type Devnet, startDevnet } from "@medexchain/devnet";
import { assembleCast, type Cast } from "@medexchain/devnet/cast";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { formatBytes, formatTimings, type Printer, shortId } from "./printer.ts";
import { showAudit } from "./show-audit.ts";
import { showPartials } from "./show-partials.ts";

export interface StoryInput {
  /** A FHIR R4 JSON file. */
  readonly document: Uint8Array;
  readonly privateSelectors: readonly string[];
  /** Whether each chain checks the other by its validators' seals. */
  readonly proven: boolean;
}

/** How often one doctor may be granted access to the record: the second grant must be refused. */
const RECORD_LIMIT = 1;
/** The third lies, which two of three make up for. */
const RELAYERS = { count: 3, threshold: 2, withholds: 3 } as const;
/** Milliseconds after which a state that a relayer brings about counts as not coming. */
const PATIENCE = 30_000;

/** Where a person goes from the demo. */
const NEXT = [
  ["with a file of yours", "npm run demo -- --file patient.json --private Patient.name Patient.birthDate"],
  ["what of it is private", "medex record preview patient.json --policy identifiers"],
  ["the same by hand", "docs/getting-started/first-record.md: twelve commands, from nothing to a record"],
  ["a network that stays", "medex devnet up --detach --hospitals"],
  ["for each person", "docs/README.md: guides for hospitals, patients, doctors, auditors, developers"],
] as const;

/** The demo's way through the protocol. Returns early, everything stopped, when the signal aborts. */
export async function runStory(input: StoryInput, print: Printer, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  await using stack = new AsyncDisposableStack();
  try {
    print.step(
      "The network: two chains, IPFS, the Tangle, three relayers of whom two re-encrypt; two hospitals, a patient, two doctors",
    );
    const devnet = stack.adopt(
      await startDevnet({ signal, relayers: RELAYERS, lanes: input.proven ? "proven" : "attested" }),
      (running) => running.close(),
    );
    const cast = stack.use(await assembleCast(devnet, { services: true }));
    showNetwork(devnet, cast, print);
    signal.throwIfAborted();

    const story = new Story(cast, print, signal);
    const record = await story.publish(input);
    const requestId = await story.share(record);
    await story.openAndCompare(requestId, input.document);
    await story.showRefusals(record, requestId);
    await showAudit(cast, devnet.validators, print, signal);
    print.fact("", "");
    print.fact("all of it took", `${((performance.now() - started) / 1000).toFixed(1)} s`);
    print.step("What to do next");
    for (const [what, how] of NEXT) print.fact(what, how);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function showNetwork(devnet: Devnet, cast: Cast, print: Printer): void {
  for (const [name, chain, validators] of [
    ["chain A", devnet.chainA, devnet.validators.chainA],
    ["chain B", devnet.chainB, devnet.validators.chainB],
  ] as const) {
    print.fact(name, `${chain.rpcUrl}  id ${chain.chainId}`);
    const { hospitals, records, relayers, ledger, grants, requests } = chain;
    const contracts = { hospitals, records, relayers, ledger, grants, requests };
    for (const [contract, address] of Object.entries(contracts)) print.fact(`  ${contract}`, address);
    for (const validator of validators) print.fact("  validator", validator);
  }
  print.fact("IPFS", devnet.ipfsUrl);
  print.fact("Tangle", devnet.tangleUrl);
  const relayers = devnet.relayers.toSorted((one, other) => one.index - other.index);
  for (const { index, url, account, withholds } of relayers) {
    print.fact(`relayer ${index}`, `${url}  account ${account}`);
    if (withholds) print.fact("  lies", "it signs that its part is out, and publishes none");
  }
  for (const { name, hospital, firewall, services } of [cast.hospitalA, cast.hospitalB]) {
    const scheme = hospital.scheme === "ibe" ? "identity-based keys" : "certificateless keys";
    print.fact(name, `${shortId(hospital.id)}  ${scheme}`);
    print.fact("  public key, firewalled", `${bytesToHex(firewall.publicKey.slice(0, 16))}…`);
    if (services) {
      print.fact("  firewall", `${services.firewallUrl}  for its members; a service of its own`);
      print.fact("  hospital", `${services.hospitalUrl}  for its firewall, which lacks its secret`);
    }
  }
  print.fact("patient", `${cast.patient.memberId}  at Hospital A`);
  for (const doctor of cast.doctors) print.fact("doctor", `${doctor.memberId}  at Hospital B`);
}

class Story {
  readonly #cast: Cast;
  readonly #print: Printer;
  readonly #signal: AbortSignal;

  constructor(cast: Cast, print: Printer, signal: AbortSignal) {
    this.#cast = cast;
    this.#print = print;
    this.#signal = signal;
  }

  async publish({ document, privateSelectors }: StoryInput): Promise<PublishedRecord> {
    const { patient } = this.#cast;
    const print = this.#print;
    print.step("The patient publishes a record at Hospital A");
    for (const selector of privateSelectors) print.fact("private", selector);
    const record = await patient.publish({ document, privateSelectors, maxAccessCount: RECORD_LIMIT });
    const { sizes, features } = record;
    print.fact("record", record.recordId);
    print.fact("input", `${formatBytes(sizes.document)}, SHA-256 ${bytesToHex(sha256(document).slice(0, 8))}…`);
    print.fact("features", `${features.public} public, ${features.private} private`);
    print.fact("public fragment", `${formatBytes(sizes.publicFragment)} on IPFS, ${shortId(record.publicFragment)}`);
    print.fact(
      "private fragment",
      `${formatBytes(sizes.privateFragment)} at the patient's, ${shortId(record.privateFragment)}`,
    );
    print.fact("capsule", `${formatBytes(sizes.capsule)} on IPFS, ${shortId(record.capsule)}`);
    print.fact("anchored on chain A", record.transactionHash);
    print.fact("times", formatTimings(record.timings));
    return record;
  }

  async share({ recordId }: PublishedRecord): Promise<Hex32> {
    const [doctor] = this.#cast.doctors;
    const print = this.#print;
    print.step("A doctor at Hospital B asks for it; the patient approves; two of three relayers re-encrypt");
    const requestId = await this.#request(doctor, recordId);
    const { decision, sent, transactionHash, timings } = await this.#cast.patient.approve(requestId);
    if (decision !== "Granted" || sent === undefined) throw unexpected(`Algorithm₁ said ${decision}`);
    print.fact("approved on chain A", transactionHash);
    print.fact("Algorithm₁", decision);
    print.fact(
      "re-encryption key",
      `${formatBytes(sent.sizes.sealedRekey)} sealed to the relayers, a share each, ${shortId(sent.sealedRekey)}`,
    );
    print.fact("private features", `${formatBytes(sent.sizes.message)} in ${sent.chunks} blocks on the Tangle`);
    print.fact("channel head", sent.headBlockId);
    print.fact("times", formatTimings(timings));
    const waited = await this.#answered(requestId, "Granted");
    print.fact("answer on chain B", `Granted, ${waited} ms after the approval`);
    await showPartials(this.#cast, { requestId, sealedRekey: sent.sealedRekey }, print, this.#signal);
    return requestId;
  }

  async openAndCompare(requestId: Hex32, document: Uint8Array): Promise<void> {
    const [doctor] = this.#cast.doctors;
    const print = this.#print;
    print.step("The doctor opens the record from IPFS and the Tangle");
    const opened = await doctor.open(requestId);
    print.fact("times", formatTimings(opened.timings));
    print.fact(
      "output",
      `${formatBytes(opened.document.length)}, SHA-256 ${bytesToHex(sha256(opened.document).slice(0, 8))}…`,
    );
    if (!equalBytes(opened.document, document)) throw unexpected("the opened record differs from the published one");
    print.pass("every byte equals the patient's file");
    print.fact("acknowledged, chain B", await doctor.acknowledge(requestId, "Opened"));
  }

  async showRefusals({ recordId }: PublishedRecord, granted: Hex32): Promise<void> {
    const { doctors, patient } = this.#cast;
    const [first, second] = doctors;
    const print = this.#print;
    print.step("What must fail, fails");

    const again = await this.#request(first, recordId);
    const { decision } = await patient.approve(again);
    if (decision !== "RecordLimitReached") throw unexpected(`Algorithm₁ said ${decision}, not RecordLimitReached`);
    await this.#answered(again, "Refused");
    await this.#mustFail("the same doctor, over maxAccessCount", "ACCESS_LIMIT_REACHED", () => first.open(again));

    const denied = await this.#request(second, recordId);
    await patient.deny(denied);
    await this.#answered(denied, "Denied");
    await this.#mustFail("a doctor whom the patient denies", "REQUEST_DENIED", () => second.open(denied));
    await this.#mustFail("that doctor, with the first one's answer", "CAPSULE_INVALID", () => second.open(granted));
  }

  /** Files a request and waits until the relayer has delivered it. */
  async #request(doctor: DataUser, recordId: Hex32): Promise<Hex32> {
    const print = this.#print;
    const { requestId, transactionHash } = await doctor.request({ recordId });
    print.fact("request", requestId);
    print.fact("  filed on chain B", transactionHash);
    const { grants } = this.#cast.chainA;
    const waited = await this.#reaches(async () => requestStateOf((await grants.grant(requestId)).state), "Pending");
    print.fact("  delivered to chain A", `after ${waited} ms`);
    return requestId;
  }

  #answered(requestId: Hex32, state: RequestState): Promise<number> {
    const { requests } = this.#cast.chainB;
    return this.#reaches(async () => requestStateOf((await requests.status(requestId)).state), state);
  }

  /** Milliseconds until the state is reached. */
  async #reaches(read: () => Promise<RequestState>, wanted: RequestState): Promise<number> {
    const started = performance.now();
    for (;;) {
      this.#signal.throwIfAborted();
      const state = await read();
      const waited = Math.round(performance.now() - started);
      if (state === wanted) return waited;
      if (waited > PATIENCE) throw unexpected(`a request is ${state} after ${waited} ms, not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #mustFail(who: string, code: ErrorCode, attempt: () => Promise<unknown>): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      if (!MedexError.is(error, code)) throw error;
      this.#print.pass(`${who}: ${error.message} [${code}]`);
      return;
    }
    throw unexpected(`${who}: it succeeded`);
  }
}

function unexpected(what: string): Error {
  return new Error(`the demo went wrong: ${what}`);
}
