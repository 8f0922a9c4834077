import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { encodeBytes32String, ZeroHash } from "ethers";
import Lane from "../../../deploy/Lane.ts";
import { PEOPLE } from "../../world/people.ts";
import { type Chain, deployChain } from "./chain.ts";
import {
  type AccessRequest,
  type AccessResponse,
  type Checkpoint,
  digest,
  digestOf,
  domainOf,
  idOf,
  type MemberCertificate,
  type RecordAnchor,
  sign,
  type Terms,
} from "./messages.ts";

export const DAY = 86_400n;
export const HOSPITAL_LIMIT = 5n;
export const RECORD_LIMIT = 3n;
export const THRESHOLD = 2n;
export const REQUESTS_PER_HOUR = 100n;

// The people of every test; their accounts are the chain's own, which Hardhat signs for.
export const HOSPITAL_A = PEOPLE.hospitalA.id;
export const HOSPITAL_B = PEOPLE.hospitalB.id;
export const PATIENT = PEOPLE.patient.memberId;
export const DOCTOR = PEOPLE.doctor.memberId;
export const COLLEAGUE = PEOPLE.colleague.memberId;

export interface Certified {
  certificate: MemberCertificate;
  signature: string;
}

/** Both chains with Hospital A at home on A and Hospital B on B, and every member known on both. */
export interface World {
  a: Chain;
  b: Chain;
  patient: Certified;
  doctor: Certified;
  colleague: Certified;
}

/** A request as a doctor signed it. */
export interface SignedRequest {
  request: AccessRequest;
  requestId: string;
  signature: string;
}

/** Certifies a member under the domain of the registry on the home chain. */
export async function certify(
  home: Chain,
  operator: HardhatEthersSigner,
  certificate: MemberCertificate,
): Promise<Certified> {
  const signature = await sign(operator, await domainOf(home, "hospitals"), "MemberCertificate", certificate);
  return { certificate, signature };
}

export async function openLane(chain: Chain, peer: Chain): Promise<void> {
  await chain.ignition.deploy(Lane, {
    parameters: {
      Lane: {
        chainId: peer.chainId,
        hospitals: await chain.hospitals.getAddress(),
        mailbox: await chain.mailbox.getAddress(),
        grants: await chain.grants.getAddress(),
        requests: await chain.requests.getAddress(),
        checkpoints: await chain.checkpoints.getAddress(),
        peerHospitals: await peer.hospitals.getAddress(),
        peerMailbox: await peer.mailbox.getAddress(),
        peerGrants: await peer.grants.getAddress(),
        peerLedger: await peer.ledger.getAddress(),
        peerRequests: await peer.requests.getAddress(),
      },
    },
  });
}

/** Fixture: the suite on both chains, lanes open, three relayers of whom two must attest, both hospitals registered. */
async function twoHospitals(): Promise<{ a: Chain; b: Chain }> {
  const a = await deployChain("chainA");
  const b = await deployChain("chainB");
  await openLane(a, b);
  await openLane(b, a);
  for (const chain of [a, b]) {
    const { operatorA, operatorB, relayer1, relayer2, relayer3 } = chain.actors;
    for (const relayer of [relayer1, relayer2, relayer3]) await chain.relayers.addRelayer(relayer);
    await chain.relayers.setThreshold(THRESHOLD);
    await chain.relayers.rotateSealingKey(digest("sealing key"));
    await chain.hospitals.registerHospital(HOSPITAL_A, a.chainId, operatorA, digest("PK_A'"), REQUESTS_PER_HOUR);
    await chain.hospitals.registerHospital(HOSPITAL_B, b.chainId, operatorB, digest("PK_B'"), REQUESTS_PER_HOUR);
  }
  await a.hospitals.connect(a.actors.operatorA).setMaxAccessCount(HOSPITAL_A, HOSPITAL_LIMIT);
  return { a, b };
}

/** Fixture: `twoHospitals`, with a patient of A and two doctors of B, each enrolled at home and imported abroad. */
async function membersOnBothChains(): Promise<World> {
  const { a, b } = await twoHospitals();
  const notAfter = BigInt(await a.time.latest()) + 365n * DAY;
  const certificateOf = (name: "patient" | "doctor" | "colleague"): MemberCertificate => ({
    hospitalId: PEOPLE[name].hospitalId,
    pseudonym: digest(PEOPLE[name].pseudonym),
    account: a.actors[name].address,
    keyDigest: digest(`keys of ${name}`),
    serial: 1n,
    notAfter,
  });
  const patient = await certify(a, a.actors.operatorA, certificateOf("patient"));
  const doctor = await certify(b, b.actors.operatorB, certificateOf("doctor"));
  const colleague = await certify(b, b.actors.operatorB, certificateOf("colleague"));
  await a.hospitals.enrolMember(patient.certificate, patient.signature);
  await b.hospitals.importMember(patient.certificate, patient.signature);
  for (const { certificate, signature } of [doctor, colleague]) {
    await b.hospitals.enrolMember(certificate, signature);
    await a.hospitals.importMember(certificate, signature);
  }
  return { a, b, patient, doctor, colleague };
}

let loaded: Promise<{ world: World; restore: () => Promise<unknown> }> | undefined;

/** Loads `membersOnBothChains`: deployed once per run, and restored on both chains for each test. */
export async function loadWorld(): Promise<World> {
  loaded ??= membersOnBothChains().then(async (world) => {
    const snapshots = [await world.a.takeSnapshot(), await world.b.takeSnapshot()];
    return { world, restore: () => Promise.all(snapshots.map((snapshot) => snapshot.restore())) };
  });
  const { world, restore } = await loaded;
  await restore();
  return world;
}

export function anchorOf(changes: Partial<RecordAnchor> = {}): RecordAnchor {
  return {
    owner: PATIENT,
    salt: digest("salt"),
    capsule: digest("capsule"),
    publicFragment: digest("public fragment"),
    privateFragment: digest("private fragment"),
    maxAccessCount: RECORD_LIMIT,
    ...changes,
  };
}

/** The id of the record that `anchorRecord` anchors. */
export const RECORD = idOf(PATIENT, digest("salt"));

/** The patient anchors a record on A. */
export async function anchorRecord({ a }: World, changes: Partial<RecordAnchor> = {}): Promise<string> {
  const anchor = anchorOf(changes);
  await a.records.connect(a.actors.patient).anchor(anchor);
  return idOf(anchor.owner, anchor.salt);
}

let nonce = 0n;

/** The doctor, or who is named, signs a request for the record. */
export async function signRequest(
  { a, b }: World,
  changes: Partial<AccessRequest> = {},
  signer: "doctor" | "colleague" | "stranger" = "doctor",
): Promise<SignedRequest> {
  const issuedAt = BigInt(await b.time.latest());
  const request: AccessRequest = {
    recordId: RECORD,
    requester: signer === "colleague" ? COLLEAGUE : DOCTOR,
    purpose: encodeBytes32String("TREAT"),
    destinationChainId: a.chainId,
    destination: await a.grants.getAddress(),
    issuedAt,
    expiry: issuedAt + DAY,
    nonce: ++nonce,
    ...changes,
  };
  const domain = await domainOf(b, "requests");
  return {
    request,
    requestId: digestOf(domain, "AccessRequest", request),
    signature: await sign(b.actors[signer], domain, "AccessRequest", request),
  };
}

/** Files a signed request on B. */
export const fileRequest = ({ b }: World, { request, signature }: SignedRequest) =>
  b.requests.connect(b.actors.stranger).request(request, signature);

/** Carries a signed request to A. */
export const carryRequest = ({ a, b }: World, { request, signature }: SignedRequest) =>
  a.grants.connect(a.actors.stranger).deliverRequest(b.chainId, request, signature);

export const SEALED_REKEY = digest("sealed rekey");
export const PRIVATE_FRAGMENT = digest("channel message");

/** The epoch of the chain's relayers now. */
export const epochOf = (chain: Chain): Promise<bigint> => chain.relayers.epoch();

/** The patient approves on A, and seals to the relayers of now. */
export const approve = async ({ a }: World, requestId: string) =>
  a.grants.connect(a.actors.patient).authorize(requestId, SEALED_REKEY, PRIVATE_FRAGMENT, await epochOf(a));

/** The patient seals its approval anew on A, to the relayers of now. */
export const reseal = async ({ a }: World, requestId: string, sealedRekey = digest("sealed anew")) =>
  a.grants.connect(a.actors.patient).reseal(requestId, sealedRekey, await epochOf(a));

/** The terms of what is attested for a chain now: its epoch, for a month. */
export const termsOf = async (chain: Chain, changes: Partial<Terms> = {}): Promise<Terms> => ({
  epoch: await chain.relayers.epoch(),
  expiry: (await now(chain)) + 30n * DAY,
  ...changes,
});

/** What a relayer sends that alone decides. */
export const aloneIn = (epoch: bigint): Attestations => ({ epoch, expiry: 0n, by: [] });

/** The relayers attest that their partials are out on A, in the order that the contract asks for: ascending by address. */
export async function attestReEncryption(
  { a }: World,
  requestId: string,
  names: RelayerName[] = ["relayer2"],
  sealedRekey = SEALED_REKEY,
  changes: Partial<Terms> = {},
): Promise<Attestations> {
  const domain = await domainOf(a, "grants");
  const terms = await termsOf(a, changes);
  const message = { requestId, sealedRekey, ...terms };
  const by = await inOrder(
    names.map(async (name) => ({
      relayer: a.actors[name].address,
      signature: await sign(a.actors[name], domain, "ReEncryption", message),
    })),
  );
  return { ...terms, by };
}

/** A relayer says on A that partials are out, as another attests. */
export const submit = async (world: World, requestId: string) => {
  const { grants, actors } = world.a;
  const attestations = await attestReEncryption(world, requestId);
  return grants.connect(actors.relayer1).submitReEncryption(requestId, attestations);
};

/** Fixture step: a record, and a request for it that is filed on B and waits for its owner on A. */
export async function pendingRequest(world: World, changes: Partial<AccessRequest> = {}): Promise<SignedRequest> {
  await anchorRecord(world);
  return anotherRequest(world, changes);
}

/** Fixture step: one more request for a record that exists. */
export async function anotherRequest(
  world: World,
  changes: Partial<AccessRequest> = {},
  signer: "doctor" | "colleague" = "doctor",
): Promise<SignedRequest> {
  const signed = await signRequest(world, changes, signer);
  await fileRequest(world, signed);
  await carryRequest(world, signed);
  return signed;
}

/** Fixture step: a request that its owner approved, and that waits for a relayer. */
export async function authorizedRequest(world: World): Promise<SignedRequest> {
  const signed = await pendingRequest(world);
  await approve(world, signed.requestId);
  return signed;
}

/** Fixture step: a request that was granted on A, and not yet answered on B. */
export async function grantedRequest(world: World): Promise<SignedRequest> {
  const signed = await authorizedRequest(world);
  await submit(world, signed.requestId);
  return signed;
}

/** The response as A has it. */
export async function responseOf({ a }: World, requestId: string): Promise<AccessResponse> {
  const r = await a.grants.responseOf(requestId);
  return {
    requestId: r.requestId,
    decision: r.decision,
    decidedAt: r.decidedAt,
    contents: r.contents,
    reEncryption: r.reEncryption,
    privateFragment: r.privateFragment,
  };
}

/** A refusal as A would answer it: everything but the decision is empty. */
export const refusal = (requestId: string, decision: bigint, decidedAt: bigint): AccessResponse => ({
  requestId,
  decision,
  decidedAt,
  contents: ZeroHash,
  reEncryption: ZeroHash,
  privateFragment: ZeroHash,
});

export interface Attestation {
  relayer: string;
  signature: string;
}

export interface Attestations extends Terms {
  by: Attestation[];
}

export type RelayerName = "relayer1" | "relayer2" | "relayer3" | "stranger";

/** The relayers attest a response from A to B, in the order that the contract asks for: ascending by address. */
export async function attest(
  { a, b }: World,
  response: AccessResponse,
  names: RelayerName[] = ["relayer1", "relayer2"],
  changes: Partial<Terms> = {},
): Promise<Attestations> {
  const terms = await termsOf(b, changes);
  const message = { sourceChainId: a.chainId, source: await a.grants.getAddress(), ...response, ...terms };
  const domain = await domainOf(b, "requests");
  const by = await inOrder(
    names.map(async (name) => ({
      relayer: b.actors[name].address,
      signature: await sign(b.actors[name], domain, "AccessResponse", message),
    })),
  );
  return { ...terms, by };
}

/** The relayers attest that a response from A corrects another that B holds. */
export async function attestCorrection(
  { a, b }: World,
  replaced: string,
  response: AccessResponse,
  names: RelayerName[] = ["relayer2", "relayer3"],
  changes: Partial<Terms> = {},
): Promise<Attestations> {
  const terms = await termsOf(b, changes);
  const message = { sourceChainId: a.chainId, source: await a.grants.getAddress(), replaced, ...response, ...terms };
  const domain = await domainOf(b, "requests");
  const by = await inOrder(
    names.map(async (name) => ({
      relayer: b.actors[name].address,
      signature: await sign(b.actors[name], domain, "AccessCorrection", message),
    })),
  );
  return { ...terms, by };
}

/** The relayers of B attest a checkpoint, which is for its contract unless another is given. */
export async function attestCheckpoint(
  { b }: World,
  checkpoint: Checkpoint,
  { names = ["relayer1", "relayer2"] as RelayerName[], on = b, contract = "checkpoints" as const } = {},
): Promise<Attestations> {
  const domain = await domainOf(on, contract);
  const terms = await termsOf(b);
  const by = await inOrder(
    names.map(async (name) => ({
      relayer: b.actors[name].address,
      signature: await sign(b.actors[name], domain, "Checkpoint", { ...checkpoint, ...terms }),
    })),
  );
  return { ...terms, by };
}

export async function inOrder(attestations: Promise<Attestation>[]): Promise<Attestation[]> {
  return (await Promise.all(attestations)).sort((x, y) => (BigInt(x.relayer) < BigInt(y.relayer) ? -1 : 1));
}

/** Carries A's response, as attested by two relayers, to B. */
export async function carryResponse(world: World, response: AccessResponse) {
  const { a, b } = world;
  return b.requests.connect(b.actors.stranger).deliverResponse(a.chainId, response, await attest(world, response));
}

/** Fixture step: a request that was granted on A and answered on B. */
export async function answeredRequest(world: World): Promise<SignedRequest> {
  const signed = await grantedRequest(world);
  await carryResponse(world, await responseOf(world, signed.requestId));
  return signed;
}

/** The next block of the chain is mined at this second. */
export const nextBlockAt = (chain: Chain, second: bigint): Promise<void> => chain.time.setNextBlockTimestamp(second);

/** The second of the latest block. */
export const now = async (chain: Chain): Promise<bigint> => BigInt(await chain.time.latest());
