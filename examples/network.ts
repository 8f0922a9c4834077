/**
 * What the other examples need of a network: the chains and services that `medex.config.json` names, and people in it. A real hospital
 * keeps its keys in a vault and issues members' keys over its gateway; here one program plays everyone, and forgets all keys at its end.
 */
import { DataOwner, DataUser, firewallSources, Hospital, makeUserKeys, publishUserKeys } from "@medexchain/actors";
import { openFragmentStore } from "@medexchain/actors/files";
import { type Chain, connectChain, type Hex32, transact, ZERO_32 } from "@medexchain/chain";
import { readChains } from "@medexchain/config";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { generateFirewallSecrets, initCurve, inMemorySeenRecords, keyGenDU, ReverseFirewall } from "@medexchain/pre";
import { createTangleClient, type TangleClient } from "@medexchain/tangle";
import { getBytes, parseEther, randomBytes, Wallet } from "ethers";
import { z } from "zod";

export interface Network extends AsyncDisposable {
  readonly chainA: Chain;
  readonly chainB: Chain;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
}

const services = z.looseObject({ ipfs: z.object({ url: z.url() }), tangle: z.object({ url: z.url() }) });

/** The file that `medex devnet up` writes. */
export const CONFIGURATION = process.env.MEDEX_CONFIGURATION ?? "medex.config.json";

/** Connects to the first two chains of a configuration, to its IPFS node and to its Tangle node. */
export async function connect(configuration = CONFIGURATION): Promise<Network> {
  await initCurve();
  const [a, b] = Object.values(await readChains(configuration));
  if (a === undefined || b === undefined) throw new Error(`${configuration} must name two chains`);
  const { ipfs, tangle: node } = await readJsoncFile("configuration", configuration, services);

  const stack = new AsyncDisposableStack();
  const chainA = stack.adopt(await connectChain(a.deployment), (chain) => chain.close());
  const chainB = stack.adopt(await connectChain(b.deployment), (chain) => chain.close());
  const tangle = stack.use(createTangleClient({ url: node.url }));
  const store = createContentStore({ url: ipfs.url });
  return { chainA, chainB, store, tangle, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A hospital, the reverse firewall that stands before it, and the chain on which it enrols its members. */
export interface Site {
  readonly hospital: Hospital;
  readonly firewall: ReverseFirewall;
  readonly chain: Chain;
}

/** Founds a hospital and has it registered on both chains by the registrar, who also pays for its transactions. */
export async function foundHospital(
  { chainA, chainB, store }: Network,
  registrar: Wallet,
  { name, scheme, chain }: { name: string; scheme: "ibe" | "clc"; chain: Chain },
): Promise<Site> {
  const operator = Wallet.createRandom();
  const hospital = new Hospital({ pseudonym: name, scheme, operator });
  const firewall = new ReverseFirewall({
    secrets: generateFirewallSecrets(),
    masterPublicKey: hospital.masterPublicKey,
    seenRecords: inMemorySeenRecords(),
    sources: firewallSources(chain, store),
  });
  const parameters = await hospital.publishParameters(store, firewall.publicKey);
  const home = chain.deployment.chainId;
  for (const on of [chainA, chainB]) {
    await pay(on, registrar, operator.address);
    const { hospitals } = on.as(registrar);
    await transact(on, () => hospitals.registerHospital(hospital.id, home, operator.address, parameters, 1_000));
  }
  await transact(chain, () => chain.as(operator).hospitals.setMaxAccessCount(hospital.id, 10));
  return { hospital, firewall, chain };
}

/** A patient of a hospital with identity-based keys. Its encrypted private fragments are kept in `folder`. */
export async function enrolPatient(
  { store, tangle }: Network,
  registrar: Wallet,
  { hospital, firewall, chain }: Site,
  folder: string,
): Promise<DataOwner> {
  const account = Wallet.createRandom();
  await pay(chain, registrar, account.address);
  // An owner's public key is its identity: there are no keys whose digest the certificate could name.
  const memberId = await enrol({ hospital, chain }, "patient-1", account.address, ZERO_32);
  return new DataOwner({
    memberId,
    account,
    secret: randomBytes(32),
    chain,
    store,
    tangle,
    fragmentStore: await openFragmentStore(folder),
    firewall,
    requestKey: async (scope) => firewall.blindOwnerKey(hospital.issueOwnerKey(scope), scope),
  });
}

/** A doctor at a hospital with certificateless keys. */
export async function enrolDoctor(
  { store, tangle, chainA }: Network,
  registrar: Wallet,
  { hospital, firewall, chain }: Site,
): Promise<DataUser> {
  const account = Wallet.createRandom();
  await pay(chain, registrar, account.address);
  const identity = getBytes(hospital.memberId("doctor-1"));
  const partialKey = firewall.blindPartialKey(hospital.issuePartialKey(identity), identity);
  const keys = await makeUserKeys(keyGenDU(partialKey, identity, firewall.publicKey));
  const keyDigest = await publishUserKeys(store, keys);
  const memberId = await enrol({ hospital, chain }, "doctor-1", account.address, keyDigest);
  return new DataUser({ memberId, account, keys, chain, ownerChain: chainA, store, tangle });
}

/** Certifies a member on the hospital's own chain. */
async function enrol(
  { hospital, chain }: Pick<Site, "hospital" | "chain">,
  pseudonym: string,
  account: string,
  keyDigest: Hex32,
): Promise<Hex32> {
  const inOneYear = BigInt(Math.floor(Date.now() / 1000)) + 365n * 86_400n;
  const subject = { pseudonym, account, keyDigest, serial: 1n, notAfter: inOneYear };
  const [certificate, signature] = await hospital.certify(chain, subject);
  await transact(chain, () => chain.as(hospital.operator).hospitals.enrolMember(certificate, signature));
  return hospital.memberId(pseudonym);
}

async function pay(chain: Chain, from: Wallet, to: string): Promise<void> {
  const transaction = await from.connect(chain.provider).sendTransaction({ to, value: parseEther("10") });
  await transaction.wait();
}
