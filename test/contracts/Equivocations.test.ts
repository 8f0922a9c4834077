import { expect } from "chai";
import { AbiCoder, keccak256, Wallet } from "ethers";
import type { Chain } from "./support/chain.ts";
import { Decision } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import {
  type AccessResponse,
  type Checkpoint,
  digest,
  digestOf,
  domainOf,
  type MessageTypes,
  sign,
  type Terms,
} from "./support/messages.ts";
import {
  attest,
  authorizedRequest,
  carryResponse,
  DAY,
  grantedRequest,
  loadWorld,
  refusal,
  responseOf,
  submit,
  termsOf,
  type World,
} from "./support/world.ts";

describe("Equivocations", () => {
  let world: World;
  let a: Chain;
  let b: Chain;
  let terms: Terms;
  const requestId = digest("request");

  beforeEach(async () => {
    world = await loadWorld();
    ({ a, b } = world);
    terms = await termsOf(b);
  });

  const response = (changes: Partial<AccessResponse> = {}): AccessResponse => ({
    ...refusal(requestId, Decision.DeniedByOwner, 1_000n),
    ...changes,
  });
  type Signer = Chain["actors"]["relayer1"];
  const signedResponse = async (
    of: AccessResponse,
    changes: Partial<Terms> = {},
    signer: Signer = b.actors.relayer1,
  ) => {
    const message = { sourceChainId: a.chainId, source: await a.grants.getAddress(), ...of, ...terms, ...changes };
    const signature = await sign(signer, await domainOf(b, "requests"), "AccessResponse", message);
    return { response: of, expiry: message.expiry, signature };
  };
  const reportResponses = async (
    first: { response: AccessResponse; expiry: bigint; signature: string },
    second: typeof first,
    epoch = terms.epoch,
    relayer: string = b.actors.relayer1.address,
  ) => b.equivocations.connect(b.actors.stranger).reportResponses(relayer, a.chainId, epoch, first, second);

  const checkpoint = async (changes: Partial<Checkpoint> = {}): Promise<Checkpoint> => ({
    chainId: a.chainId,
    ledger: await a.ledger.getAddress(),
    entryCount: 3n,
    blockNumber: 100n,
    blockTime: 1_000n,
    head: digest("head"),
    root: digest("root"),
    ...changes,
  });
  const signedCheckpoint = async (of: Checkpoint) => {
    const signature = await sign(b.actors.relayer1, await domainOf(b, "checkpoints"), "Checkpoint", {
      ...of,
      ...terms,
    });
    return { checkpoint: of, expiry: terms.expiry, signature };
  };
  const reportCheckpoints = async (first: Checkpoint, second: Checkpoint) =>
    b.equivocations.reportCheckpoints(
      b.actors.relayer1,
      terms.epoch,
      await signedCheckpoint(first),
      await signedCheckpoint(second),
    );

  const signedReEncryption = async (sealedRekey: string, expiry = terms.expiry, of = requestId) => {
    const message = { requestId: of, sealedRekey, epoch: terms.epoch, expiry };
    return {
      sealedRekey,
      expiry,
      signature: await sign(b.actors.relayer1, await domainOf(b, "grants"), "ReEncryption", message),
    };
  };

  it("suspend a relayer that signed two answers to one request, and say who, why, and by what", async () => {
    const [first, second] = [response(), response({ decision: Decision.RecordRevoked })];
    const signed = [await signedResponse(first), await signedResponse(second)] as const;
    const source = await a.grants.getAddress();
    const digests = await Promise.all(
      [first, second].map(async (each) =>
        digestOf(await domainOf(b, "requests"), "AccessResponse", {
          sourceChainId: a.chainId,
          source,
          ...each,
          ...terms,
        }),
      ),
    );
    const { address } = b.actors.relayer1;
    const index = await b.relayers.indexOf(address);
    const evidence = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], digests));
    await expect(reportResponses(...signed))
      .to.emit(b.equivocations, "Equivocated")
      .withArgs(address, digests[0], digests[1], signed[0].signature, signed[1].signature)
      .and.to.emit(b.relayers, "RelayerSuspended")
      .withArgs(address, index, terms.epoch + 1n, evidence);
    expect(await b.relayers.isRelayer(address)).to.equal(false);
    expect((await b.relayers.tenure(index)).until).to.equal(terms.epoch + 1n);
    expect(await b.relayers.epoch()).to.equal(terms.epoch + 1n);
    // It is done once.
    await expectRefusal(
      reportResponses(...signed),
      b.equivocations,
      "EquivocationsUnknownRelayer",
      address,
      terms.epoch,
    );
  });

  it("make what the suspended one attested count no longer, at once", async () => {
    const granted = await grantedRequest(world);
    const answer = await responseOf(world, granted.requestId);
    const attestations = await attest(world, answer);
    await reportResponses(
      await signedResponse(response()),
      await signedResponse(response({ decision: Decision.RecordRevoked })),
    );
    const attempt = b.requests.deliverResponse(a.chainId, answer, attestations);
    await expectRefusal(attempt, b.relayers, "RelayerSetUnknownRelayer", b.actors.relayer1.address);
    // Those that remain are as many as the threshold.
    await b.requests.deliverResponse(a.chainId, answer, await attest(world, answer, ["relayer2", "relayer3"]));
  });

  it("fail closed when fewer remain than the threshold", async () => {
    await b.relayers.removeRelayer(b.actors.relayer3);
    terms = await termsOf(b);
    const granted = await grantedRequest(world);
    await reportResponses(
      await signedResponse(response()),
      await signedResponse(response({ decision: Decision.RecordRevoked })),
    );
    expect([await b.relayers.relayers(), await b.relayers.threshold()]).to.deep.equal([
      [b.actors.relayer2.address],
      2n,
    ]);
    const answer = await responseOf(world, granted.requestId);
    const alone = b.requests.deliverResponse(a.chainId, answer, await attest(world, answer, ["relayer2"]));
    await expectRefusal(alone, b.relayers, "RelayerSetTooFewAttestations", 1n, 2n);
    await b.relayers.addRelayer(b.actors.stranger);
    await b.requests.deliverResponse(a.chainId, answer, await attest(world, answer, ["relayer2", "stranger"]));
  });

  it("suspend for any field of an answer that differs", async () => {
    const truth = { ...response(), decision: Decision.Granted, contents: digest("c"), reEncryption: digest("r") };
    const full = { ...truth, privateFragment: digest("p") };
    for (const changes of [
      { decision: Decision.Withdrawn },
      { decidedAt: 1_001n },
      { contents: digest("other") },
      { reEncryption: digest("other") },
      { privateFragment: digest("other") },
    ]) {
      world = await loadWorld();
      await expect(reportResponses(await signedResponse(full), await signedResponse({ ...full, ...changes }))).to.emit(
        b.equivocations,
        "Equivocated",
      );
    }
  });

  it("suspend for two re-encryptions of one request", async () => {
    const [first, second] = [await signedReEncryption(digest("one")), await signedReEncryption(digest("two"))];
    const report = () => b.equivocations.reportReEncryptions(b.actors.relayer1, requestId, terms.epoch, first, second);
    await expect(report()).to.emit(b.equivocations, "Equivocated");
    expect(await b.relayers.isRelayer(b.actors.relayer1)).to.equal(false);
  });

  it("suspend for two checkpoints of one block, whatever of it differs", async () => {
    for (const changes of [
      { head: digest("other") },
      { root: digest("other") },
      { entryCount: 4n },
      { blockTime: 1_001n },
    ]) {
      world = await loadWorld();
      await expect(reportCheckpoints(await checkpoint(), await checkpoint(changes))).to.emit(
        b.equivocations,
        "Equivocated",
      );
    }
  });

  it("have no say about a retry with another expiry, which says the same", async () => {
    const again = { expiry: terms.expiry + DAY };
    const responses = reportResponses(await signedResponse(response()), await signedResponse(response(), again));
    await expectRefusal(responses, b.equivocations, "EquivocationsNoContradiction");
    const [first, second] = [
      await signedReEncryption(digest("one")),
      await signedReEncryption(digest("one"), again.expiry),
    ];
    const reEncryptions = b.equivocations.reportReEncryptions(b.actors.relayer1, requestId, terms.epoch, first, second);
    await expectRefusal(reEncryptions, b.equivocations, "EquivocationsNoContradiction");
    const same = reportCheckpoints(await checkpoint(), await checkpoint());
    await expectRefusal(same, b.equivocations, "EquivocationsNoContradiction");
  });

  it("have no say about different requests, blocks, ledgers or chains", async () => {
    const other = await signedResponse(response({ requestId: digest("another") }));
    await expectRefusal(
      reportResponses(await signedResponse(response()), other),
      b.equivocations,
      "EquivocationsNoContradiction",
    );
    const ofAnother = await signedReEncryption(digest("two"), terms.expiry, digest("another"));
    const mixed = b.equivocations.reportReEncryptions(
      b.actors.relayer1,
      requestId,
      terms.epoch,
      await signedReEncryption(digest("one")),
      ofAnother,
    );
    await expect(mixed).to.be.revertedWithCustomError(b.equivocations, "EquivocationsInvalidSignature");
    // Of the same length at another block: a ledger that was rewritten has to be told.
    for (const changes of [
      { blockNumber: 200n, head: digest("rewritten") },
      { ledger: b.actors.stranger.address, head: digest("other") },
      { chainId: 7n, head: digest("other") },
    ]) {
      const attempt = reportCheckpoints(await checkpoint(), await checkpoint(changes));
      await expectRefusal(attempt, b.equivocations, "EquivocationsNoContradiction");
    }
  });

  it("have no say about what was signed under two epochs, as what was learned since may be", async () => {
    await b.relayers.addRelayer(b.actors.stranger);
    const later = await signedResponse(response({ decision: Decision.RecordRevoked }), { epoch: terms.epoch + 1n });
    const first = await signedResponse(response());
    for (const epoch of [terms.epoch, terms.epoch + 1n]) {
      await expect(reportResponses(first, later, epoch)).to.be.revertedWithCustomError(
        b.equivocations,
        "EquivocationsInvalidSignature",
      );
    }
  });

  it("count what was signed in an epoch that has ended, while its relayer is one still", async () => {
    await b.relayers.addRelayer(b.actors.stranger);
    await expect(
      reportResponses(
        await signedResponse(response()),
        await signedResponse(response({ decision: Decision.RecordRevoked })),
      ),
    ).to.emit(b.equivocations, "Equivocated");
  });

  it("do not judge twice: whoever was admitted again has a new tenure", async () => {
    const signed = [
      await signedResponse(response()),
      await signedResponse(response({ decision: Decision.RecordRevoked })),
    ] as const;
    await reportResponses(...signed);
    await b.relayers.addRelayer(b.actors.relayer1);
    const attempt = reportResponses(...signed);
    const { address } = b.actors.relayer1;
    await expectRefusal(attempt, b.equivocations, "EquivocationsUnknownRelayer", address, terms.epoch);
    expect(await b.relayers.isRelayer(address)).to.equal(true);
  });

  it("need both signatures of the relayer that is named", async () => {
    const [first, second] = [response(), response({ decision: Decision.RecordRevoked })];
    const mine = await signedResponse(first);
    const others = await signedResponse(second, {}, b.actors.relayer2);
    const pairs: [typeof mine, typeof mine][] = [
      [mine, others],
      [others, mine],
      [mine, { ...others, signature: "0x" }],
      [mine, { ...mine, response: second }],
    ];
    for (const pair of pairs) {
      await expect(reportResponses(...pair)).to.be.revertedWithCustomError(
        b.equivocations,
        "EquivocationsInvalidSignature",
      );
    }
    const { address } = b.actors.stranger;
    const nobody = reportResponses(mine, await signedResponse(second), terms.epoch, address);
    await expectRefusal(nobody, b.equivocations, "EquivocationsUnknownRelayer", address, terms.epoch);
  });

  it("see a key's own word though its account borrows a contract's code", async () => {
    const { relayer1 } = b.actors;
    const code = `0xef0100${(await b.grants.getAddress()).slice(2)}`;
    await b.ethers.provider.send("hardhat_setCode", [relayer1.address, code]);
    expect(await b.ethers.provider.getCode(relayer1.address)).not.to.equal("0x");
    await expect(
      reportResponses(
        await signedResponse(response()),
        await signedResponse(response({ decision: Decision.RecordRevoked })),
      ),
    ).to.emit(b.equivocations, "Equivocated");
  });

  it("find nothing in a whole exchange, nor in its retries, which say the same bit by bit", async () => {
    const { requestId: id } = await authorizedRequest(world);
    await submit(world, id);
    const answer = await responseOf(world, id);
    await carryResponse(world, answer);
    const wallet = Wallet.createRandom();
    const message: MessageTypes["AccessResponse"] = {
      sourceChainId: a.chainId,
      source: await a.grants.getAddress(),
      ...answer,
      ...terms,
    };
    const hash = digestOf(await domainOf(b, "requests"), "AccessResponse", message);
    const [once, again] = [wallet.signingKey.sign(hash).serialized, wallet.signingKey.sign(hash).serialized];
    expect(again).to.equal(once);
    const retry = reportResponses(await signedResponse(answer), await signedResponse(answer));
    await expectRefusal(retry, b.equivocations, "EquivocationsNoContradiction");
  });

  it("are the only one who can suspend", async () => {
    for (const caller of [b.actors.administrator, b.actors.relayer1, b.actors.stranger]) {
      const attempt = b.relayers.connect(caller).suspendRelayer(b.actors.relayer2, digest("evidence"));
      await expectRefusal(attempt, b.relayers, "AccessManagedUnauthorized", caller.address);
    }
  });
});
