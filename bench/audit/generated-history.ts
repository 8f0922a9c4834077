/**
 * Two chains' histories as nodes would tell them, written by a generator that shares no code with the audit: events are encoded by
 * ethers from the contracts' ABIs, entries folded and signed here. Nothing of it was executed.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import {
  AbiCoder,
  computeAddress,
  getBytes,
  Interface,
  id,
  keccak256,
  Signature,
  Transaction,
  toBeHex,
  Wallet,
  ZeroHash,
  zeroPadValue,
} from "ethers";
import {
  ABIS,
  type AccessRequest,
  type AccessResponse,
  type Deployment,
  type Hex32,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  requestIdOf,
  responseDigestOf,
  signCertificate,
} from "../../offchain/chain/index.ts";

/** Requests of one batch, which relayers carry together. */
const BATCH = 20;
const DOCTORS = 100;
const RECORDS = 100;
const LIMIT = 1_000_000_000n;
const START = 1_700_000_000n;

type ContractName = keyof typeof ABIS;
const INTERFACES = Object.fromEntries(Object.entries(ABIS).map(([name, abi]) => [name, new Interface(abi)])) as Record<
  ContractName,
  Interface
>; // the same keys

/** One chain on disk: of each block its logs and itself, as JSON. */
export class GeneratedChain {
  readonly deployment: Deployment;
  readonly #file: number;
  readonly #offsets: { at: number; logs: number; block: number }[] = [];
  #end = 0;
  #parent: string = ZeroHash;
  #transactions: Record<string, unknown>[] = [];
  #hash: string = ZeroHash;
  #logs: { address: string; data: string; topics: string[]; transactionHash: string }[] = [];
  readonly state = { head: ZeroHash as string, length: 0n, requests: 0n, grants: 0n, delivered: 0n };

  constructor(directory: string, deployment: Deployment) {
    this.deployment = deployment;
    this.#file = openSync(join(directory, `chain-${deployment.chainId}`), "w+");
  }

  get latest(): number {
    return this.#offsets.length - 1;
  }

  /** The time of the block that is being made. */
  get now(): bigint {
    return START + BigInt(this.#offsets.length);
  }

  /** A transaction that its sender signed. */
  transaction(from: Account, to: ContractName, input: string): void {
    const { chainId } = this.deployment;
    // The sender's nonces need not follow each other, but no two transactions may be the same.
    const nonce = this.#offsets.length * 1_000 + this.#transactions.length;
    const tx = Transaction.from({
      type: 1,
      chainId,
      nonce,
      gasLimit: 1n,
      gasPrice: 0n,
      to: this.deployment[to],
      data: input,
    });
    tx.signature = Signature.from(from.sign(tx.unsignedHash));
    const { r, s, yParity } = tx.signature;
    this.#hash = tx.hash ?? ZeroHash;
    this.#transactions.push({
      type: "0x1",
      nonce: toQuantity(nonce),
      gas: "0x1",
      gasPrice: "0x0",
      value: "0x0",
      accessList: [],
      hash: this.#hash,
      from: from.address,
      to: this.deployment[to],
      input,
      r: toQuantity(BigInt(r)),
      s: toQuantity(BigInt(s)),
      yParity: toQuantity(yParity),
    });
  }

  /** A log of the last transaction. */
  log(contract: ContractName, event: string, values: readonly unknown[]): void {
    const { data, topics } = INTERFACES[contract].encodeEventLog(event, [...values]);
    this.#logs.push({ address: this.deployment[contract], data, transactionHash: this.#hash, topics });
  }

  seal(): void {
    const number = toQuantity(this.#offsets.length);
    const hash = id(`${this.deployment.chainId} block ${number}`);
    const logs = this.#logs.map((log, index) =>
      JSON.stringify({
        ...log,
        blockNumber: number,
        blockHash: hash,
        logIndex: toQuantity(index),
        transactionIndex: "0x0",
      }),
    );
    const block = JSON.stringify({
      number,
      hash,
      parentHash: this.#parent,
      timestamp: toQuantity(this.now),
      transactions: this.#transactions,
    });
    const text = Buffer.from(logs.join(","));
    writeSync(this.#file, text);
    writeSync(this.#file, block);
    this.#offsets.push({ at: this.#end, logs: text.length, block: block.length });
    this.#end += text.length + block.length;
    this.#parent = hash;
    this.#transactions = [];
    this.#logs = [];
  }

  logsJson(from: number, to: number): string {
    const parts: string[] = [];
    for (let number = from; number <= Math.min(to, this.latest); number++) {
      const { at, logs } = this.#offsets[number] ?? { at: 0, logs: 0 };
      if (logs > 0) parts.push(this.#read(at, logs));
    }
    return `[${parts.join(",")}]`;
  }

  blockJson(number: number): string {
    const offset = this.#offsets[number];
    return offset ? this.#read(offset.at + offset.logs, offset.block) : "null";
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(at: number, length: number): string {
    const buffer = Buffer.alloc(length);
    readSync(this.#file, buffer, 0, length, at);
    return buffer.toString();
  }
}

interface Account {
  readonly address: string;
  readonly sign: (digest: string) => string;
}

const toQuantity = (value: bigint | number): string => `0x${value.toString(16)}`;

export interface Generated {
  readonly a: GeneratedChain;
  readonly b: GeneratedChain;
  readonly ids: readonly Hex32[];
  /** Of every request, by its number. */
  readonly request: (number: number) => { readonly expiry: bigint; readonly decidedAt: bigint };
}

/** Generates `entries` requests from B to A, all granted, answered and acknowledged. */
export async function generateHistory(
  directory: string,
  entries: number,
  report: (line: string) => void,
): Promise<Generated> {
  const [a, b] = [31337n, 31338n].map((chainId) => new GeneratedChain(directory, deploymentOf(chainId))) as [
    GeneratedChain,
    GeneratedChain,
  ]; // two ids
  const [hospitalA, hospitalB] = [pseudonymHash("bench a"), pseudonymHash("bench b")];
  const operator = new Wallet(id("bench operator"));
  const operatorAccount = keyOf("bench operator");
  const relayer = keyOf("bench relayer");
  for (const chain of [a, b]) {
    chain.transaction(operatorAccount, "hospitals", "0x");
    chain.log("relayers", "RelayerAdded", [relayer.address]);
    chain.log("relayers", "ThresholdSet", [1n]);
    chain.log("hospitals", "HospitalRegistered", [hospitalA, a.deployment.chainId, operator.address, ZeroHash, LIMIT]);
    chain.log("hospitals", "HospitalRegistered", [hospitalB, b.deployment.chainId, operator.address, ZeroHash, LIMIT]);
    chain.log("hospitals", "MaxAccessCountSet", [hospitalA, LIMIT]);
    chain.seal();
  }
  const enrol = async (home: GeneratedChain, on: readonly GeneratedChain[], hospitalId: Hex32, name: string) => {
    const key = keyOf(name);
    const pseudonym = pseudonymHash(name);
    const certificate = {
      hospitalId,
      pseudonym,
      account: key.address,
      keyDigest: id(name) as Hex32,
      serial: 1n,
      notAfter: LIMIT * 4n,
    };
    const registry = { chainId: home.deployment.chainId, address: home.deployment.hospitals };
    const signature = await signCertificate(operator, registry, certificate);
    const memberId = memberIdOf(hospitalId, pseudonym);
    for (const chain of on) {
      chain.transaction(operatorAccount, "hospitals", "0x");
      chain.log("hospitals", chain === home ? "MemberEnrolled" : "MemberImported", [
        memberId,
        hospitalId,
        certificate,
        signature,
      ]);
    }
    return { ...key, memberId };
  };
  const patient = await enrol(a, [a], hospitalA, "bench patient");
  const doctors: Awaited<ReturnType<typeof enrol>>[] = [];
  for (let number = 0; number < DOCTORS; number++)
    doctors.push(await enrol(b, [b, a], hospitalB, `bench doctor ${number}`));
  const records = Array.from({ length: RECORDS }, (_, number) => {
    const recordId = recordIdOf(patient.memberId, id(`salt ${number}`) as Hex32);
    const digests = ["capsule", "public", "private"].map((part) => id(`${part} ${number}`));
    const anchor = [patient.memberId, id(`salt ${number}`), ...digests, LIMIT];
    a.transaction(patient, "records", INTERFACES.records.encodeFunctionData("anchor", [anchor]));
    a.log("records", "RecordAnchored", [recordId, patient.memberId, ...digests, LIMIT]);
    return { recordId, contents: keccak256(`0x${digests.map((digest) => digest.slice(2)).join("")}`) as Hex32 };
  });
  for (const chain of [a, b]) chain.seal();

  const ids: Hex32[] = [];
  const times: [bigint, bigint][] = [];
  const counts = new Map<string, bigint>();
  const increment = (key: string) => {
    const count = (counts.get(key) ?? 0n) + 1n;
    counts.set(key, count);
    return count;
  };
  const requestsOfB = { chainId: b.deployment.chainId, address: b.deployment.requests };
  const grantsOfA = { chainId: a.deployment.chainId, address: a.deployment.grants };
  const tuple = INTERFACES.ledger.getEvent("AccessLogged")?.inputs[3];
  if (!tuple) throw new Error("the ledger's ABI has no AccessLogged");
  for (let first = 0; first < entries; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, entries - first) }, (_, offset) => {
      const number = first + offset;
      const doctor = required(doctors[number % DOCTORS]);
      const record = required(records[Math.floor(number / DOCTORS) % RECORDS]);
      const request: AccessRequest = {
        recordId: record.recordId,
        requester: doctor.memberId,
        purpose: zeroPadValue("0x5452454154", 32) as Hex32,
        destinationChainId: a.deployment.chainId,
        destination: a.deployment.grants,
        issuedAt: b.now,
        expiry: b.now + 3_600n,
        nonce: BigInt(number),
      };
      const requestId = requestIdOf(requestsOfB, request);
      ids.push(requestId);
      return { number, doctor, record, request, requestId, signature: doctor.sign(requestId) };
    });
    for (const { doctor, request, requestId, signature } of batch) {
      b.transaction(doctor, "requests", "0x");
      b.log("requests", "AccessRequested", [++b.state.requests, requestId, doctor.memberId, request, signature]);
    }
    b.seal();
    const items = batch.map(({ request, signature }) => ({ request, signature }));
    a.transaction(
      relayer,
      "grants",
      INTERFACES.grants.encodeFunctionData("deliverRequests", [b.deployment.chainId, items]),
    );
    for (const { request, requestId } of batch) {
      a.log("grants", "RequestDelivered", [
        a.state.delivered++,
        requestId,
        patient.memberId,
        b.deployment.chainId,
        request,
      ]);
    }
    a.seal();
    for (const { number, doctor, record, requestId } of batch) {
      const sealed = id(`sealed ${number}`);
      a.transaction(
        patient,
        "grants",
        INTERFACES.grants.encodeFunctionData("authorize", [requestId, sealed, id(`fragment ${number}`)]),
      );
      const entry = {
        requestId,
        recordId: record.recordId,
        requester: doctor.memberId,
        hospitalId: hospitalA,
        decision: 1,
        hospitalCount: increment(`hospital ${doctor.memberId}`),
        hospitalLimit: LIMIT,
        recordCount: increment(`${record.recordId} ${doctor.memberId}`),
        recordLimit: LIMIT,
        timestamp: a.now,
      };
      const index = a.state.length++;
      a.state.head = keccak256(
        AbiCoder.defaultAbiCoder().encode(["bytes32", "uint64", tuple], [a.state.head, index, entry]),
      );
      a.log("ledger", "AccessLogged", [index, requestId, doctor.memberId, entry, a.state.head]);
      a.log("grants", "ReEncryptionRequested", [++a.state.grants, requestId, record.recordId, sealed]);
    }
    a.seal();
    const keys = batch.map(({ number, requestId }) => ({
      requestId,
      reEncryption: id(`key ${number}`),
      attestations: [],
    }));
    a.transaction(relayer, "grants", INTERFACES.grants.encodeFunctionData("submitReEncryptions", [keys]));
    const responses = batch.map(({ number, record, request, requestId }): AccessResponse => {
      times.push([request.expiry, a.now]);
      return {
        requestId,
        decision: 1n,
        decidedAt: a.now,
        contents: record.contents,
        reEncryption: id(`key ${number}`) as Hex32,
        privateFragment: id(`fragment ${number}`) as Hex32,
      };
    });
    for (const response of responses) {
      a.log("grants", "ResponseReady", [++a.state.grants, response.requestId, b.deployment.chainId, response]);
    }
    a.seal();
    b.transaction(relayer, "requests", "0x");
    for (const response of responses) {
      const signature = relayer.sign(responseDigestOf(requestsOfB, grantsOfA, response));
      b.log("requests", "ResponseDelivered", [
        response.requestId,
        a.deployment.chainId,
        response,
        [{ relayer: relayer.address, signature }],
      ]);
    }
    b.seal();
    for (const { doctor, requestId } of batch) {
      b.transaction(doctor, "requests", INTERFACES.requests.encodeFunctionData("acknowledge", [requestId, 1]));
      b.log("requests", "Acknowledged", [requestId, 1]);
    }
    b.seal();
    if (first % (BATCH * 500) === 0) report(`generated ${first} of ${entries}`);
  }
  return {
    a,
    b,
    ids,
    request: (number) => ({ expiry: times[number]?.[0] ?? 0n, decidedAt: times[number]?.[1] ?? 0n }),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the generator ran out of people or records");
  return value;
}

function deploymentOf(chainId: bigint): Deployment {
  const at = (name: string) => computeAddress(id(`bench ${chainId} ${name}`));
  const names = ["manager", "hospitals", "records", "relayers", "ledger", "grants", "requests", "checkpoints"] as const;
  const addresses = Object.fromEntries(names.map((name) => [name, at(name)])) as Record<(typeof names)[number], string>; // one each
  return { chainId, rpcUrl: "http://127.0.0.1", ...addresses };
}

/** An account that signs digests. The same every time, so that runs compare. */
function keyOf(name: string): Account {
  const key = getBytes(id(name));
  return {
    address: computeAddress(id(name)),
    sign(digest) {
      const signature = secp256k1.sign(getBytes(digest), key, { prehash: false, format: "recovered" });
      return `0x${Buffer.from(signature.subarray(1)).toString("hex")}${toBeHex(27 + (signature[0] ?? 0)).slice(2)}`;
    },
  };
}
