/** Two chains on which a test does everybody's part by hand: three relayers, of which two must attest, hospitals, owners, a doctor. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type AccessRequest,
  type AccessResponse,
  type Chain,
  connectChain,
  type Hex32,
  hex32,
  MESSAGE_DOMAINS,
  MESSAGE_TYPES,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  reEncryptionDigestOf,
  requestIdOf,
  responseDigestOf,
  signCertificate,
  signRequest,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { ContractFactory, encodeBytes32String, type HDNodeWallet, Interface, TypedDataEncoder } from "ethers";
import { developmentAccount, startChains } from "../../../devnet/chains.ts";
import { temporaryDirectory } from "../../relayer/support/directory.ts";

const ARTIFACT = new URL("../../../artifacts/contracts/DigestAccount.t.sol/DigestAccount.json", import.meta.url);
const MANAGER = new Interface(["function execute(address target, bytes data) payable returns (uint32)"]);
const YEAR = 31_536_000n;
const randomDigest = (): Hex32 => toHex32(randomBytes(32));

const [administrator, operator, doctor, owner, carrier, thief, ...relayers] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
  developmentAccount,
) as [HDNodeWallet, HDNodeWallet, HDNodeWallet, HDNodeWallet, HDNodeWallet, HDNodeWallet, ...HDNodeWallet[]]; // nine
export const people = { administrator, operator, doctor, owner, carrier, thief, relayers } as const;

export interface Asked {
  readonly request: AccessRequest;
  readonly signature: string;
  readonly requestId: Hex32;
}

export type ByHand = Awaited<ReturnType<typeof startByHand>>;

export async function startByHand() {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const [first] = relayers;
  const served = await startChains({
    relayer: first!.address,
    sealingKey: randomDigest(),
    journal: directory.path,
  });
  for (const chain of served) stack.defer(() => chain.close());
  const [a, b] = served;
  const chainA = stack.adopt(await connectChain(a.deployment), (chain) => chain.close());
  const chainB = stack.adopt(await connectChain(b.deployment), (chain) => chain.close());
  const [hospitalA, hospitalB] = [pseudonymHash("Hospital A"), pseudonymHash("Hospital B")];
  for (const chain of [chainA, chainB]) {
    const by = chain.as(administrator);
    for (const { address } of relayers.slice(1)) await transact(chain, () => by.relayers.addRelayer(address));
    await transact(chain, () => by.relayers.setThreshold(2));
    for (const [id, home] of [
      [hospitalA, chainA],
      [hospitalB, chainB],
    ] as const) {
      const { chainId } = home.deployment;
      await transact(chain, () => by.hospitals.registerHospital(id, chainId, operator.address, ZERO_32, 1_000_000));
    }
  }
  await transact(chainA, () => chainA.as(operator).hospitals.setMaxAccessCount(hospitalA, 20));

  const contractOf = ({ deployment }: Chain, name: "grants" | "requests" | "hospitals") => ({
    chainId: deployment.chainId,
    address: deployment[name],
  });
  /** Certifies an account for a person, and enrols the person on chain A, or on B and then A. */
  const enrol = async (home: Chain, pseudonymText: string, account: string, serial = 1n): Promise<Hex32> => {
    const hospitalId = home === chainA ? hospitalA : hospitalB;
    const pseudonym = pseudonymHash(pseudonymText);
    const now = BigInt((await home.provider.getBlock("latest"))?.timestamp ?? 0);
    const certificate = { hospitalId, pseudonym, account, keyDigest: ZERO_32, serial, notAfter: now + YEAR };
    const signature = await signCertificate(operator, contractOf(home, "hospitals"), certificate);
    await transact(home, () => home.as(carrier).hospitals.enrolMember(certificate, signature));
    if (home === chainB)
      await transact(chainA, () => chainA.as(carrier).hospitals.importMember(certificate, signature));
    return memberIdOf(hospitalId, pseudonym);
  };
  const doctorId = await enrol(chainB, "doctor", doctor.address);
  const ownerId = await enrol(chainA, "owner", owner.address);

  const anchorOf = (of: Hex32) => ({
    owner: of,
    salt: randomDigest(),
    capsule: randomDigest(),
    publicFragment: randomDigest(),
    privateFragment: randomDigest(),
    maxAccessCount: 20n,
  });
  /** Has the administrator call a contract through the chain's AccessManager, which is then the caller. */
  const executeAsManager = async (chain: Chain, target: string, data: string): Promise<void> => {
    const call = MANAGER.encodeFunctionData("execute", [target, data]);
    const sent = await administrator
      .connect(chain.provider)
      .sendTransaction({ to: chain.deployment.manager, data: call });
    await sent.wait();
  };

  const sign = (type: keyof typeof MESSAGE_TYPES, message: Record<string, unknown>, by: HDNodeWallet) =>
    by.signTypedData(domainOf(type), { [type]: [...MESSAGE_TYPES[type]] }, message);
  const domainOf = (type: keyof typeof MESSAGE_TYPES) => {
    const { address, chainId } =
      type === "Acknowledgement" ? contractOf(chainB, "requests") : contractOf(chainA, "grants");
    return { name: MESSAGE_DOMAINS[type], version: "1", chainId, verifyingContract: address };
  };

  let nonce = 0n;
  const world = {
    chainA,
    chainB,
    ownerId,
    enrol,
    executeAsManager,
    sign,
    /** Anchors a record as its owner's own transaction. */
    async anchor(by: HDNodeWallet = owner): Promise<Hex32> {
      const anchor = anchorOf(ownerId);
      await transact(chainA, () => chainA.as(by).records.anchor(anchor));
      return recordIdOf(ownerId, anchor.salt);
    },
    /** The owner anchors two records in one batch, limits the first anew, and revokes the second. */
    async anchorTwo(): Promise<void> {
      const anchors = [anchorOf(ownerId), anchorOf(ownerId)] as const;
      const { records } = chainA.as(owner);
      const [first, second] = anchors.map(({ salt }) => recordIdOf(ownerId, salt)) as [Hex32, Hex32];
      await transact(chainA, () => records.anchorBatch([...anchors]));
      await transact(chainA, () => records.setMaxAccessCount(first, 7));
      await transact(chainA, () => records.revoke(second));
    },
    /** Anchors a record whose owner's account is the AccessManager. */
    async anchorAsManager(of: Hex32): Promise<Hex32> {
      const anchor = anchorOf(of);
      const data = chainA.records.interface.encodeFunctionData("anchor", [anchor]);
      await executeAsManager(chainA, chainA.deployment.records, data);
      return recordIdOf(of, anchor.salt);
    },
    /** Anchors a record that somebody else's contract account accepts. */
    async anchorFor(of: Hex32, accept: (digest: string) => Promise<void>): Promise<Hex32> {
      const anchor = anchorOf(of);
      const { chainId, records } = chainA.deployment;
      const domain = { name: MESSAGE_DOMAINS.RecordAnchor, version: "1", chainId, verifyingContract: records };
      await accept(TypedDataEncoder.hash(domain, { RecordAnchor: [...MESSAGE_TYPES.RecordAnchor] }, anchor));
      await transact(chainA, () => chainA.as(carrier).records.anchorFor(anchor, "0x1234"));
      return recordIdOf(of, anchor.salt);
    },
    /** The doctor files a request. */
    async ask(recordId: Hex32): Promise<Asked> {
      const now = BigInt((await chainB.provider.getBlock("latest"))?.timestamp ?? 0);
      nonce += 1n;
      const request: AccessRequest = {
        recordId,
        requester: doctorId,
        purpose: hex32(encodeBytes32String("TREAT")),
        destinationChainId: chainA.deployment.chainId,
        destination: chainA.deployment.grants,
        issuedAt: now,
        expiry: now + 3_600n,
        nonce,
      };
      const signature = await signRequest(doctor, contractOf(chainB, "requests"), request);
      await transact(chainB, () => chainB.as(doctor).requests.request(request, signature));
      return { request, signature, requestId: requestIdOf(contractOf(chainB, "requests"), request) };
    },
    /** Anyone carries signed requests to chain A in one batch. */
    deliver: (...items: readonly Pick<Asked, "request" | "signature">[]) =>
      transact(chainA, () => chainA.as(carrier).grants.deliverRequests(chainB.deployment.chainId, [...items])),
    authorize: (requestId: Hex32) =>
      transact(chainA, () => chainA.as(owner).grants.authorize(requestId, randomDigest(), randomDigest())),
    attestReEncryption: async (by: HDNodeWallet, requestId: Hex32, reEncryption: Hex32) => ({
      relayer: by.address,
      signature: by.signingKey.sign(reEncryptionDigestOf(contractOf(chainA, "grants"), requestId, reEncryption))
        .serialized,
    }),
    /** The first relayer brings a re-encryption that the second attests too, in a batch with what else is given. */
    async reEncrypt(requestId: Hex32, forged: "before" | "after" | "none" = "none"): Promise<void> {
      const reEncryption = randomDigest();
      const attestation = await world.attestReEncryption(relayers[1]!, requestId, reEncryption);
      const genuine = { requestId, reEncryption, attestations: [attestation] };
      const fake = { ...genuine, attestations: [{ ...attestation, signature: `0x${"11".repeat(65)}` }] };
      const items = { before: [fake, genuine], after: [genuine, fake], none: [genuine] }[forged];
      await transact(chainA, () => chainA.as(relayers[0]!).grants.submitReEncryptions(items));
    },
    /** Two relayers attest the answer, and anyone carries it to chain B. */
    async answer(requestId: Hex32): Promise<void> {
      const { decision, decidedAt, contents, reEncryption, privateFragment } =
        await chainA.grants.responseOf(requestId);
      const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
      const attestations = await Promise.all(relayers.slice(0, 2).map((by) => world.attestAnswer(by, response)));
      attestations.sort((one, other) => (BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1));
      const { chainId } = chainA.deployment;
      await transact(chainB, () => chainB.as(carrier).requests.deliverResponse(chainId, response, attestations));
    },
    attestAnswer: async (by: HDNodeWallet, response: AccessResponse) => ({
      relayer: by.address,
      signature: by.signingKey.sign(
        responseDigestOf(contractOf(chainB, "requests"), contractOf(chainA, "grants"), response),
      ).serialized,
    }),
    /** Deploys an account that accepts what its keeper approved, and gives a function that approves. */
    async digestAccount(): Promise<{ readonly address: string; readonly approve: (digest: string) => Promise<void> }> {
      const { abi, bytecode } = JSON.parse(await readFile(ARTIFACT, "utf8")) as { abi: []; bytecode: string };
      const keeper = carrier.connect(chainA.provider);
      const deployed = await new ContractFactory(abi, bytecode, keeper).deploy();
      await deployed.waitForDeployment();
      const address = await deployed.getAddress();
      const approve = async (digest: string) => {
        const data = deployed.interface.encodeFunctionData("setApproved", [digest, true]);
        await (await keeper.sendTransaction({ to: address, data })).wait();
      };
      return { address, approve };
    },
    /** The digest that an owner signs, or whose contract accepts it. */
    digestOf: (type: "Authorization" | "Denial", message: Record<string, unknown>) =>
      TypedDataEncoder.hash(domainOf(type), { [type]: [...MESSAGE_TYPES[type]] }, message),
    [Symbol.asyncDispose]: (): Promise<void> => running.disposeAsync(),
  };
  const running = stack.move();
  return world;
}
