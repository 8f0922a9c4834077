/** The world on two chains: the suite deployed, both hospitals registered, the patient enrolled on A and the doctor on B; no services. */
import {
  type AccessRequest,
  type Chain,
  connectChain,
  type Deployment,
  type Hex32,
  hex32,
  pseudonymHash,
  requestIdOf,
  signCertificate,
  signRequest,
  toHex32,
} from "@medexchain/chain";
import { encodeBytes32String, type HDNodeWallet, NonceManager, type Wallet } from "ethers";
import { developmentAccount, type LanePolicy, startChains } from "../../devnet/chains.ts";
import type { Validator } from "../../devnet/seals/validators.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { drawPeople, type HospitalPerson, type MemberPerson, type People } from "./people.ts";
import { drawFor } from "./seed.ts";

/** Requests of one hospital that a chain takes in one hour, and accesses to one record or by one doctor: more than any test makes. */
const NO_LIMIT = 1_000_000;
/** Unix seconds. */
const LATER = 4_000_000_000n;
const ETHER = 10n ** 18n;

/** The administrator of both chains. */
export const administrator: HDNodeWallet = developmentAccount(0);

export type Account = "administrator" | "operatorA" | "operatorB" | "patient" | "doctor";

export interface FiledRequest {
  readonly request: AccessRequest;
  readonly requestId: Hex32;
  readonly signature: string;
}

export interface RequestOptions {
  readonly recordId: Hex32;
  /** Seconds from the latest block of chain B; an hour unless given. */
  readonly lifetime?: bigint;
  /** Chain A unless given. */
  readonly destinationChainId?: bigint;
}

export interface TwoChains extends AsyncDisposable {
  readonly a: Deployment;
  readonly b: Deployment;
  readonly chainA: Chain;
  readonly chainB: Chain;
  /** Who seals the blocks of chain A and of chain B; nobody where lanes are attested. */
  readonly validators: readonly [readonly Validator[], readonly Validator[]];
  readonly people: People;
  /** A view of a chain through a person's account, which keeps count of its nonces. */
  as(chain: Chain, account: Account): Chain;
  /** Gives accounts 100 ether on both chains. */
  fund(...accounts: readonly string[]): Promise<void>;
  /** Certifies a member again, or one more, and enrols it on its hospital's chain; serial 1 unless given. */
  enrol(member: Pick<MemberPerson, "hospitalId" | "pseudonym">, certified: Certified): Promise<SignedCertificate>;
  /** With which the patient and the doctor are enrolled at home. */
  readonly certificates: { readonly patient: SignedCertificate; readonly doctor: SignedCertificate };
  /** Signs a request of the doctor. */
  signedRequest(options: RequestOptions): Promise<FiledRequest>;
}

/** What of a certificate is not the member's. */
export interface Certified {
  readonly account: string;
  readonly serial?: bigint;
}

export type SignedCertificate = readonly [
  certificate: Parameters<typeof signCertificate>[2],
  signature: Awaited<ReturnType<typeof signCertificate>>,
];

export interface TwoChainsOptions {
  /** The people of the world of this name; "world" unless given. */
  readonly name?: string;
  /** Admitted on both chains, and funded there. */
  readonly relayers: readonly [Wallet, ...Wallet[]];
  /** How many relayers must attest. */
  readonly threshold: number;
  /** To which owners seal, as in `RelayerSet`. */
  readonly sealingKey: Hex32;
  /** What makes one chain's messages believed on the other; `attested` unless given. */
  readonly lanes?: LanePolicy;
  /** RPC of chains that run already, in place of the embedded ones. */
  readonly urls?: TwoChainsUrls;
}

export type TwoChainsUrls = readonly [a: string | undefined, b: string | undefined];

export async function startTwoChains({ name = "world", ...options }: TwoChainsOptions): Promise<TwoChains> {
  await using stack = new AsyncDisposableStack();
  const draw = drawFor(name);
  const people = drawPeople(draw);
  const { hospitalA, hospitalB, patient, doctor } = people;
  const { path: journal } = stack.use(await temporaryDirectory());
  const [first, ...others] = options.relayers;
  const { sealingKey, lanes = "attested", urls = [undefined, undefined] } = options;
  const served = await startChains({ relayer: first.address, sealingKey, journal, lanes, urls });
  for (const chain of served) stack.defer(() => chain.close());
  const [a, b] = served.map(({ deployment }) => deployment) as [Deployment, Deployment]; // two were started
  const chainA = stack.adopt(await connectChain(a), (chain) => chain.close());
  const chainB = stack.adopt(await connectChain(b), (chain) => chain.close());
  const chains = [chainA, chainB] as const;
  const fund = async (...accounts: readonly string[]): Promise<void> => {
    const balance = `0x${(100n * ETHER).toString(16)}`;
    for (const { provider } of chains) {
      for (const account of accounts) await provider.send("hardhat_setBalance", [account, balance]);
    }
  };

  const wallets: Record<Account, Wallet | HDNodeWallet> = {
    administrator,
    operatorA: hospitalA.operator,
    operatorB: hospitalB.operator,
    patient: patient.account,
    doctor: doctor.account,
  };
  const views = new Map<string, Chain>();
  const as = (chain: Chain, account: Account): Chain => {
    const key = `${chain.deployment.chainId} ${account}`;
    const view = views.get(key) ?? chain.as(new NonceManager(wallets[account].connect(chain.provider)));
    views.set(key, view);
    return view;
  };

  const accounts = [...Object.values(wallets), ...options.relayers, people.stranger];
  await fund(...accounts.map(({ address }) => address));
  for (const chain of chains) {
    const { hospitals, relayers } = as(chain, "administrator");
    for (const { address } of others) await (await relayers.addRelayer(address)).wait();
    if (options.threshold > 1) await (await relayers.setThreshold(options.threshold)).wait();
    const register = async (of: string, { id, operator }: HospitalPerson, home: Deployment): Promise<void> => {
      const parameters = toHex32(draw(`parameters of ${of}`)(32));
      await (await hospitals.registerHospital(id, home.chainId, operator.address, parameters, NO_LIMIT)).wait();
    };
    await register("Hospital A", hospitalA, a);
    await register("Hospital B", hospitalB, b);
  }
  await (await as(chainA, "operatorA").hospitals.setMaxAccessCount(hospitalA.id, NO_LIMIT)).wait();

  const enrol: TwoChains["enrol"] = async ({ hospitalId, pseudonym }, { account, serial = 1n }) => {
    const [chain, operator] =
      hospitalId === hospitalA.id ? ([chainA, "operatorA"] as const) : ([chainB, "operatorB"] as const);
    const keyDigest = toHex32(draw(`keys of ${pseudonym}`)(32));
    const subject = { hospitalId, pseudonym: pseudonymHash(pseudonym), account, keyDigest };
    const certificate = { ...subject, serial, notAfter: LATER };
    const registry = { chainId: chain.deployment.chainId, address: chain.deployment.hospitals };
    const signature = await signCertificate(wallets[operator], registry, certificate);
    await (await as(chain, operator).hospitals.enrolMember(certificate, signature)).wait();
    return [certificate, signature];
  };
  const enrolFirst = (member: MemberPerson) => enrol(member, { account: member.account.address });
  const certificates = { patient: await enrolFirst(patient), doctor: await enrolFirst(doctor) };

  const requestsB = { chainId: b.chainId, address: b.requests };
  let nonce = 0n;
  const signedRequest: TwoChains["signedRequest"] = async ({ recordId, lifetime = 3_600n, destinationChainId }) => {
    const issuedAt = BigInt((await chainB.provider.getBlock("latest"))?.timestamp ?? 0);
    const request: AccessRequest = {
      recordId,
      requester: doctor.memberId,
      purpose: hex32(encodeBytes32String("TREAT")),
      destinationChainId: destinationChainId ?? a.chainId,
      destination: a.grants,
      issuedAt,
      expiry: issuedAt + lifetime,
      nonce: nonce++,
    };
    const signature = await signRequest(doctor.account, requestsB, request);
    return { request, requestId: requestIdOf(requestsB, request), signature };
  };
  const running = stack.move();
  const dispose = () => running.disposeAsync();
  const validators = served.map((chain) => chain.validators) as [Validator[], Validator[]]; // of two, as above
  return {
    a,
    b,
    chainA,
    chainB,
    validators,
    people,
    as,
    fund,
    enrol,
    certificates,
    signedRequest,
    [Symbol.asyncDispose]: dispose,
  };
}
