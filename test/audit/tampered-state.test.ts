import { cp, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as dagPb from "@ipld/dag-pb";
import { openFragmentStore } from "@medexchain/actors/files";
import { openAudit, type Receipt, setStoreAside, verifyHistory, verifyReceipt } from "@medexchain/audit";
import { checkpointDigestOf, type Hex32, hex32, toHex32, transact, ZERO_32 } from "@medexchain/chain";
import { developmentAccount } from "@medexchain/devnet";
import { CODEC, cidFromDigest, createContentStore, digestOf } from "@medexchain/ipfs";
import { createTangleClient } from "@medexchain/tangle";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Contract, JsonRpcSigner, solidityPackedKeccak256, Wallet } from "ethers";
import { create } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import type { Cast } from "../../devnet/cast.ts";
import { startIpfsServer } from "../../devnet/ipfs/index.ts";
import { startTangleServer } from "../../devnet/tangle/index.ts";
import { grantTo, passTime, publishExample } from "../e2e/support.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { carryOwnersActs } from "./support/carried.ts";
import { startCorruptor } from "./support/corruptor.ts";
import { audit, codesOf, type History, makeHistory, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, startLyingNode, withWord } from "./support/tamper.ts";

// In this order: each test leaves the history as the next one needs it, and the last ones break it for good.
describe("audit of fragments, contracts and chains that were tampered with", () => {
  let history: History;
  before(async function () {
    this.timeout(240_000);
    history = await makeHistory();
  });
  after(() => history?.[Symbol.asyncDispose]());
  const sources = () => [sourceOf("a", history.devnet.chainA), sourceOf("b", history.devnet.chainB)];

  it("names what an empty IPFS and an empty Tangle do not have", async () => {
    await using directory = await temporaryDirectory();
    const ipfs = await startIpfsServer({ directory: join(directory.path, "ipfs") });
    const tangle = await startTangleServer({ directory: join(directory.path, "tangle") });
    try {
      await using client = createTangleClient({ url: tangle.url });
      const { findings, passed } = await audit(sources(), {
        storage: { store: createContentStore({ url: ipfs.url }), tangle: client },
      });
      expect(codesOf(findings)).to.deep.equal(["CONTENT_MISSING", "TANGLE_BLOCK_MISSING"]);
      expect(passed).to.equal(false);
    } finally {
      await ipfs.close();
      await tangle.close();
    }
  });

  it("names what IPFS and the Tangle give in altered form", async () => {
    await using ipfs = await startCorruptor(history.devnet.ipfsUrl, /block\/get/);
    await using tangle = await startCorruptor(history.devnet.tangleUrl, /blocks\//);
    await using client = createTangleClient({ url: tangle.url });
    const { findings } = await audit(sources(), {
      storage: { store: createContentStore({ url: ipfs.url }), tangle: client },
    });
    expect(codesOf(findings)).to.include.members(["CONTENT_ALTERED", "TANGLE_BLOCK_ALTERED"]);
  });

  it("leaves nothing unchecked in silence: a storage that is down or not configured fails the audit", async () => {
    await using tangle = createTangleClient({ url: "http://127.0.0.1:9" });
    const { findings, passed } = await audit(sources(), { storage: { tangle } });
    expect(codesOf(findings)).to.deep.equal(["CHECK_NOT_DONE"]);
    expect(passed).to.equal(false);
  });

  it("names a private fragment that the owner's folder has altered, or not", async () => {
    const { cast, devnet } = history;
    await using directory = await temporaryDirectory();
    const [folder] = await readdir(join(devnet.directory, "fragments"));
    await cp(join(devnet.directory, "fragments", folder!), directory.path, { recursive: true });
    // Beside the fragments is a folder of what was approved.
    const file = (await readdir(directory.path, { withFileTypes: true })).find((entry) => entry.isFile())?.name;
    const storage = { store: cast.store, tangle: cast.tangle, fragments: await openFragmentStore(directory.path) };
    expect(codesOf((await audit(sources(), { storage })).findings)).to.deep.equal([]);
    await writeFile(join(directory.path, file!), "another");
    expect(codesOf((await audit(sources(), { storage })).findings)).to.deep.equal(["CONTENT_ALTERED"]);
  });

  it("names a record whose capsule is a file of missing leaves, with the CID, and checks the others", async () => {
    const { cast, devnet } = history;
    const { chain, memberId } = cast.patient;
    const missing = CID.createV1(CODEC.raw, cidFromDigest(randomBytes(32)).multihash);
    const links = Array.from({ length: 3 }, () => ({ Name: "", Tsize: 100, Hash: missing }));
    const data = Uint8Array.of(0x08, 2, 0x18, 0xac, 2, 0x20, 100, 0x20, 100, 0x20, 100); // UnixFS: three leaves of 100 bytes
    const options = { cidCodec: "dag-pb", mhtype: "sha2-256" } as object;
    const root = await create({ url: devnet.ipfsUrl }).block.put(dagPb.encode({ Data: data, Links: links }), options);
    const digest = toHex32(digestOf(root));
    const digests = { capsule: digest, publicFragment: digest, privateFragment: digest };
    const record = { owner: memberId, salt: toHex32(randomBytes(32)), ...digests, maxAccessCount: 5 };
    await transact(chain, () => chain.records.anchor(record));
    const { findings } = await audit(sources(), { storage: { store: cast.store, tangle: cast.tangle } });
    expect(codesOf(findings)).to.deep.equal(["CONTENT_INVALID"]);
    const invalid = findings.filter(({ code }) => code === "CONTENT_INVALID");
    expect(invalid).to.have.length(2); // capsule and public fragment
    expect(invalid[0]?.evidence.found).to.contain(root.toString());
  });

  it("reads on from where it ended, and tells a disputed record, as a warning", async () => {
    const { cast, devnet } = history;
    await using directory = await temporaryDirectory();
    await using node = await startLyingNode(devnet.chainA, {});
    const told = { sources: [sourceOf("a", node.deployment), sourceOf("b", devnet.chainB)], directory: directory.path };
    await verifyHistory(told);
    const { calls } = node.proxy;
    const blocksRead = calls.filter((method) => method === "eth_getBlockByNumber").length;
    calls.length = 0;
    const doctor = cast.doctors[1];
    const requestId = await grantTo(cast, doctor, await publishExample(cast, 1));
    await doctor.acknowledge(requestId, "Disputed");
    const { findings, passed, chains } = await verifyHistory(told);
    expect(codesOf(findings)).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
    expect(passed).to.equal(true);
    expect(chains[0]?.entries).to.equal(4n);
    expect(calls.filter((method) => method === "eth_getBlockByNumber").length).to.be.lessThan(blocksRead);
  });

  it("proves who anchored, limited and revoked what others carried, by key and by contract account, and names forgeries", async () => {
    const { devnet, cast } = history;
    const contractAccount = await carryOwnersActs(cast);
    // What an account's contract accepts is believed of two nodes, and of one not.
    expect(codesOf((await audit(sources())).findings)).to.have.members(["ACKNOWLEDGEMENT_DISPUTED", "CHECK_NOT_DONE"]);
    const witnessed = [sourceOf("a", devnet.chainA, devnet.chainA.rpcUrl), sourceOf("b", devnet.chainB)];
    expect(codesOf((await audit(witnessed)).findings)).to.deep.equal(["ACKNOWLEDGEMENT_DISPUTED"]);
    const codesWith = async (lies: Lies, noCode = false) => {
      await using node = await startLyingNode(devnet.chainA, lies);
      if (noCode) {
        const isAsked = (method: string, [address]: readonly unknown[]) =>
          method === "eth_getCode" && String(address).toLowerCase() === contractAccount.toLowerCase();
        node.proxy.intercept = async (method, params) =>
          isAsked(method, params as unknown[]) ? { result: "0x" } : undefined;
      }
      const { findings } = await audit([sourceOf("a", node.deployment), sourceOf("b", devnet.chainB)]);
      return findings.filter(({ code }) => code === "AUTHOR_FORGED").map(({ message }) => message);
    };
    for (const name of ["RecordAnchored", "RecordLimitSet", "RecordRevoked"]) {
      const topic = eventTopic("records", name);
      // The signature's length, then r: its 65 bytes are padded to 96 at the end of the data.
      const flip = (data: string) => {
        const at = data.length - 2 * 96 + 8;
        return `${data.slice(0, at)}${data[at] === "0" ? "1" : "0"}${data.slice(at + 1)}`;
      };
      const isOfKey = (data: string) => BigInt(`0x${data.slice(-2 * 128, -2 * 96)}`) === 65n;
      const messages = await codesWith({
        logs: (logs) =>
          logs.map((log) => (log.topics[0] === topic && isOfKey(log.data) ? { ...log, data: flip(log.data) } : log)),
      });
      expect(messages, name).to.have.length(1);
      expect(messages[0], name).to.include("was not signed by its author");
    }
    expect(await codesWith({}, true), "a contract account without code").to.have.length(1);
    const limit = eventTopic("records", "RecordLimitSet");
    const raised = await codesWith({
      logs: (logs) => logs.map((log) => (log.topics[0] === limit ? { ...log, data: withWord(log.data, 0, 9n) } : log)),
    });
    expect(raised).to.deep.equal(["RecordLimitSet was not signed by its author"]);
  });

  it("names a decision that was written past the contract that takes requests", async () => {
    const { chainA } = history.cast;
    const { provider, deployment, ledger } = chainA;
    const snapshot = await provider.send("evm_snapshot", []);
    await provider.send("hardhat_impersonateAccount", [deployment.grants]);
    await provider.send("hardhat_setBalance", [deployment.grants, "0xde0b6b3a7640000"]);
    const writer = ledger.connect(new JsonRpcSigner(provider, deployment.grants));
    const id = `0x${"77".repeat(32)}`;
    const attempt = {
      requestId: id,
      recordId: history.recordId,
      requester: id,
      hospitalId: id,
      hospitalLimit: 9,
      recordLimit: 9,
      decision: 1,
    };
    await (await writer.recordAccess(attempt)).wait();
    expect(await ledger.length()).to.equal(5n);
    const { findings, passed } = await audit(sources());
    expect(codesOf(findings)).to.include.members([
      "EVENT_MISSING",
      "LIMIT_NOT_IN_FORCE",
      "DECISION_WRONG",
      "APPROVAL_FORGED",
    ]);
    expect(passed).to.equal(false);
    await provider.send("evm_revert", [snapshot]);
  });

  it("names a head that was overwritten in the contract's storage", async () => {
    const { provider, deployment } = history.cast.chainA;
    const snapshot = await provider.send("evm_snapshot", []);
    // After the two mappings of counts.
    await provider.send("hardhat_setStorageAt", [deployment.ledger, "0x2", `0x${"11".repeat(32)}`]);
    await provider.send("evm_mine", []);
    expect(codesOf((await audit(sources())).findings)).to.include("LEDGER_HEAD_MISMATCH");
    await provider.send("evm_revert", [snapshot]);
  });

  it("names a root that the entries do not make", async () => {
    const { provider, deployment } = history.cast.chainA;
    const snapshot = await provider.send("evm_snapshot", []);
    // The peaks' mapping comes after both counts, head and length; the peak of an odd ledger's last entry is that of height 0.
    const entries = await history.cast.chainA.ledger.length();
    const height = [...entries.toString(2)].reverse().indexOf("1");
    const slot = solidityPackedKeccak256(["uint256", "uint256"], [height, 4]);
    await provider.send("hardhat_setStorageAt", [deployment.ledger, slot, `0x${"11".repeat(32)}`]);
    await provider.send("evm_mine", []);
    const codes = codesOf((await audit(sources())).findings);
    expect(codes).to.include("LEDGER_ROOT_MISMATCH").and.not.include("LEDGER_HEAD_MISMATCH");
    await provider.send("evm_revert", [snapshot]);
  });

  it("replays how roles are granted, with delays, as the manager grants them", async () => {
    const { provider, deployment } = history.cast.chainA;
    const calls = ["grantRole(uint64,address,uint32)", "setGrantDelay(uint64,uint32)", "revokeRole(uint64,address)"];
    const functions = calls.map((call) => `function ${call}`);
    const manager = new Contract(deployment.manager, functions, developmentAccount(0).connect(provider));
    const send = async (name: string, ...args: unknown[]) => (await manager.getFunction(name)(...args)).wait();
    const [one, other] = [Wallet.createRandom().address, Wallet.createRandom().address];
    await send("grantRole", 7n, one, 3_600);
    await send("grantRole", 7n, one, 60); // shorter: it waits for what it is shorter by
    await send("grantRole", 7n, other, 60);
    await send("grantRole", 7n, other, 3_600);
    await send("setGrantDelay", 8n, 30); // in five days
    await send("grantRole", 8n, one, 0);
    await send("revokeRole", 7n, one);
    await send("grantRole", 7n, one, 0);
    const { findings } = await audit(sources());
    const ofRoles = findings.filter(({ message }) => /role was granted|the manager's/.test(message));
    expect(ofRoles).to.deep.equal([]);
  });

  it("calls no answer unfounded that its chain gave after the last block that was to be read", async () => {
    const { cast } = history;
    const { provider, deployment } = cast.chainA;
    const recordId = await publishExample(cast, 1);
    const before = await provider.getBlockNumber();
    const requestId = await grantTo(cast, cast.doctors[0], recordId);
    // Before the request came, and so some blocks before the answer: relayers may make another one meanwhile.
    const confirmations = (await provider.getBlockNumber()) - before;
    const behind = sources().map((source) =>
      source.deployment.chainId === deployment.chainId ? { ...source, confirmations } : source,
    );
    const { findings, passed } = await audit(behind);
    expect(passed).to.equal(false);
    const ofIt = findings.filter(({ where }) => where.requestId === requestId);
    expect(codesOf(ofIt)).to.include("CHECK_NOT_DONE").and.not.include("RESPONSE_UNFOUNDED");
    const { findings: all } = await audit(sources());
    expect(all.filter(({ where }) => where.requestId === requestId)).to.deep.equal([]);
  });

  /** The receipt of a request, as whoever reads both chains makes it. */
  const receiptOf = async (requestId: Hex32): Promise<Receipt> => {
    await using directory = await temporaryDirectory();
    await using opened = await openAudit({ sources: sources(), directory: directory.path });
    return opened.receipt(requestId);
  };

  it("makes receipts by what another chain has a checkpoint of, and names a chain that was rewritten after it", async () => {
    const { cast } = history;
    const { chainA } = cast;
    await using directory = await temporaryDirectory();
    const kept = { sources: sources(), directory: directory.path };
    await verifyHistory(kept);

    const snapshot = await chainA.provider.send("evm_snapshot", []);
    const requestId = await grantTo(cast, cast.doctors[0], await publishExample(cast, 1));
    await storeCheckpoint(cast);
    const { findings: before } = await audit(sources());
    expect(codesOf(before)).to.not.include("CHECKPOINT_CONTRADICTED");
    const receipt = await receiptOf(requestId);
    const proven = verifyReceipt(receipt, { root: hex32(await chainA.ledger.root()) });
    expect(proven.entries.map(({ decision }) => decision)).to.deep.equal(["Granted"]);
    expect(receipt.checkpoint.keptBy?.chainId).to.equal(`${cast.chainB.deployment.chainId}`);
    await verifyHistory(kept);

    await chainA.provider.send("evm_revert", [snapshot]);
    await passTime(chainA, 1);
    await chainA.provider.send("hardhat_mine", ["0x100"]);
    const rewritten = await audit(sources());
    expect(rewritten.passed).to.equal(false);
    expect(codesOf(rewritten.findings)).to.include.members(["CHECKPOINT_CONTRADICTED", "RESPONSE_UNFOUNDED"]);
    expect(
      rewritten.findings.some(({ code, where }) => code === "RESPONSE_UNFOUNDED" && where.requestId === requestId),
    ).to.equal(true);
    const remembered = await verifyHistory(kept);
    expect(codesOf(remembered.findings)).to.include("CHAIN_REWRITTEN");
    expect(remembered.passed).to.equal(false);
    const aside = setStoreAside(directory.path, kept.sources);
    expect(await readdir(directory.path), "kept as evidence").to.deep.equal([basename(aside!)]);
    const anew = await verifyHistory(kept);
    expect(codesOf(anew.findings)).to.include("CHECKPOINT_CONTRADICTED").and.not.include("CHAIN_REWRITTEN");
    expect(setStoreAside(join(directory.path, "none"), kept.sources)).to.equal(undefined);
    await rm(directory.path, { recursive: true, force: true });
  });
});

/** Has chain B keep chain A's ledger as it is now, attested by a relayer that is admitted for it. */
async function storeCheckpoint({ chainA, chainB }: Cast): Promise<void> {
  const relayer = developmentAccount(7).connect(chainB.provider);
  const { relayers } = chainB.as(developmentAccount(0));
  await transact(chainB, () => relayers.addRelayer(relayer.address));
  const [block, entryCount, head, root] = await Promise.all([
    chainA.provider.getBlock("latest"),
    chainA.ledger.length(),
    chainA.ledger.head(),
    chainA.ledger.root(),
  ]);
  const { chainId, ledger } = chainA.deployment;
  const [blockNumber, blockTime] = [BigInt(block!.number), BigInt(block!.timestamp)];
  const checkpoint = { chainId, ledger, entryCount, blockNumber, blockTime, head: hex32(head), root: hex32(root) };
  const extension = { base: 0n, root: ZERO_32, proof: [] };
  const contract = { chainId: chainB.deployment.chainId, address: chainB.deployment.checkpoints };
  const terms = { epoch: await relayers.epoch(), expiry: blockTime + 86_400n };
  const { serialized } = relayer.signingKey.sign(checkpointDigestOf(contract, checkpoint, terms));
  const attestations = { ...terms, by: [{ relayer: relayer.address, signature: serialized }] };
  await transact(chainB, () => chainB.as(relayer).checkpoints.submitCheckpoint(checkpoint, extension, attestations));
}
