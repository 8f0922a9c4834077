/** Members of the network who want to stop the others: patients, doctors, and the hospital that certified these. */
import { type DataOwner, DataUser, Hospital, makeUserKeys } from "@medexchain/actors";
import { type Chain, type Hex32, recordIdOf, toHex32, transact } from "@medexchain/chain";
import { developmentAccount, fund } from "@medexchain/devnet";
import { generateFirewallSecrets, inMemorySeenRecords, keyGenDU, ReverseFirewall } from "@medexchain/pre";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { type Cast, enrolPatient } from "../devnet/cast.ts";
import { type HostileContents, hostileContents } from "./hostile-content.ts";
import type { Hostility } from "./plan.ts";

export interface HostileMembers extends Disposable {
  /** The doctor who files such a request, and for which record: a hostile patient's, or an honest one's. */
  prepare(hostility: Hostility, honestRecord: Hex32): Promise<{ doctor: DataUser; recordId: Hex32 }>;
  /** What the hostile patient does with a request for such a record. */
  authorize(hostility: Hostility, requestId: Hex32): Promise<void>;
}

const YEAR = 365n * 24n * 3600n;
const REQUESTS_PER_HOUR = 1_000_000;

/** Enrols a hostile patient at Hospital A, and founds a hostile hospital on chain B. Its doctors are enrolled as they are needed. */
export async function enrolHostileMembers(ipfsUrl: string, cast: Cast): Promise<HostileMembers> {
  using stack = new DisposableStack();
  const contents = hostileContents(ipfsUrl);
  const patient = stack.use(await enrolPatient(cast, "hostile-patient"));
  const site = await foundHospital(cast, contents);
  stack.use(site.hospital);
  stack.use(site.firewall);
  const enrolled: DataUser[] = [];
  stack.defer(() => {
    for (const doctor of enrolled) doctor[Symbol.dispose]();
  });
  const running = stack.move();
  return {
    prepare: async (hostility, honestRecord) => {
      const keys = hostility.endsWith("-keys") ? await made(contents, hostility) : undefined;
      const doctor = await enrolDoctor(cast, site, `hostile-doctor-${enrolled.length + 1}`, keys);
      enrolled.push(doctor);
      const recordId = keys === undefined ? await anchor(patient, await made(contents, hostility)) : honestRecord;
      return { doctor, recordId };
    },
    authorize: async (hostility, requestId) => {
      const sealedReKey = await made(contents, hostility);
      const epoch = await patient.chain.relayers.epoch();
      await transact(patient.chain, () =>
        patient.chain.grants.authorize(requestId, sealedReKey, randomDigest(), epoch),
      );
    },
    [Symbol.dispose]: () => running.dispose(),
  };
}

const randomDigest = (): Hex32 => toHex32(randomBytes(32));

function made(contents: HostileContents, hostility: Hostility): Promise<Hex32> {
  if (hostility.startsWith("hollow")) return contents.hollow();
  return hostility.startsWith("bomb") ? contents.bomb() : contents.garbage();
}

/** Anchors a record whose capsule is what is given; nothing of it was ever encrypted. */
async function anchor(patient: DataOwner, capsule: Hex32): Promise<Hex32> {
  const salt = randomDigest();
  const { chain, memberId } = patient;
  const digests = { capsule, publicFragment: randomDigest(), privateFragment: randomDigest() };
  await transact(chain, () => chain.records.anchor({ owner: memberId, salt, ...digests, maxAccessCount: 1_000 }));
  return recordIdOf(memberId, salt);
}

interface HostileHospital {
  readonly hospital: Hospital;
  readonly firewall: ReverseFirewall;
}

/** Its published parameters are hollow too. */
async function foundHospital({ chainA, chainB }: Cast, contents: HostileContents): Promise<HostileHospital> {
  const operator = Wallet.createRandom();
  for (const { deployment } of [chainA, chainB]) await fund(deployment, operator.address);
  const hospital = new Hospital({ pseudonym: "Hostile Hospital", scheme: "clc", operator });
  const firewall = new ReverseFirewall({
    secrets: generateFirewallSecrets(),
    masterPublicKey: hospital.masterPublicKey,
    seenRecords: inMemorySeenRecords(),
  });
  const parameters = await contents.hollow();
  for (const on of [chainA, chainB]) {
    const { hospitals } = on.as(developmentAccount(0));
    const home = chainB.deployment.chainId;
    await transact(on, () =>
      hospitals.registerHospital(hospital.id, home, operator.address, parameters, REQUESTS_PER_HOUR),
    );
  }
  return { hospital, firewall };
}

/** A doctor; the certificate names what is given in place of the doctor's keys. */
async function enrolDoctor(
  { chainA, chainB, store, tangle }: Cast,
  { hospital, firewall }: HostileHospital,
  pseudonym: string,
  keyDigest: Hex32 = randomDigest(),
): Promise<DataUser> {
  const account = Wallet.createRandom();
  await fund(chainB.deployment, account.address);
  const memberId = hospital.memberId(pseudonym);
  const identity = hexToBytes(memberId.slice(2));
  const partialKey = firewall.blindPartialKey(hospital.issuePartialKey(identity), identity);
  const keys = await makeUserKeys(keyGenDU(partialKey, identity, firewall.publicKey));
  const notAfter = BigInt(Math.floor(Date.now() / 1000)) + YEAR;
  const subject = { pseudonym, account: account.address, keyDigest, serial: 1n, notAfter };
  const [certificate, signature] = await hospital.certify(chainB, subject);
  await enrol(chainB, hospital, certificate, signature);
  return new DataUser({ memberId, account, keys, chain: chainB, ownerChain: chainA, store, tangle });
}

async function enrol(
  chain: Chain,
  hospital: Hospital,
  ...[certificate, signature]: Awaited<ReturnType<Hospital["certify"]>>
): Promise<void> {
  const { hospitals } = chain.as(hospital.operator);
  await transact(chain, () => hospitals.enrolMember(certificate, signature));
}
