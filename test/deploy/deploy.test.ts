import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectChain, type Deployment } from "@medexchain/chain";
import { readChains } from "@medexchain/config";
import { parseRelayerConfig } from "@medexchain/relayer";
import { expect } from "chai";
import { Contract, Interface, id, JsonRpcSigner, parseEther, toBeHex, Wallet } from "ethers";
import { type Ended, medexDeploy, type RpcProxy, startChains, startProxy, type TestChain } from "./support.ts";

const DAY = 86_400;
const account = (name: string): string => new Wallet(id(name)).address;
const MULTISIG = account("multisig");
const REGISTRAR = account("registrar");
const OPERATIONS = account("operations");
const RELAYERS = [account("relayer 1"), account("relayer 2"), account("relayer 3")];
const SEALING_KEY = id("sealing key");
const MANAGER = new Interface([
  "function hasRole(uint64, address) view returns (bool, uint32)",
  "function grantRole(uint64, address, uint32)",
  "function renounceRole(uint64, address)",
  "function schedule(address, bytes, uint48) returns (bytes32, uint32)",
  "function execute(address, bytes) payable returns (uint32)",
]);
const RENOUNCE_ADMINISTRATOR = (deployer: string) => MANAGER.encodeFunctionData("renounceRole", [0, deployer]);

/** Parameters of a real network: nobody but these accounts has a role, and the administrator acts after two days. */
const parameters = (transactions: object, registrar = REGISTRAR) => ({
  roles: {
    administrator: [{ account: MULTISIG, executionDelay: 2 * DAY }],
    registrar: [{ account: registrar, executionDelay: 0 }],
    relayerManager: [{ account: OPERATIONS, executionDelay: DAY }],
    laneManager: [{ account: OPERATIONS, executionDelay: DAY }],
    guardian: [{ account: OPERATIONS, executionDelay: 0 }],
  },
  relayers: { accounts: RELAYERS, threshold: 2, sealingKey: SEALING_KEY },
  lane: { policy: "both", validators: RELAYERS, trustingPeriod: 7 * DAY },
  transactions: { confirmations: 1, pollInterval: 20, ...transactions },
});

/**
 * An account whose address begins with a small letter. Ignition goes on with a resumed step of such an account after it has begun new ones, so
 * that a second interruption leaves it with nonces that do not fit, unless the steps are recovered for it.
 */
function walletWithSmallLetter() {
  for (;;) {
    const wallet = Wallet.createRandom();
    if (/^0x[a-f]/.test(wallet.address)) return wallet;
  }
}

describe("medex deploy", function () {
  this.timeout(120_000);
  let folder: string;
  let a: TestChain;
  let b: TestChain;
  let proxyA: RpcProxy;
  let proxyB: RpcProxy;
  const deployer = walletWithSmallLetter();

  const path = (name: string): string => join(folder, name);
  const write = (name: string, content: object): string => {
    writeFileSync(path(name), JSON.stringify(content));
    return path(name);
  };
  const config = (name: string, changes: { a?: object; b?: object; journal?: string } = {}): string =>
    write(name, {
      networks: [
        { name: "hospital-a", chainId: 31337, rpcUrl: proxyA.url, parameters: "a.json", ...changes.a },
        { name: "hospital-b", chainId: 31338, rpcUrl: proxyB.url, parameters: "b.json", ...changes.b },
      ],
      ...(changes.journal !== undefined && { journal: changes.journal }),
    });
  const deploy = (file: string, key: string | undefined = deployer.privateKey): Promise<Ended> =>
    medexDeploy(file, key).ended;
  const refused = ({ code, stderr }: Ended, errorCode: string, ...parts: string[]) => {
    expect(code, stderr).to.equal(1);
    expect(stderr.trim().split("\n"), stderr).to.have.length(1);
    for (const part of [...parts, `[${errorCode}]`]) expect(stderr).to.include(part);
    expect(stderr).to.not.include(deployer.privateKey.slice(2));
  };

  /** Runs until each proxy holds something back, then kills the process without any warning. */
  const killWhenHeld = async (...proxies: RpcProxy[]) => {
    const running = medexDeploy(path("deployment.json"), deployer.privateKey);
    const early = running.ended.then(({ stdout, stderr }) => {
      throw new Error(`it ended before it was killed: ${stdout}${stderr}`);
    });
    await Promise.race([Promise.all(proxies.map((proxy) => proxy.held())), early]);
    early.catch(() => {}); // it ends now, as it is to
    running.kill();
    expect((await running.ended).signal).to.equal("SIGKILL");
    for (const proxy of proxies) proxy.fateOf = () => "delivered";
  };
  /** The nth transaction from now. */
  const nth = (n: number, fate: "lost" | "reply lost") => {
    let sent = 0;
    return () => (++sent === n ? fate : "delivered");
  };
  const isAdministrator = async ({ provider }: TestChain, who: string): Promise<boolean> => {
    const manager = journal("hospital-a").find(
      (line) => line.futureId === "MedExChain#SuiteManager" && line.type === "DEPLOYMENT_EXECUTION_STATE_COMPLETE",
    )!.result!.address;
    return (await new Contract(manager, MANAGER, provider).getFunction("hasRole")(0, who))[0];
  };
  interface Line {
    type: string;
    futureId?: string;
    result?: { address: string };
  }
  const journal = (network: string): Line[] =>
    readFileSync(path(`deployments/${network}/journal.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const state = async () => ({
    nonces: [await a.provider.getTransactionCount(deployer), await b.provider.getTransactionCount(deployer)],
    files: [
      "medex.config.json",
      "deployments/hospital-a/journal.jsonl",
      "deployments/hospital-b/journal.jsonl",
      "deployments/hospital-a/signed.jsonl",
    ].map((file) => readFileSync(path(file), "utf8")),
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "medex-deploy-"));
    [a, b] = await startChains();
    [proxyA, proxyB] = [await startProxy(a.rpcUrl), await startProxy(b.rpcUrl)];
    write("a.json", parameters({}));
    write("b.json", parameters({ gasPrice: 0 }));
    config("deployment.json");
  });
  after(async () => {
    proxyA.close();
    proxyB.close();
    await Promise.all([a.close(), b.close()]);
    rmSync(folder, { recursive: true });
  });

  describe("refuses before it sends anything", () => {
    after(async () => {
      expect(await a.provider.getBlockNumber()).to.equal(0);
      expect(await b.provider.getBlockNumber()).to.equal(0);
    });

    it("a configuration with wrong keys, naming each", async () => {
      const ended = await deploy(config("wrong.json", { a: { chainId: "31337", rpc: "" } }));
      refused(ended, "CONFIG_INVALID", "wrong.json", "networks.0.chainId", '"rpc"');
    });

    it("to run without a key, saying where to put it", async () => {
      refused(await medexDeploy(path("deployment.json"), undefined).ended, "CONFIG_INVALID", "MEDEX_DEPLOYER_KEY");
    });

    it("another chain than the one meant, and an RPC that does not answer, both in one line", async () => {
      const dead = await startProxy(b.rpcUrl);
      dead.close();
      const file = config("elsewhere.json", {
        a: { chainId: 7 },
        b: { rpcUrl: `${dead.url}/secret-api-key` },
        journal: "elsewhere",
      });
      const ended = await deploy(file);
      refused(ended, "CHAIN_MISMATCH", "hospital-a serves chain 31337, not 7", "hospital-b does not answer at");
      expect(ended.stderr).to.not.include("secret-api-key");
    });

    it("a deployer without funds, but where gas is free", async () => {
      const ended = await deploy(config("poor.json", { journal: "poor" }));
      refused(ended, "DEPLOYER_UNFUNDED", "hospital-a", deployer.address);
      expect(ended.stderr).to.not.include("hospital-b");
    });
  });

  describe("killed at any point", () => {
    before(async () => {
      await a.provider.send("hardhat_setBalance", [deployer.address, toBeHex(parseEther("100"))]);
    });

    it("may lose the reply to a transaction that was sent, on both chains at once", async () => {
      proxyA.fateOf = nth(4, "reply lost");
      proxyB.fateOf = nth(1, "reply lost");
      await killWhenHeld(proxyA, proxyB);
    });

    it("may lose a transaction that was signed, and one that was not", async () => {
      proxyA.fateOf = nth(5, "lost");
      proxyB.fateOf = nth(9, "lost");
      await killWhenHeld(proxyA, proxyB);
      // As if the process had died just before the signature. The journal's last line is then cut off as well.
      const signed = path("deployments/hospital-a/signed.jsonl");
      writeFileSync(signed, readFileSync(signed, "utf8").replace(/[^\n]*\n$/, '{"nonce":'));
      const file = path("deployments/hospital-b/journal.jsonl");
      writeFileSync(file, `${readFileSync(file, "utf8")}\n{"type":"TRANSAC`);
      // And as if it had died while Ignition rewrote its list of addresses.
      writeFileSync(path("deployments/hospital-b/deployed_addresses.json"), "");
    });

    it("keeps the deployer's roles while the administrator is no contract", async () => {
      refused(await deploy(path("deployment.json")), "DEPLOYMENT_DEVIATES", `${MULTISIG} must be a contract`);
      expect(await isAdministrator(a, deployer.address)).to.equal(true);
    });

    it("may lose the reply to the very last transaction, which gives the administrator's role up", async () => {
      for (const { provider } of [a, b]) await provider.send("hardhat_setCode", [MULTISIG, "0x00"]);
      proxyB.fateOf = ({ data }) => (data === RENOUNCE_ADMINISTRATOR(deployer.address) ? "reply lost" : "delivered");
      await killWhenHeld(proxyB);
      expect(await isAdministrator(b, deployer.address)).to.equal(false);
    });

    it("goes on to the end when it is run again", async () => {
      const { code, stdout, stderr } = await deploy(path("deployment.json"));
      expect(code, stderr).to.equal(0);
      expect(stdout).to.include("hospital-a  verified").and.include("hospital-b  verified");
      expect(stdout + stderr).to.not.include(deployer.privateKey.slice(2));
    });

    it("has sent every transaction once", async () => {
      for (const [network, chain] of [
        ["hospital-a", a],
        ["hospital-b", b],
      ] as const) {
        const steps = journal(network).filter(({ type }) => type === "TRANSACTION_CONFIRM");
        const sent = await chain.provider.getTransactionCount(deployer);
        // The very last one's confirmation is never entered when its reply was lost: nobody needs it any more.
        expect(sent - steps.length).to.equal(network === "hospital-b" ? 1 : 0);
      }
    });
  });

  describe("once it is done", () => {
    let deployments: Deployment[];

    it("has written what the relayer and the clients read", async () => {
      const chains = await readChains(path("medex.config.json"));
      expect(Object.keys(chains)).to.deep.equal(["hospital-a", "hospital-b"]);
      // Each lane's parameters say who validates the other chain: the audit proves that chain by them.
      expect(Object.values(chains).map(({ validators }) => validators)).to.deep.equal([RELAYERS, RELAYERS]);
      deployments = Object.values(chains).map(({ deployment }) => deployment);
      expect(deployments.map(({ chainId }) => chainId)).to.deep.equal([31337n, 31338n]);
      const { ipfs, database } = { ipfs: { url: "http://127.0.0.1:5001" }, database: { directory: "relayer" } };
      parseRelayerConfig({ chains: Object.values(chains), ipfs, database });
      for (const deployment of deployments) (await connectChain(deployment)).close();
    });

    it("has given the roles to their holders, with their delays, and left none with the deployer", async () => {
      for (const [{ provider }, { manager }] of [
        [a, deployments[0]!],
        [b, deployments[1]!],
      ] as const) {
        const hasRole = new Contract(manager, MANAGER, provider).getFunction("hasRole");
        expect(await hasRole(0, MULTISIG)).to.deep.equal([true, BigInt(2 * DAY)]);
        expect(await hasRole(1, REGISTRAR)).to.deep.equal([true, 0n]);
        expect(await hasRole(2, OPERATIONS)).to.deep.equal([true, BigInt(DAY)]);
        expect(await hasRole(3, OPERATIONS)).to.deep.equal([true, BigInt(DAY)]);
        for (const role of [0, 1, 2, 3, 4])
          expect((await hasRole(role, deployer.address))[0], `role ${role}`).to.equal(false);
      }
    });

    it("has paid nothing where gas is free, by legacy transactions", async () => {
      const block = await b.provider.getBlock(1, true);
      expect(block!.prefetchedTransactions.map(({ type, gasPrice }) => [type, gasPrice])).to.deep.equal([[0, 0n]]);
      expect(await b.provider.getBalance(deployer)).to.equal(0n);
    });

    it("changes nothing when it is run again", async () => {
      const before = await state();
      const { code, stderr } = await deploy(path("deployment.json"));
      expect(code, stderr).to.equal(0);
      expect(await state()).to.deep.equal(before);
    });

    it("fails loudly when somebody has a role that the parameters do not give", async () => {
      const stranger = account("stranger");
      const manager = deployments[0]!.manager;
      const call = MANAGER.encodeFunctionData("grantRole", [1, stranger, 0]);
      await a.provider.send("hardhat_setBalance", [MULTISIG, toBeHex(parseEther("1"))]);
      await a.provider.send("hardhat_impersonateAccount", [MULTISIG]);
      const multisig = new Contract(manager, MANAGER, new JsonRpcSigner(a.provider, MULTISIG));
      await (await multisig.getFunction("schedule")(manager, call, 0)).wait();
      await a.provider.send("evm_increaseTime", [2 * DAY]);
      await (await multisig.getFunction("execute")(manager, call)).wait();
      refused(
        await deploy(path("deployment.json")),
        "DEPLOYMENT_DEVIATES",
        `hospital-a: ${stranger} holds role 1 (registrar)`,
      );
    });

    it("fails loudly when the parameters give a role that the chain does not", async () => {
      write("b.json", parameters({ gasPrice: 0 }, account("another registrar")));
      const ended = await deploy(path("deployment.json"));
      refused(ended, "DEPLOYMENT_DEVIATES", `${account("another registrar")} was never given the role registrar`);
      expect(ended.stderr).to.include(`${REGISTRAR} holds role 1`);
    });

    it("refuses a chain that was reset, which its journal is not of", async () => {
      const origin = path("deployments/hospital-a/origin.json");
      writeFileSync(origin, readFileSync(origin, "utf8").replace(/"0x[0-9a-f]{64}"/, `"${id("another genesis")}"`));
      refused(await deploy(path("deployment.json")), "CHAIN_MISMATCH", "hospital-a", "belongs to another chain");
    });
  });
});
