/** The people of a development network: two hospitals with their firewalls, a patient, two doctors, each with an account. */
import { join } from "node:path";
import {
  DataOwner,
  DataUser,
  firewallSources,
  Hospital,
  type KeyScheme,
  makeUserKeys,
  publishUserKeys,
} from "@medexchain/actors";
import { openFragmentStore, openSeenRecords } from "@medexchain/actors/files";
import { type Chain, connectChain, fromHex32, type Hex32, pseudonymHash, transact, ZERO_32 } from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import {
  generateFirewallSecrets,
  initCurve,
  keyGenDU,
  type RandomSource,
  ReverseFirewall,
  setupA,
  setupB,
  systemRandom,
} from "@medexchain/pre";
import { createTangleClient, type TangleClient } from "@medexchain/tangle";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { developmentAccount } from "./chains.ts";
import { fund } from "./funding.ts";
import type { Devnet } from "./index.ts";
import type { SiteServices } from "./site-services.ts";

/** A hospital with the firewall that stands before it. */
export interface HospitalSite {
  readonly name: string;
  readonly hospital: Hospital;
  readonly firewall: ReverseFirewall;
  /** The chain on which it enrols its members. */
  readonly chain: Chain;
  /** Where its members reach the two; where absent, they have both at hand as objects. */
  readonly services?: SiteServices;
}

export interface Cast extends AsyncDisposable {
  /** Where firewalls and patients keep what they must not forget. */
  readonly directory: string;
  readonly chainA: Chain;
  readonly chainB: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  readonly hospitalA: HospitalSite;
  readonly hospitalB: HospitalSite;
  readonly patient: DataOwner;
  readonly doctors: readonly [DataUser, DataUser];
  close(): Promise<void>;
}

export interface CastOptions {
  /** The randomness of each person and hospital, by its pseudonym: for their accounts and keys. The system's unless given. */
  readonly draw?: (pseudonym: string) => RandomSource;
  /** Serves each hospital and each firewall by HTTP, and has members talk to the firewalls. */
  readonly services?: boolean;
}

/** What of a development network the cast needs. */
export type CastServices = Pick<Devnet, "chainA" | "chainB" | "ipfsUrl" | "tangleUrl" | "directory">;

/** How many accesses to all its records Hospital A allows to one requester. */
const HOSPITAL_LIMIT = 10;
/** How many requests of its doctors a chain takes in one hour: enough for any test or benchmark. */
const REQUESTS_PER_HOUR = 1_000_000;
const YEAR = 365n * 24n * 3600n;

/** Registers both hospitals on both chains, and enrols the patient at A and the doctors at B, on their own chains only. */
export async function assembleCast(
  devnet: CastServices,
  { draw = () => systemRandom, services = false }: CastOptions = {},
): Promise<Cast> {
  await initCurve();
  const stack = new AsyncDisposableStack();
  try {
    const chainA = stack.adopt(await connectChain(devnet.chainA), (chain) => chain.close());
    const chainB = stack.adopt(await connectChain(devnet.chainB), (chain) => chain.close());
    const store = createContentStore({ url: devnet.ipfsUrl });
    const tangle = stack.use(createTangleClient({ url: devnet.tangleUrl }));

    const openSite = async (name: string, scheme: KeyScheme, chain: Chain): Promise<HospitalSite> => {
      const site = await foundHospital(devnet, { name, scheme, chain, random: draw(name) });
      stack.use(site.hospital);
      stack.use(site.firewall);
      const served = services
        ? stack.use(await (await import("./site-services.ts")).serveSite(site, store))
        : undefined;
      const parameters = await site.hospital.publishParameters(store, site.firewall.publicKey, served?.gatewayKey);
      for (const on of [chainA, chainB]) await register(on, site, parameters);
      return { ...site, ...(served && { services: served }) };
    };
    const hospitalA = await openSite("Hospital A", "ibe", chainA);
    const hospitalB = await openSite("Hospital B", "clc", chainB);
    const operatorA = chainA.as(hospitalA.hospital.operator);
    await transact(chainA, () => operatorA.hospitals.setMaxAccessCount(hospitalA.hospital.id, HOSPITAL_LIMIT));

    const { directory } = devnet;
    const place = { directory, chainA, chainB, store, tangle, hospitalA, hospitalB };
    const patient = stack.use(await enrolPatient(place, "patient-1", draw("patient-1")));
    const doctors: [DataUser, DataUser] = [
      stack.use(await enrolDoctor(place, "doctor-1", draw("doctor-1"))),
      stack.use(await enrolDoctor(place, "doctor-2", draw("doctor-2"))),
    ];
    const all = stack.move();
    const close = () => all.disposeAsync();
    return { ...place, patient, doctors, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Draws an account. */
const drawAccount = (random: RandomSource): Wallet => new Wallet(`0x${bytesToHex(random(32))}`);

async function foundHospital(
  devnet: CastServices,
  of: { readonly name: string; readonly scheme: KeyScheme; readonly chain: Chain; readonly random: RandomSource },
): Promise<HospitalSite> {
  const { name, scheme, chain, random } = of;
  const operator = drawAccount(random);
  await Promise.all([fund(devnet.chainA, operator.address), fund(devnet.chainB, operator.address)]);
  const masterKeys = scheme === "ibe" ? setupA(random) : setupB(random);
  const hospital = new Hospital({ pseudonym: name, scheme, operator, masterKeys });
  const firewall = new ReverseFirewall({
    secrets: generateFirewallSecrets(random),
    masterPublicKey: hospital.masterPublicKey,
    seenRecords: await openSeenRecords(join(devnet.directory, "firewalls", hospital.id.slice(2))),
    sources: firewallSources(chain, createContentStore({ url: devnet.ipfsUrl })),
    random,
  });
  return { name, hospital, firewall, chain };
}

async function register(on: Chain, { hospital, chain }: HospitalSite, parameters: Hex32): Promise<void> {
  const { hospitals } = on.as(developmentAccount(0));
  const operator = await hospital.operator.getAddress();
  await transact(on, () =>
    hospitals.registerHospital(hospital.id, chain.deployment.chainId, operator, parameters, REQUESTS_PER_HOUR),
  );
}

/** Certifies a member at its hospital. */
export async function enrol(site: HospitalSite, pseudonym: string, account: string, keyDigest: Hex32): Promise<Hex32> {
  const { hospital, chain } = site;
  const notAfter = BigInt(Math.floor(Date.now() / 1000)) + YEAR;
  const [certificate, signature] = await hospital.certify(chain, {
    pseudonym,
    account,
    keyDigest,
    serial: 1n,
    notAfter,
  });
  const { hospitals } = chain.as(hospital.operator);
  await transact(chain, () => hospitals.enrolMember(certificate, signature));
  return hospital.memberId(pseudonym);
}

/** Enrols a patient at Hospital A: an account, and for each scope a key that hospital and firewall make when it is asked for. */
export async function enrolPatient(
  { directory, hospitalA, store, tangle }: Pick<Cast, "directory" | "hospitalA" | "store" | "tangle">,
  pseudonym: string,
  random: RandomSource = systemRandom,
): Promise<DataOwner> {
  const { hospital, firewall, chain, services } = hospitalA;
  const account = drawAccount(random);
  await fund(chain.deployment, account.address);
  // An owner's public key is its identity: the certificate has no digest to name.
  const memberId = await enrol(hospitalA, pseudonym, account.address, ZERO_32);
  return new DataOwner({
    memberId,
    account,
    secret: random(32),
    chain,
    store,
    tangle,
    fragmentStore: await openFragmentStore(join(directory, "fragments", memberId.slice(2))),
    ...(services === undefined
      ? { firewall, requestKey: async (scope) => firewall.blindOwnerKey(hospital.issueOwnerKey(scope), scope) }
      : await services.connect(memberId, account)),
  });
}

/** Enrols a doctor at Hospital B: an account, certificateless keys by the three steps of KeyGen_DU, and BFV keys (SEAL draws those). */
export async function enrolDoctor(
  { hospitalB, chainA, store, tangle }: Pick<Cast, "hospitalB" | "chainA" | "store" | "tangle">,
  pseudonym: string,
  random: RandomSource = systemRandom,
): Promise<DataUser> {
  const { hospital, firewall, chain, services } = hospitalB;
  const account = drawAccount(random);
  await fund(chain.deployment, account.address);
  const identity = fromHex32(hospital.memberId(pseudonym));
  if (services !== undefined) {
    // Enrolled first, as the firewall serves members only; then the keys are made with it, and certified.
    const memberId = await enrol(hospitalB, pseudonym, account.address, ZERO_32);
    const client = await services.connect(memberId, account);
    const partial = await client.requestPartialKey();
    const keys = await makeUserKeys(keyGenDU(partial, identity, client.firewall.publicKey, random));
    await client.certify(fromHex32(await publishUserKeys(store, keys)), fromHex32(pseudonymHash(pseudonym)));
    return new DataUser({ memberId, account, keys, chain, ownerChain: chainA, store, tangle });
  }
  const partialKey = firewall.blindPartialKey(hospital.issuePartialKey(identity), identity);
  const keys = await makeUserKeys(keyGenDU(partialKey, identity, firewall.publicKey, random));
  const memberId = await enrol(hospitalB, pseudonym, account.address, await publishUserKeys(store, keys));
  return new DataUser({ memberId, account, keys, chain, ownerChain: chainA, store, tangle });
}
