/** Two chains on which a test does everybody's part by hand: three relayers, of which two must attest, hospitals, owners, a doctor. */
import { readFile } from "node:fs/promises";
import {
  type AccessResponse,
  type AttestationTerms,
  type Chain,
  type Checkpoint,
  checkpointDigestOf,
  correctionDigestOf,
  type Hex32,
  hex32,
  MESSAGE_DOMAINS,
  MESSAGE_TYPES,
  memberIdOf,
  pseudonymHash,
  recordIdOf,
  reEncryptionDigestOf,
  responseDigestOf,
  toHex32,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { ContractFactory, Interface, TypedDataEncoder, type Wallet } from "ethers";
import { drawAccount, PEOPLE } from "../../world/people.ts";
import { drawFor } from "../../world/seed.ts";
import { administrator, type FiledRequest, startTwoChains } from "../../world/two-chains.ts";

const ARTIFACT = new URL("../../../artifacts/contracts/DigestAccount.t.sol/DigestAccount.json", import.meta.url);
const MANAGER_ARTIFACT = new URL("../../../artifacts/contracts/SuiteManager.sol/SuiteManager.json", import.meta.url);
const MANAGER = new Interface([
  "function execute(address target, bytes data) payable returns (uint32)",
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
]);
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

interface SignedResponse {
  readonly response: AccessResponse;
  readonly expiry: bigint;
  readonly signature: string;
}

const inOrder = <T extends { readonly relayer: string }>(all: readonly T[]): T[] =>
  all.toSorted((one, other) => (BigInt(one.relayer) < BigInt(other.relayer) ? -1 : 1));

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

  const anchorOf = (of: Hex32, capsule = randomDigest()) => ({
    owner: of,
    salt: randomDigest(),
    capsule,
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
    async anchor(by: Wallet = owner, capsule?: Hex32): Promise<Hex32> {
      const anchor = anchorOf(ownerId, capsule);
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
    /** As `anchorAsManager`, through another contract that may act for the AccessManager. */
    async anchorThroughAnother(of: Hex32): Promise<Hex32> {
      const { abi, bytecode } = JSON.parse(await readFile(MANAGER_ARTIFACT, "utf8")) as { abi: []; bytecode: string };
      const manager = administrator.connect(chainA.provider);
      const other = await new ContractFactory(abi, bytecode, manager).deploy(administrator.address);
      await other.waitForDeployment();
      const { records, manager: first } = chainA.deployment;
      const grant = MANAGER.encodeFunctionData("grantRole", [0n, await other.getAddress(), 0]);
      await (await manager.sendTransaction({ to: first, data: grant })).wait();
      const anchor = anchorOf(of);
      const call = chainA.records.interface.encodeFunctionData("anchor", [anchor]);
      const inner = MANAGER.encodeFunctionData("execute", [records, call]);
      const data = MANAGER.encodeFunctionData("execute", [first, inner]);
      await (await manager.sendTransaction({ to: await other.getAddress(), data })).wait();
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
    async authorize(requestId: Hex32, sealedRekey = randomDigest()): Promise<void> {
      const epoch = await chainA.relayers.epoch();
      await transact(chainA, () => chainA.as(owner).grants.authorize(requestId, sealedRekey, randomDigest(), epoch));
    },
    /** A relayer disputes its partial of a request. */
    dispute: (by: Wallet, requestId: Hex32, evidence: Hex32) =>
      transact(chainA, () => chainA.as(by).relayers.disputePartial(requestId, evidence)),
    /** The administrator admits another relayer on chain A, so that an epoch begins. */
    async admit(relayer: string): Promise<void> {
      const manager = administrator.connect(chainA.provider);
      await (await chainA.as(manager).relayers.addRelayer(relayer)).wait();
    },
    /** The owner seals its approval anew, to the relayers of now. */
    async reseal(requestId: Hex32): Promise<void> {
      const epoch = await chainA.relayers.epoch();
      await transact(chainA, () => chainA.as(owner).grants.reseal(requestId, randomDigest(), epoch));
    },
    attestReEncryption: (by: Wallet, requestId: Hex32, sealedRekey: Hex32, terms: AttestationTerms) => ({
      relayer: by.address,
      signature: by.signingKey.sign(reEncryptionDigestOf(contractOf(chainA, "grants"), requestId, sealedRekey, terms))
        .serialized,
    }),
    /** The first relayer says that partials are out, as the second attests too, in a batch with what else is given. */
    async reEncrypt(requestId: Hex32, forged: "before" | "after" | "none" = "none"): Promise<void> {
      const { key, relayerEpoch } = await chainA.grants.grant(requestId);
      const terms = { ...(await termsOf(chainA)), epoch: relayerEpoch };
      const attestation = world.attestReEncryption(relayers[1]!, requestId, hex32(key), terms);
      const genuine = { requestId, attestations: { ...terms, by: [attestation] } };
      const forgery = { ...attestation, signature: `0x${"11".repeat(65)}` };
      const fake = { ...genuine, attestations: { ...terms, by: [forgery] } };
      const items = { before: [fake, genuine], after: [genuine, fake], none: [genuine] }[forged];
      await transact(chainA, () => chainA.as(relayers[0]!).grants.submitReEncryptions(items));
    },
    /** What chain A has answered. */
    async responseOf(requestId: Hex32): Promise<AccessResponse> {
      const { decision, decidedAt, contents, reEncryption, privateFragment } =
        await chainA.grants.responseOf(requestId);
      return { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
    },
    /** Two relayers attest the answer, or another that is given, and anyone carries it to chain B. */
    async answer(requestId: Hex32, given?: AccessResponse): Promise<void> {
      const response = given ?? (await world.responseOf(requestId));
      const terms = await termsOf(chainB);
      const by = inOrder(relayers.slice(0, 2).map((relayer) => world.attestAnswer(relayer, response, terms)));
      const { chainId } = chainA.deployment;
      await transact(chainB, () => chainB.as(carrier).requests.deliverResponse(chainId, response, { ...terms, by }));
    },
    /** The last two relayers correct the answer that chain B holds: to what chain A has answered, or to what is given. */
    async correct(requestId: Hex32, given?: AccessResponse): Promise<void> {
      const response = given ?? (await world.responseOf(requestId));
      const { answer } = await chainB.requests.status(requestId);
      const terms = await termsOf(chainB);
      const contracts = [contractOf(chainB, "requests"), contractOf(chainA, "grants")] as const;
      const digest = correctionDigestOf(...contracts, hex32(answer), response, terms);
      const by = inOrder(
        relayers.slice(1, 3).map(({ address, signingKey }) => ({
          relayer: address,
          signature: signingKey.sign(digest).serialized,
        })),
      );
      const { chainId } = chainA.deployment;
      await transact(chainB, () => chainB.as(carrier).requests.correctResponse(chainId, response, { ...terms, by }));
    },
    /** Two relayers attest chain A's ledger as it stands now, and anyone has chain B keep it; gives its root. */
    async checkpoint(): Promise<Hex32> {
      const { ledger, provider, deployment } = chainA;
      const block = await provider.getBlock("latest");
      const [blockNumber, blockTime] = [BigInt(block?.number ?? 0), BigInt(block?.timestamp ?? 0)];
      const [entryCount, head, root] = await Promise.all([ledger.length(), ledger.head(), ledger.root()]);
      const seen: Checkpoint = {
        chainId: deployment.chainId,
        ledger: deployment.ledger,
        entryCount,
        blockNumber,
        blockTime,
        head: hex32(head),
        root: hex32(root),
      };
      const terms = await termsOf(chainB);
      const keeper = { chainId: chainB.deployment.chainId, address: chainB.deployment.checkpoints };
      const digest = checkpointDigestOf(keeper, seen, terms);
      const by = inOrder(
        relayers.slice(0, 2).map(({ address, signingKey }) => ({
          relayer: address,
          signature: signingKey.sign(digest).serialized,
        })),
      );
      const nothing = { base: 0n, root: ZERO_32, proof: [] };
      await transact(chainB, () => chainB.as(carrier).checkpoints.submitCheckpoint(seen, nothing, { ...terms, by }));
      return seen.root;
    },
    /** The relayer manager of chain B takes the first relayer out. */
    async removeFirst(): Promise<void> {
      await transact(chainB, () => chainB.as(administrator).relayers.removeRelayer(relayers[0]!.address));
    },
    /** Anyone reports a relayer of chain B that signed both of these answers, and it is suspended. */
    async report(by: Wallet, first: AccessResponse, second: AccessResponse): Promise<void> {
      const terms = await termsOf(chainB);
      const [one, other] = [first, second].map((response) => ({
        response,
        expiry: terms.expiry,
        signature: world.attestAnswer(by, response, terms).signature,
      })) as [SignedResponse, SignedResponse];
      const { chainId } = chainA.deployment;
      const { equivocations } = chainB.as(carrier);
      await transact(chainB, () => equivocations.reportResponses(by.address, chainId, terms.epoch, one, other));
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
