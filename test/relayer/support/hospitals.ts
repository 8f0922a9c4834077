/** Two chains with the suite, IPFS, two hospitals, a patient with a record, and a doctor: all real, nothing relayed yet. */

import {
  type AccessRequest,
  type Chain,
  connectChain,
  type Deployment,
  fromHex32,
  type Hex32,
  hex32,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  requestIdOf,
  signCertificate,
  signRequest,
  toHex32,
} from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { randomBytes } from "@noble/hashes/utils.js";
import { encodeBytes32String, HDNodeWallet, NonceManager, type Signer, Wallet } from "ethers";
import { startIpfsServer } from "../../../devnet/ipfs/index.ts";
import { grant, makeWorld, type Published, publish, type World } from "../../offchain/pre/support/world.ts";
import { startChains } from "./chains.ts";
import { temporaryDirectory } from "./directory.ts";

// A copy, since it is then typed as backed by a plain ArrayBuffer.
export const bytesOf = (hex: Hex32) => fromHex32(hex);

export const HOSPITAL_A = pseudonymHash("hospital-a");
export const HOSPITAL_B = pseudonymHash("hospital-b");
const PATIENT = memberIdOf(HOSPITAL_A, pseudonymHash("patient"));
export const DOCTOR = memberIdOf(HOSPITAL_B, pseudonymHash("doctor"));
/** Requests of one hospital that a chain takes in one hour: more than any test files. */
const PER_HOUR = 1_000_000;
const LATER = 4_000_000_000n;

type Account = "administrator" | "operatorA" | "operatorB" | "patient" | "doctor";
const ACCOUNTS: Account[] = ["administrator", "operatorA", "operatorB", "patient", "doctor"];

/** Hardhat's well-known accounts, funded on both chains. */
const developmentAccount = (index: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase(`${"test ".repeat(11)}junk`, undefined, `m/44'/60'/0'/0/${index}`);

export interface FiledRequest {
  readonly request: AccessRequest;
  readonly requestId: Hex32;
  readonly signature: string;
}

export interface RequestOptions {
  readonly lifetime?: bigint;
  readonly recordId?: Hex32;
  readonly destinationChainId?: bigint;
  /** Awaited between signing and filing. */
  readonly hold?: () => Promise<void>;
}

export interface Hospitals extends AsyncDisposable {
  readonly a: Deployment;
  readonly b: Deployment;
  readonly chainA: Chain;
  readonly chainB: Chain;
  readonly ipfsUrl: string;
  readonly store: ContentStore;
  readonly relayer: Wallet;
  readonly world: World;
  readonly record: Published;
  /** A funded account that has sent nothing, connected to chain B; it keeps no nonce of its own. */
  readonly submitterB: Signer;
  /** A view of a chain through an account. */
  as(chain: Chain, account: Account): Chain;
  /** Signs a request for the record, to die `lifetime` seconds from now on chain B. */
  signedRequest(options?: RequestOptions): Promise<FiledRequest>;
  /** Files a signed request on chain B. */
  fileSigned(filed: FiledRequest): Promise<void>;
  /** Signs a request and files it on chain B. */
  file(options?: RequestOptions): Promise<FiledRequest>;
  /** Lets the patient grant a request that arrived on chain A. */
  authorize(requestId: Hex32, sealedRekey?: Hex32): Promise<void>;
  /** Gives the doctor a new certificate on chain B. */
  renewDoctor(serial: bigint): Promise<void>;
}

export async function startHospitals(): Promise<Hospitals> {
  await using stack = new AsyncDisposableStack();
  const world = await makeWorld();
  const relayer = new Wallet(Wallet.createRandom().privateKey);
  const { a, b } = stack.use(await startChains(relayer.address, toHex32(world.sealing.publicKey)));
  const { path: directory } = stack.use(await temporaryDirectory());
  const ipfs = await startIpfsServer({ directory });
  stack.defer(() => ipfs.close());
  const store = createContentStore({ url: ipfs.url });
  const chainA = stack.adopt(await connectChain(a), (chain) => chain.close());
  const chainB = stack.adopt(await connectChain(b), (chain) => chain.close());

  const wallets = Object.fromEntries(ACCOUNTS.map((name, i) => [name, developmentAccount(i)])) as Record<
    Account,
    HDNodeWallet
  >; // one per account
  const views = new Map<string, Chain>();
  const as = (chain: Chain, account: Account): Chain => {
    const key = `${chain.deployment.chainId} ${account}`;
    const view = views.get(key) ?? chain.as(new NonceManager(wallets[account].connect(chain.provider)));
    views.set(key, view);
    return view;
  };

  for (const chain of [chainA, chainB]) {
    const { hospitals } = as(chain, "administrator");
    const digest = toHex32(randomBytes(32));
    await (await hospitals.registerHospital(HOSPITAL_A, a.chainId, wallets.operatorA.address, digest, PER_HOUR)).wait();
    await (await hospitals.registerHospital(HOSPITAL_B, b.chainId, wallets.operatorB.address, digest, PER_HOUR)).wait();
  }
  await (await as(chainA, "operatorA").hospitals.setMaxAccessCount(HOSPITAL_A, 1_000)).wait();
  const enrol = async (chain: Chain, operator: Account, hospitalId: Hex32, name: Account, serial: bigint) => {
    const { address: account } = wallets[name];
    const pseudonym = pseudonymHash(name);
    const certificate = {
      hospitalId,
      pseudonym,
      account,
      keyDigest: toHex32(randomBytes(32)),
      serial,
      notAfter: LATER,
    };
    const registry = { chainId: chain.deployment.chainId, address: chain.deployment.hospitals };
    const signature = await signCertificate(wallets[operator], registry, certificate);
    await (await as(chain, operator).hospitals.enrolMember(certificate, signature)).wait();
  };
  await enrol(chainA, "operatorA", HOSPITAL_A, "patient", 1n);
  await enrol(chainB, "operatorB", HOSPITAL_B, "doctor", 1n);

  const salt = toHex32(randomBytes(32));
  const recordId = recordIdOf(PATIENT, salt);
  const record = await publish(world, undefined, bytesOf(recordId));
  const { digest } = await store.put(record.capsule);
  const anchor = {
    owner: PATIENT,
    salt,
    capsule: toHex32(digest),
    publicFragment: toHex32(randomBytes(32)),
    privateFragment: toHex32(randomBytes(32)),
    maxAccessCount: 1_000,
  };
  await (await as(chainA, "patient").records.anchor(anchor)).wait();

  const requestsB = { chainId: b.chainId, address: b.requests };
  let nonce = 0n;
  const signedRequest: Hospitals["signedRequest"] = async (options = {}) => {
    const block = await chainB.provider.getBlock("latest");
    const issuedAt = BigInt(block!.timestamp);
    const request: AccessRequest = {
      recordId: options.recordId ?? recordId,
      requester: DOCTOR,
      purpose: hex32(encodeBytes32String("TREAT")),
      destinationChainId: options.destinationChainId ?? a.chainId,
      destination: a.grants,
      issuedAt,
      expiry: issuedAt + (options.lifetime ?? 3_600n),
      nonce: nonce++,
    };
    const signature = await signRequest(wallets.doctor, requestsB, request);
    return { request, requestId: requestIdOf(requestsB, request), signature };
  };
  const fileSigned: Hospitals["fileSigned"] = async ({ request, signature }) => {
    await (await as(chainB, "doctor").requests.request(request, signature)).wait();
  };
  const running = stack.move();
  return {
    a,
    b,
    chainA,
    chainB,
    ipfsUrl: ipfs.url,
    store,
    relayer,
    world,
    record,
    submitterB: developmentAccount(9).connect(chainB.provider),
    as,
    signedRequest,
    fileSigned,
    file: async (options) => {
      const filed = await signedRequest(options);
      await options?.hold?.();
      await fileSigned(filed);
      return filed;
    },
    authorize: async (requestId, sealedRekey) => {
      const sealed = sealedRekey ?? toHex32((await store.put(await grant(world, record, bytesOf(requestId)))).digest);
      const { grants } = as(chainA, "patient");
      await (await grants.authorize(requestId, sealed, toHex32(randomBytes(32)))).wait();
    },
    renewDoctor: (serial) => enrol(chainB, "operatorB", HOSPITAL_B, "doctor", serial),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
