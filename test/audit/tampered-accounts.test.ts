import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FindingCode } from "@medexchain/audit";
import {
  ABIS,
  type AccessResponse,
  type AttestationTerms,
  type Deployment,
  type Hex32,
  hex32,
  toHex32,
  transact,
} from "@medexchain/chain";
import { expect } from "chai";
import { Interface, type Wallet } from "ethers";
import { Person } from "../cli/support/medex.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { PEOPLE } from "../world/people.ts";
import { type Asked, type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode, withWord } from "./support/tamper.ts";

const { carrier, doctor, owner, relayers, thief } = people;
const GRANTS = new Interface(ABIS.grants);
const REQUESTS = new Interface(ABIS.requests);
const DELIVERED = eventTopic("requests", "ResponseDelivered");
const garbage = () => `0x${randomBytes(65).toString("hex")}`;

interface Attestation {
  readonly relayer: string;
  readonly signature: string;
}

// In this order: each test leaves the history as the next one needs it.
describe("audit of accounts, attestations and batches that were tampered with", () => {
  let world: ByHand;
  let shared: Asked;
  before(async function () {
    this.timeout(120_000);
    world = await startByHand();
  });
  after(() => world?.[Symbol.asyncDispose]());

  const findingsOf = async (a: Deployment = world.chainA.deployment, b: Deployment = world.chainB.deployment) =>
    // Of contract accounts, what one node alone says is not believed.
    (await audit([sourceOf("a", a, a.rpcUrl), sourceOf("b", b)])).findings;
  const wrongOnA = async (lies: Lies) => {
    await using node = await startLyingNode(world.chainA.deployment, lies);
    return (await findingsOf(node.deployment)).filter(({ severity }) => severity !== "notice");
  };
  const wrongOnB = async (lies: Lies) => {
    await using node = await startLyingNode(world.chainB.deployment, lies);
    return (await findingsOf(undefined, node.deployment)).filter(({ severity }) => severity !== "notice");
  };

  const answerOf = async (requestId: Hex32) => (await world.chainB.requests.status(requestId)).answer;
  const only = async (findings: Promise<readonly { readonly code: FindingCode }[]>, ...codes: FindingCode[]) =>
    expect((await findings).map((each) => each.code)).to.deep.equal(codes);

  it("passes what two of three relayers attested, and an acknowledgement that another carried", async () => {
    const recordId = await world.anchor();
    shared = await world.ask(recordId);
    await world.deliver(shared);
    await world.authorize(shared.requestId);
    await world.reEncrypt(shared.requestId);
    await world.answer(shared.requestId);
    const { requestId } = shared;
    const answer = await answerOf(requestId);
    const signature = await world.sign("Acknowledgement", { requestId, answer, acknowledgement: 1 }, doctor);
    await transact(world.chainB, () =>
      world.chainB.as(carrier).requests.acknowledgeFor(requestId, answer, 1, signature),
    );
    expect(codesOf(await findingsOf())).to.deep.equal([]);
  });

  it("compares what an owner sent with what is told of it: anchors in a batch, limits, revocations", async () => {
    await world.anchorTwo();
    expect(codesOf(await findingsOf())).to.deep.equal([]);
    const changed =
      (event: string, word: number): NonNullable<Lies["logs"]> =>
      (logs) => {
        const last = logs.findLast(({ topics }) => topics[0] === eventTopic("records", event));
        return logs.map((log) => (log === last ? { ...log, data: withWord(log.data, word, 5n) } : log));
      };
    await only(wrongOnA({ logs: changed("RecordAnchored", 2) }), "AUTHOR_FORGED");
    await only(wrongOnA({ logs: changed("RecordLimitSet", 0) }), "AUTHOR_FORGED");
    const revoke = new Interface(ABIS.records).getFunction("revoke")!.selector;
    const other = `${revoke}${"77".repeat(32)}`;
    await only(
      wrongOnA({ resend: ({ input }) => (input.startsWith(revoke) ? { by: owner, input: other } : undefined) }),
      "AUTHOR_FORGED",
    );
  });

  /** Changes the attestations of the answer on the requester's chain. */
  const answerWith = async (
    change: (
      given: readonly Attestation[],
      response: AccessResponse,
      terms: AttestationTerms,
    ) => Promise<readonly Attestation[]>,
  ): Promise<Lies> => {
    const event = REQUESTS.getEvent("ResponseDelivered")!;
    const changed = async (log: RawLog): Promise<RawLog> => {
      const { args } = REQUESTS.parseLog(log)!;
      const [epoch, expiry, all] = args[3] as [bigint, bigint, Attestation[]];
      const given = all.map(({ relayer, signature }) => ({ relayer, signature }));
      const [requestId, decision, decidedAt, contents, reEncryption, privateFragment] = args[2];
      const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment };
      const by = await change(given, response, { epoch, expiry });
      const { data } = REQUESTS.encodeEventLog(event, [args[0], args[1], args[2], { epoch, expiry, by }]);
      return { ...log, data };
    };
    const { deployment, provider } = world.chainB;
    const filter = { address: deployment.requests, topics: [DELIVERED], fromBlock: "0x0" };
    const logs = (await provider.send("eth_getLogs", [filter])) as RawLog[];
    const data = new Map<string, string>();
    for (const log of logs) data.set(log.transactionHash, (await changed(log)).data);
    return {
      logs: (all) =>
        all.map((log) => (log.topics[0] === DELIVERED ? { ...log, data: data.get(log.transactionHash) ?? "" } : log)),
    };
  };
  /** Changes the attestations that the first relayer brought with the re-encryption, and signs its transaction anew with its own key. */
  const reEncryptionWith = (
    change: (given: readonly Attestation[], terms: AttestationTerms) => readonly Attestation[],
  ): Lies => ({
    resend({ input }) {
      if (!input.startsWith(GRANTS.getFunction("submitReEncryptions")!.selector)) return undefined;
      const [items] = GRANTS.decodeFunctionData("submitReEncryptions", input);
      const changed = [...items].map(([requestId, attestations]) => {
        const [epoch, expiry, all] = attestations as [bigint, bigint, Attestation[]];
        const given = [...all].map(({ relayer, signature }) => ({ relayer, signature }));
        return { requestId, attestations: { epoch, expiry, by: change(given, { epoch, expiry }) } };
      });
      return { by: relayers[0]!, input: GRANTS.encodeFunctionData("submitReEncryptions", [changed]) };
    },
  });

  it("finds an answer that one of the two did not attest, or a stranger did, or one did twice", async () => {
    await only(wrongOnB(await answerWith(async ([first]) => [first!])), "ATTESTATIONS_TOO_FEW");
    await only(wrongOnB(await answerWith(async ([, second]) => [second!])), "ATTESTATIONS_TOO_FEW");
    await only(wrongOnB(await answerWith(async ([first]) => [first!, first!])), "ATTESTATIONS_TOO_FEW");
    const withOutsider = await answerWith(async ([first], response, terms) => [
      first!,
      world.attestAnswer(thief, response, terms),
    ]);
    await only(wrongOnB(withOutsider), "ATTESTATION_INVALID");
    const third = await answerWith(async ([first], response, terms) => [
      first!,
      world.attestAnswer(relayers[2]!, response, terms),
    ]);
    expect(await wrongOnB(third), "the third relayer in the second's place").to.deep.equal([]);
    const borrowed = await answerWith(async ([first, second]) => [
      first!,
      { relayer: relayers[2]!.address, signature: second!.signature },
    ]);
    await only(wrongOnB(borrowed), "ATTESTATION_INVALID");
  });

  it("finds a re-encryption that one of the two did not attest, or a stranger did, or one did twice", async () => {
    const reEncryption = await reEncryptionOf(world, shared.requestId);
    const by = (who: Wallet) => (_: unknown, terms: AttestationTerms) => [
      world.attestReEncryption(who, shared.requestId, reEncryption, terms),
    ];
    expect(await wrongOnA(reEncryptionWith((given) => given)), "signed anew as it was").to.deep.equal([]);
    // The event tells who signed: it agrees with none of these.
    await only(wrongOnA(reEncryptionWith(() => [])), "ATTESTATIONS_TOO_FEW", "SIGNERS_DIFFER");
    await only(wrongOnA(reEncryptionWith(by(relayers[0]!))), "ATTESTATIONS_TOO_FEW", "SIGNERS_DIFFER");
    await only(wrongOnA(reEncryptionWith(by(thief))), "ATTESTATION_INVALID", "SIGNERS_DIFFER");
    await only(wrongOnA(reEncryptionWith(by(relayers[2]!))), "SIGNERS_DIFFER");
    await only(
      wrongOnA(reEncryptionWith(([one]) => [{ relayer: one!.relayer, signature: garbage() }])),
      "ATTESTATION_INVALID",
    );
  });

  it("finds an acknowledgement that the requester did not sign", async () => {
    const { requestId } = shared;
    const answer = await answerOf(requestId);
    const signature = await world.sign("Acknowledgement", { requestId, answer, acknowledgement: 1 }, thief);
    const event = REQUESTS.getEvent("Acknowledged")!;
    const by = (account: string) => REQUESTS.encodeEventLog(event, [requestId, account, answer, 1, signature]);
    const told = ({ data, topics }: { data: string; topics: string[] }): Lies => ({
      logs: (logs) => logs.map((log) => (log.topics[0] === event.topicHash ? { ...log, data, topics } : log)),
    });
    await only(wrongOnB(told(by(doctor.address))), "AUTHOR_FORGED");
    await only(wrongOnB(told(by(thief.address))), "AUTHOR_FORGED");
  });

  it("takes of two items of a batch about one request the one that the contract took", async () => {
    for (const forged of ["before", "after"] as const) {
      const asked = await world.ask(shared.request.recordId);
      const copy = { ...asked, signature: garbage() };
      await world.deliver(...(forged === "before" ? [copy, asked] : [asked, copy]));
      await world.authorize(asked.requestId);
      await world.reEncrypt(asked.requestId, forged);
      await world.answer(asked.requestId);
      expect(codesOf(await findingsOf()), forged).to.deep.equal([]);
    }
    // A contract that took the forged one of the two would not have said that it skipped it.
    const delivered = GRANTS.getFunction("deliverRequests")!.selector;
    const forgedFirst = GRANTS.encodeFunctionData("deliverRequests", [
      world.chainB.deployment.chainId,
      [{ ...shared, signature: garbage() }, shared].map(({ request, signature }) => ({ request, signature })),
    ]);
    const isOfShared = (input: string) => input.startsWith(delivered) && input.includes(shared.signature.slice(2));
    await only(
      wrongOnA({ resend: ({ input }) => (isOfShared(input) ? { by: carrier, input: forgedFirst } : undefined) }),
      "REQUEST_FORGED",
    );
  });

  it("proves an approval that came through another contract: the owner's account, or with what the owner signed or accepts", async () => {
    const { chainA } = world;
    const sealed = [1, 2].map(() => toHex32(randomBytes(32))) as [Hex32, Hex32];
    const epoch = await chainA.relayers.epoch();
    const message = (requestId: Hex32) => ({ requestId, sealedRekey: sealed[0], privateFragment: sealed[1], epoch });

    // The manager of the chain is a contract, too: here it is an owner's account.
    const managed = await world.enrol(chainA, "owner with a manager", chainA.deployment.manager);
    const own = await world.ask(await world.anchorAsManager(managed));
    await world.deliver(own);
    await world.executeAsManager(
      chainA,
      chainA.deployment.grants,
      GRANTS.encodeFunctionData("authorize", [own.requestId, ...sealed, epoch]),
    );
    expect(codesOf(await findingsOf()), "through the owner's own account").to.deep.equal([]);

    const { address, approve } = await world.digestAccount();
    const accepting = await world.enrol(chainA, "owner with a contract account", address);
    const theirs = await world.anchorFor(accepting, approve);
    const accepted = await world.ask(theirs);
    await world.deliver(accepted);
    await approve(world.digestOf("Authorization", message(accepted.requestId)));
    await transact(chainA, () =>
      chainA.as(carrier).grants.authorizeFor(accepted.requestId, ...sealed, epoch, "0x1234"),
    );
    expect(codesOf(await findingsOf()), "accepted by the owner's contract").to.deep.equal([]);
    await using node = await startLyingNode(chainA.deployment, {});
    node.proxy.intercept = async (method, [asked]) =>
      method === "eth_getCode" && String(asked).toLowerCase() === address.toLowerCase() ? { result: "0x" } : undefined;
    expect(codesOf(await findingsOf(node.deployment)), "an account without code").to.deep.equal([
      "APPROVAL_FORGED",
      "AUTHOR_FORGED",
    ]);

    const carried = await world.ask(shared.request.recordId);
    await world.deliver(carried);
    const signature = await world.sign("Authorization", message(carried.requestId), owner);
    await world.executeAsManager(
      chainA,
      chainA.deployment.grants,
      GRANTS.encodeFunctionData("authorizeFor", [carried.requestId, ...sealed, epoch, signature]),
    );
    expect(codesOf(await findingsOf()), "signed, and carried through another contract").to.deep.equal([]);

    const [inBatch, byContract] = [await world.ask(shared.request.recordId), await world.ask(theirs)];
    for (const request of [inBatch, byContract]) await world.deliver(request);
    await approve(world.digestOf("Authorization", message(byContract.requestId)));
    const items = [
      {
        ...message(inBatch.requestId),
        signature: await world.sign("Authorization", message(inBatch.requestId), owner),
      },
      { ...message(byContract.requestId), signature: "0x" },
    ];
    await transact(chainA, () => chainA.as(carrier).mailbox.authorizeBatch(chainA.deployment.grants, items));
    expect(codesOf(await findingsOf()), "carried in a batch, by key and by contract account").to.deep.equal([]);

    const withdrawn = await world.ask(shared.request.recordId);
    await world.deliver(withdrawn);
    await world.authorize(withdrawn.requestId);
    const withdrawal = await world.sign("Withdrawal", { requestId: withdrawn.requestId }, owner);
    await world.executeAsManager(
      chainA,
      chainA.deployment.grants,
      GRANTS.encodeFunctionData("withdrawFor", [withdrawn.requestId, withdrawal]),
    );
    await world.answer(withdrawn.requestId);
    expect(codesOf(await findingsOf()), "an approval that was taken back").to.deep.equal([]);
  });

  it("finds an approval that another signed, that names another account, or that is not told", async () => {
    const APPROVED = eventTopic("grants", "Approved");
    const event = GRANTS.getEvent("Approved")!;
    const last = (change: (log: RawLog) => RawLog[]): Lies => ({
      logs: (logs) => {
        const approval = logs.findLast(({ topics, data }) => topics[0] === APPROVED && data.length > 2 * 32 * 5 + 2);
        return logs.flatMap((log) => (log === approval ? change(log) : [log]));
      },
    });
    const forgedBy = async (account: string, signature: string) =>
      last((log) => {
        const { args } = GRANTS.parseLog(log)!;
        const [requestId, , rekey, fragment, epoch] = args;
        return [{ ...log, ...GRANTS.encodeEventLog(event, [requestId, account, rekey, fragment, epoch, signature]) }];
      });
    await only(wrongOnA(await forgedBy(owner.address, garbage())), "APPROVAL_FORGED");
    await only(wrongOnA(await forgedBy(thief.address, garbage())), "APPROVAL_FORGED");
    // Neither who approved is told then, nor to which relayers the key was sealed.
    await only(wrongOnA(last(() => [])), "APPROVAL_FORGED", "APPROVAL_FORGED");
  });

  it("tells an answer that was given in time while its request is only expired at the requester's, and passes it when it is there", async () => {
    const { chainA, chainB } = world;
    const late = await world.ask(shared.request.recordId);
    await world.deliver(late);
    await world.authorize(late.requestId);
    await world.reEncrypt(late.requestId);
    const seconds = Number(late.request.expiry - late.request.issuedAt) + 3_700;
    for (const { provider } of [chainA, chainB]) {
      await provider.send("evm_increaseTime", [seconds]);
      await provider.send("evm_mine", []);
    }
    await transact(chainB, () => chainB.as(carrier).requests.expire(late.requestId));
    const missing = (await findingsOf()).filter(({ severity }) => severity !== "notice");
    expect(missing.map(({ code, where }) => [code, where.requestId])).to.deep.equal([
      ["RESPONSE_MISSING", late.requestId],
    ]);
    await world.answer(late.requestId);
    expect(codesOf(await findingsOf())).to.deep.equal([]);
  });

  it("warns of another account that was certified for an owner of records, and finds what it does when that is hidden", async () => {
    const { chainA, ownerId } = world;
    await world.enrol(chainA, "nobody with records", owner.address);
    await world.enrol(chainA, "nobody with records", thief.address, 2n);
    await world.enrol(chainA, PEOPLE.patient.pseudonym, owner.address, 2n);
    expect(codesOf(await findingsOf()), "a renewal, or nothing to take").to.deep.equal([]);

    await world.enrol(chainA, PEOPLE.patient.pseudonym, thief.address, 3n);
    await world.anchor(thief);
    const found = (await findingsOf()).filter(({ code }) => code === "ACCOUNT_REPLACED");
    expect(found.map(({ severity, where }) => [severity, where.memberId])).to.deep.equal([["warning", ownerId]]);
    const { expected, found: now } = found[0]!.evidence;
    expect(expected).to.include(owner.address.toLowerCase()).and.include("serial 2");
    expect(now)
      .to.include(thief.address.toLowerCase())
      .and.include("serial 3")
      .and.include(found[0]!.where.transactionHash);

    const enrolled = eventTopic("hospitals", "MemberEnrolled");
    const hidden = await wrongOnA({
      logs: (logs) => {
        const last = logs.findLast(({ topics }) => topics[0] === enrolled);
        return logs.filter((log) => log !== last);
      },
    });
    expect(codesOf(hidden)).to.deep.equal(["AUTHOR_FORGED"]);
  });

  it("warns of an act that came through another contract without a signature", async () => {
    const { chainA } = world;
    const managed = await world.enrol(chainA, "owner behind two managers", chainA.deployment.manager);
    const before = codesOf(await findingsOf());
    expect(before).not.to.include("APPROVAL_INDIRECT");
    await world.anchorThroughAnother(managed);
    const findings = await findingsOf();
    expect(codesOf(findings)).to.deep.equal([...before, "APPROVAL_INDIRECT"].sort());
    expect(findings.find(({ code }) => code === "APPROVAL_INDIRECT")!.evidence.expected).to.equal(
      chainA.deployment.manager.toLowerCase(),
    );
  });

  it("keeps what was read, and reads anew, by medex audit replay --forget after the chain was rewritten", async () => {
    const { chainA, chainB } = world;
    await using home = await temporaryDirectory();
    const plain = ({ deployment }: ByHand["chainA"]) => ({
      deployment: { ...deployment, chainId: Number(deployment.chainId) },
    });
    const config = JSON.stringify({ chains: { a: plain(chainA), b: plain(chainB) } });
    await writeFile(join(home.path, "medex.config.json"), config);
    const auditor = new Person(home.path, { MEDEX_HOME: home.path });
    const snapshot = await chainA.provider.send("evm_snapshot", []);
    const gone = await world.ask(shared.request.recordId);
    await world.deliver(gone);
    const before = await auditor.run(["audit", "replay", "--json"]);
    expect(before.code, before.stderr).to.equal(0);
    const stores = await readdir(join(home.path, "audit"));

    await chainA.provider.send("evm_revert", [snapshot]);
    await chainA.provider.send("hardhat_mine", ["0x10"]);
    const refused = await auditor.fails("AUDIT_MISMATCH", "audit", "replay");
    expect(refused.stderr).to.include("CHAIN_REWRITTEN");
    const anew = await auditor.run(["audit", "replay", "--json", "--forget"]);
    expect(anew.code, anew.stderr).to.equal(0);
    const stateOf = ({ stdout }: { readonly stdout: string }) =>
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { requestId: string; destinationState: string })
        .find(({ requestId }) => requestId === gone.requestId)?.destinationState;
    expect([stateOf(before), stateOf(anew)]).to.deep.equal(["Pending", "None"]);
    const kept = (await readdir(join(home.path, "audit"))).filter((name) => name.endsWith(".sqlite"));
    expect(kept)
      .to.have.length(2)
      .and.to.include.members(stores.filter((name) => name.endsWith(".sqlite")));
  });
});

async function reEncryptionOf({ chainA }: ByHand, requestId: Hex32): Promise<Hex32> {
  return hex32((await chainA.grants.responseOf(requestId)).reEncryption);
}
