/**
 * Who acts in the generated history, and what each request says. All of it follows from the request's number, so each chain is generated
 * by a process of its own, and both tell of the same requests.
 */

import {
  type AccessRequest,
  type Deployment,
  forEachContract,
  type Hex32,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  signCertificate,
} from "@medexchain/chain";
import { computeAddress, id, Wallet } from "ethers";
import { keccak, words } from "./encode.ts";
import { type Account, accountOf, filler } from "./sign.ts";

/** Requests of one batch, which relayers carry together. */
export const BATCH = 20;
export const LIMIT = 1_000_000_000n;
const DOCTORS = 100;
const RECORDS = 100;
const START = 1_700_000_000n;
const BATCH_SECONDS = 10n;
const TREATMENT = `0x${Buffer.from("TREAT").toString("hex").padEnd(64, "0")}` as const;

/** Seconds into a batch at which each of its blocks is made; the two before the first batch come at its start. */
export const PHASES = { requested: 0n, delivered: 2n, decided: 3n, answered: 4n, responded: 6n, acknowledged: 7n };

export interface Member extends Account {
  readonly memberId: Hex32;
  readonly hospitalId: Hex32;
  readonly certificate: Parameters<typeof signCertificate>[2];
  /** By the hospital's operator, under its home chain's registry. */
  readonly signature: string;
}

export interface Scenario {
  readonly a: Deployment;
  readonly b: Deployment;
  readonly hospitalA: Hex32;
  readonly hospitalB: Hex32;
  readonly operator: Account;
  readonly relayer: Account;
  readonly patient: Member;
  readonly doctors: readonly Member[];
  readonly records: readonly {
    readonly recordId: Hex32;
    readonly digests: readonly Hex32[];
    readonly contents: Hex32;
  }[];
  /** Unix seconds of a block of a batch. */
  time(batch: number, phase: keyof typeof PHASES): bigint;
  request(number: number): AccessRequest;
  doctorOf(number: number): Member;
  recordOf(number: number): Scenario["records"][number];
  /** The counts after a request's grant. */
  countsOf(number: number): { readonly hospital: number; readonly record: number };
}

export async function scenario(): Promise<Scenario> {
  const [a, b] = [deploymentOf(31337n), deploymentOf(31338n)];
  const [hospitalA, hospitalB] = [pseudonymHash("bench a"), pseudonymHash("bench b")];
  const operator = await accountOf("bench operator");
  const certifier = new Wallet(id("bench operator"));
  const enrol = async (home: Deployment, hospitalId: Hex32, name: string): Promise<Member> => {
    const account = await accountOf(name);
    const pseudonym = pseudonymHash(name);
    const keyDigest = filler(name);
    const certificate = {
      hospitalId,
      pseudonym,
      account: account.address,
      keyDigest,
      serial: 1n,
      notAfter: LIMIT * 4n,
    };
    const registry = { chainId: home.chainId, address: home.hospitals };
    const signature = await signCertificate(certifier, registry, certificate);
    return { ...account, memberId: memberIdOf(hospitalId, pseudonym), hospitalId, certificate, signature };
  };
  const patient = await enrol(a, hospitalA, "bench patient");
  const doctors: Member[] = [];
  for (let number = 0; number < DOCTORS; number++) doctors.push(await enrol(b, hospitalB, `bench doctor ${number}`));
  const records = Array.from({ length: RECORDS }, (_, number) => {
    const digests = ["capsule", "public", "private"].map((part) => filler(`${part} ${number}`));
    return {
      recordId: recordIdOf(patient.memberId, filler(`salt ${number}`)),
      digests,
      contents: keccak(words(...digests)),
    };
  });
  const time = (batch: number, phase: keyof typeof PHASES) => START + BigInt(batch) * BATCH_SECONDS + PHASES[phase];
  const doctorOf = (number: number) => required(doctors[number % DOCTORS]);
  const recordOf = (number: number) => required(records[Math.floor(number / DOCTORS) % RECORDS]);
  return {
    a,
    b,
    hospitalA,
    hospitalB,
    operator,
    relayer: await accountOf("bench relayer"),
    patient,
    doctors,
    records,
    time,
    doctorOf,
    recordOf,
    request(number) {
      const issuedAt = time(1 + Math.floor(number / BATCH), "requested");
      return {
        recordId: recordOf(number).recordId,
        requester: doctorOf(number).memberId,
        purpose: TREATMENT,
        destinationChainId: a.chainId,
        destination: a.grants,
        issuedAt,
        expiry: issuedAt + 3_600n,
        nonce: BigInt(number),
      };
    },
    countsOf: (number) => ({
      hospital: Math.floor(number / DOCTORS) + 1,
      record: Math.floor(number / (DOCTORS * RECORDS)) + 1,
    }),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the generator ran out of people or records");
  return value;
}

function deploymentOf(chainId: bigint): Deployment {
  const at = (name: string) => computeAddress(id(`bench ${chainId} ${name}`)).toLowerCase();
  return { chainId, rpcUrl: "http://127.0.0.1", ...forEachContract(at) };
}
