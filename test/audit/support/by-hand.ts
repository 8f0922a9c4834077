/** Two chains on which a test does everybody's part by hand: three relayers, of which two must attest, hospitals, owners, a doctor. */
import { readFile } from "node:fs/promises";
import {
  type AccessResponse,
  type AttestationTerms,
  type Chain,
  type Hex32,
  MESSAGE_DOMAINS,
  MESSAGE_TYPES,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  reEncryptionDigestOf,
  responseDigestOf,
  toHex32,
  transact,
} from "@medexchain/chain";
import { ContractFactory, Interface, TypedDataEncoder, type Wallet } from "ethers";
import { drawAccount, PEOPLE } from "../../world/people.ts";
import { drawFor } from "../../world/seed.ts";
import { administrator, type FiledRequest, startTwoChains } from "../../world/two-chains.ts";

const ARTIFACT = new URL("../../../artifacts/contracts/DigestAccount.t.sol/DigestAccount.json", import.meta.url);
const MANAGER = new Interface(["function execute(address target, bytes data) payable returns (uint32)"]);
const draw = drawFor("world");
const random = draw("audit by hand");
const randomDigest = (): Hex32 => toHex32(random(32));

const { patient, stranger: carrier, relayers } = PEOPLE;
const [owner, doctor] = [patient.account, PEOPLE.doctor.account];
/** The accounts that act: of the patient, of the doctor, of who carries for others, of who takes what is not theirs, and the relayers'. */
export const people = { owner, doctor, carrier, thief: drawAccount(draw, "thief"), relayers } as const;

/** The terms of what is attested for a chain now: its epoch, for a day. */
async function termsOf(chain: Chain): Promise<AttestationTerms> {
  const latest = await chain.provider.getBlock("latest");
  return { epoch: await chain.relayers.epoch(), expiry: BigInt(latest?.timestamp ?? 0) + 86_400n };
}

export type Asked = FiledRequest;

export type ByHand = Awaited<ReturnType<typeof startByHand>>;

export async function startByHand() {
  await using stack = new AsyncDisposableStack();
  const chains = stack.use(await startTwoChains({ relayers, threshold: 2, sealingKey: randomDigest() }));
  const { chainA, chainB } = chains;
  await chains.fund(people.thief.address);

  const contractOf = ({ deployment }: Chain, name: "grants" | "requests" | "hospitals") => ({
    chainId: deployment.chainId,
    address: deployment[name],
  });
  /** Certifies an account for a person of the hospital of a chain, and enrols the person there. */
  const enrol = async (home: Chain, pseudonym: string, account: string, serial = 1n): Promise<Hex32> => {
    const { id: hospitalId } = home === chainA ? PEOPLE.hospitalA : PEOPLE.hospitalB;
    await chains.enrol({ hospitalId, pseudonym }, { account, serial });
    return memberIdOf(hospitalId, pseudonymHash(pseudonym));
  };
  const ownerId = patient.memberId;
  await transact(chainA, () => chainA.as(carrier).hospitals.importMember(...chains.certificates.doctor));

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

  const sign = (type: keyof typeof MESSAGE_TYPES, message: Record<string, unknown>, by: Wallet) =>
    by.signTypedData(domainOf(type), { [type]: [...MESSAGE_TYPES[type]] }, message);
  const domainOf = (type: keyof typeof MESSAGE_TYPES) => {
    const { address, chainId } =
      type === "Acknowledgement" ? contractOf(chainB, "requests") : contractOf(chainA, "grants");
    return { name: MESSAGE_DOMAINS[type], version: "1", chainId, verifyingContract: address };
  };

  const world = {
    chainA,
    chainB,
    ownerId,
    enrol,
    executeAsManager,
    sign,
    /** Anchors a record as its owner's own transaction. */
    async anchor(by: Wallet = owner): Promise<Hex32> {
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
      const expiry = 2n ** 64n - 1n;
      const domain = { name: MESSAGE_DOMAINS.RecordAnchor, version: "1", chainId, verifyingContract: records };
      await accept(
        TypedDataEncoder.hash(domain, { RecordAnchor: [...MESSAGE_TYPES.RecordAnchor] }, { ...anchor, expiry }),
      );
      await transact(chainA, () => chainA.as(carrier).records.anchorFor(anchor, expiry, "0x1234"));
      return recordIdOf(of, anchor.salt);
    },
    /** The doctor files a request. */
    async ask(recordId: Hex32): Promise<Asked> {
      const asked = await chains.signedRequest({ recordId });
      await transact(chainB, () => chainB.as(doctor).requests.request(asked.request, asked.signature));
      return asked;
    },
    /** Anyone carries signed requests to chain A in one batch. */
    deliver: (...items: readonly Pick<Asked, "request" | "signature">[]) =>
      transact(chainA, () => chainA.as(carrier).grants.deliverRequests(chainB.deployment.chainId, [...items])),
    authorize: (requestId: Hex32) =>
      transact(chainA, () => chainA.as(owner).grants.authorize(requestId, randomDigest(), randomDigest())),
    attestReEncryption: (by: Wallet, requestId: Hex32, reEncryption: Hex32, terms: AttestationTerms) => ({
      relayer: by.address,
      signature: by.signingKey.sign(reEncryptionDigestOf(contractOf(chainA, "grants"), requestId, reEncryption, terms))
        .serialized,
    }),
    /** The first relayer brings a re-encryption that the second attests too, in a batch with what else is given. */
    async reEncrypt(requestId: Hex32, forged: "before" | "after" | "none" = "none"): Promise<void> {
      const reEncryption = randomDigest();
      const terms = await termsOf(chainA);
      const attestation = world.attestReEncryption(relayers[1]!, requestId, reEncryption, terms);
      const genuine = { requestId, reEncryption, attestations: { ...terms, by: [attestation] } };
      const forgery = { ...attestation, signature: `0x${"11".repeat(65)}` };
      const fake = { ...genuine, attestations: { ...terms, by: [forgery] } };
      const items = { before: [fake, genuine], after: [genuine, fake], none: [genuine] }[forged];
      await transact(chainA, () => chainA.as(relayers[0]!).grants.submitReEncryptions(items));
    },
    /** Two relayers attest the answer, and anyone carries it to chain B. */
    async answer(requestId: Hex32): Promise<void> {
      const { decision, decidedAt, contents, reEncryption, privateFragment } =
        await chainA.grants.responseOf(requestId);
      const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
      const terms = await termsOf(chainB);
      const by = relayers.slice(0, 2).map((relayer) => world.attestAnswer(relayer, response, terms));
      by.sort((one, other) => (BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1));
      const attestations = { ...terms, by };
      const { chainId } = chainA.deployment;
      await transact(chainB, () => chainB.as(carrier).requests.deliverResponse(chainId, response, attestations));
    },
    attestAnswer: (by: Wallet, response: AccessResponse, terms: AttestationTerms) => ({
      relayer: by.address,
      signature: by.signingKey.sign(
        responseDigestOf(contractOf(chainB, "requests"), contractOf(chainA, "grants"), response, terms),
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
