import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hex32, requestStateOf, transact } from "@medexchain/chain";
import { writeChains } from "@medexchain/config";
import { setupA } from "@medexchain/pre";
import { createVault } from "@medexchain/vault";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";
import { enrolPatient } from "../../devnet/cast.ts";
import { developmentAccount } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { Person } from "../cli/support/medex.ts";
import { atTerminal, needsScript } from "../cli/support/terminal.ts";
import { type ByHandNetwork, startByHandNetwork, startGatewayOf } from "./by-hand.ts";
import { exampleDocument, publishExample } from "./support.ts";

const PASSPHRASE = "a passphrase of the tests";

describe("medex access: what patients decide with relayers that a test plays", function () {
  this.timeout(600_000);
  const stack = new AsyncDisposableStack();
  let network: ByHandNetwork;
  let alice: Person;
  let folder: string;
  /** The same patient's device at hand: what it publishes and approves, the command seals anew. */
  let cast: ByHandNetwork["cast"];

  before(async () => {
    network = stack.use(await startByHandNetwork());
    const { cast: drawn, ipfsUrl, tangleUrl } = network;
    const gateway = stack.use(await startGatewayOf(drawn));
    const [accountKey, secret] = [randomBytes(32), randomBytes(32)];
    const draws = [accountKey.slice(), secret.slice()]; // in the order in which a patient is made
    const patient = stack.use(
      await enrolPatient(drawn, "alice", () => draws.shift() ?? expect.fail("drawn from again")),
    );
    cast = { ...drawn, patient };

    const home = await mkdtemp(join(tmpdir(), "medexchain-reseal-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const configuration = join(home, "medex.config.json");
    const { name: hospital, chain } = drawn.hospitalA;
    const services = { ipfs: { url: ipfsUrl }, tangle: { url: tangleUrl } };
    await writeFile(configuration, JSON.stringify(services));
    await writeChains(configuration, { home: { deployment: chain.deployment, fromBlock: 0, confirmations: 0 } });
    const written = JSON.parse(await readFile(configuration, "utf8"));
    const hospitals = { [hospital]: { chain: "home", gateway: gateway.url } };
    await writeFile(configuration, JSON.stringify({ ...written, hospitals }));
    const contents = { v: 1, type: "medexchain/vault", role: "owner", accountKey, secret } as const;
    const membership = { hospital, pseudonym: "alice" };
    await createVault(join(home, "vaults"), "alice", { ...contents, membership }, PASSPHRASE);
    const operator = drawn.hospitalA.hospital.operator as Wallet; // the devnet draws one
    const ofHospital = {
      v: 1,
      type: "medexchain/vault",
      role: "hospital",
      pseudonym: hospital,
      scheme: "ibe",
    } as const;
    const operatorKey = hexToBytes(operator.privateKey.slice(2));
    const masterKeys = setupA(); // to carry approvals takes the operator's account alone
    await createVault(
      join(home, "vaults"),
      "operator",
      { ...ofHospital, accountKey: operatorKey, masterKeys },
      PASSPHRASE,
    );
    folder = home;
    alice = new Person(home, { MEDEX_HOME: home, MEDEX_PASSPHRASE: PASSPHRASE });
  });
  after(() => stack.disposeAsync());

  /** One relayer comes, so that the set is another. */
  async function admit(): Promise<Wallet> {
    const { chainA } = cast;
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    await fund(chainA.deployment, wallet.address);
    await transact(chainA, () => chainA.as(developmentAccount(0)).relayers.addRelayer(wallet.address));
    return wallet;
  }

  it("seals an approval to the relayers of now, names one that it leaves out, and the doctor opens the record", async () => {
    const { chainA, doctors, patient } = cast;
    const recordId = await publishExample(cast);
    const requestId = await network.askFor(recordId);
    await patient.approve(requestId);
    await alice.fails("INPUT_INVALID", "access", "reseal", requestId); // they have not changed
    await admit();
    const resealed = await alice.ok("access", "reseal", requestId);
    const { key, relayerEpoch } = await chainA.grants.grant(requestId);
    expect(resealed).to.include({ requestId, decision: "Granted", sealedRekey: key, epoch: String(relayerEpoch) });
    expect(relayerEpoch).to.equal(await chainA.relayers.epoch());
    expect(resealed.leftOutRelayers).to.deep.equal([2]);

    const another = await admit();
    await network.withKey(another);
    const { code, stdout, stderr } = await alice.run(["access", "reseal", requestId]);
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.include("Granted")
      .and.include(`of epoch ${await chainA.relayers.epoch()}`);
    expect(stderr).to.include("relayer 2, to whom nothing can be sealed");
    expect((await network.sealedReKeyOf(requestId)).indices).to.deep.equal([1, 3]);

    const ids = { recordId, requestId };
    await network.publishPartial(network.relayers[0]!, ids);
    await network.grantBy(network.relayers, requestId);
    expect((await doctors[0].open(requestId)).document).to.deep.equal(exampleDocument);
    await alice.fails("REQUEST_ALREADY_GRANTED", "access", "reseal", requestId);
  });

  it("shows that the contract refused, ends with 1, and sends nothing, when the record was revoked since", async () => {
    const { chainA, patient } = cast;
    const recordId = await publishExample(cast);
    const requestId = await network.askFor(recordId);
    await patient.approve(requestId);
    await admit();
    await transact(chainA, () => patient.chain.records.revoke(recordId));
    const { code, stdout, stderr } = await alice.run(["access", "reseal", requestId, "--json"]);
    expect(code, stderr).to.equal(1);
    expect(JSON.parse(stdout))
      .to.include({ requestId, decision: "RecordRevoked" })
      .and.not.have.property("sealedRekey");
    expect(requestStateOf((await chainA.grants.grant(requestId)).state)).to.equal("Refused");
  });

  it("asks at a terminal, once it has shown who asks for what, and approves nothing at n; asks nobody elsewhere", async function () {
    needsScript.call(this);
    const requestId = await network.askFor(await publishExample(cast));
    const { code, stdout } = await atTerminal(["access", "approve", requestId], {
      cwd: folder,
      env: { MEDEX_HOME: folder, MEDEX_PASSPHRASE: PASSPHRASE },
      question: "Approve it? [y/N]",
      typed: "n\n",
    });
    expect(code).to.equal(1);
    expect(stdout).to.match(/asked before.*purpose +TREAT \(treatment\).*Approve it\? \[y\/N\].*nothing was done/s);
    await alice.misuses("INPUT_INVALID", "access", "approve", requestId);
    expect(requestStateOf((await cast.chainA.grants.grant(requestId)).state)).to.equal("Pending");
  });

  it("says what is wrong with a request that cannot be sealed anew", async () => {
    await alice.fails("REQUEST_UNKNOWN", "access", "reseal", `0x${"77".repeat(32)}`);
    const requestId = await network.askFor(await publishExample(cast));
    await alice.fails("REQUEST_PENDING", "access", "reseal", requestId);
    const wrong = await alice.run(["access", "reseal", "0x12"]);
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.include("0x12");
  });

  it("sign an approval, which the hospital carries with others', and names each that is not taken", async () => {
    const { chainA, doctors } = cast;
    const document = '{"resourceType":"Patient","name":[{"family":"Noor"}]}';
    await writeFile(join(folder, "patient.json"), document);
    const published = await alice.ok("record", "publish", "patient.json", "--private", "Patient.name", "--yes");
    const recordId = hex32(String(published.recordId));
    const [requestId, other] = [await network.askFor(recordId), await network.askFor(recordId)];
    const signed = await alice.ok("access", "approve", requestId, "--yes", "--sign", "approval.json");
    expect(signed).to.include({ requestId, decision: "Granted", file: "approval.json" });
    expect(signed).not.to.have.property("transactionHash");
    expect(requestStateOf((await chainA.grants.grant(requestId)).state)).to.equal("Pending");
    const approval = JSON.parse(await readFile(join(folder, "approval.json"), "utf8"));
    await writeFile(join(folder, "forged.json"), JSON.stringify({ ...approval, requestId: other }));
    const { code, stdout } = await alice.run(["access", "carry", "approval.json", "forged.json", "--json"]);
    expect(code).to.equal(1);
    const [taken, refused] = JSON.parse(stdout).carried;
    expect(taken).to.include({ requestId, decision: "Granted" });
    expect(refused.refusal).to.include("AccessGrantsInvalidSignature");
    expect(refused).to.include({ requestId: other }).and.not.have.property("decision");
    expect(requestStateOf((await chainA.grants.grant(other)).state)).to.equal("Pending");

    await network.publishPartial(network.relayers[0]!, { recordId, requestId });
    await network.grantBy(network.relayers, requestId);
    expect((await doctors[0].open(requestId)).document).to.deep.equal(new TextEncoder().encode(document));
  });
});
