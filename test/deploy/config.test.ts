import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Chains, readChains, writeChains } from "@medexchain/config";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { id, Wallet } from "ethers";
import { readDeployer, readDeploymentConfig } from "../../deploy/config.ts";
import { readNetworkParameters } from "../../deploy/network-parameters.ts";

const HOLDER = { account: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", executionDelay: 60 };
const ROLES = {
  administrator: [HOLDER],
  registrar: [HOLDER],
  relayerManager: [HOLDER],
  laneManager: [HOLDER],
  guardian: [HOLDER],
};
const KEY = id("a deployer's key");
const inDeploy = (file: string): string => fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url));

async function invalid(call: Promise<unknown>, ...parts: string[]): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  if (!MedexError.is(error, "CONFIG_INVALID")) throw error ?? new Error("it was accepted");
  for (const part of parts) expect(error.message).to.include(part);
}

describe("configuration of a deployment", () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  const write = (name: string, content: unknown): string => {
    writeFileSync(path(name), typeof content === "string" ? content : JSON.stringify(content));
    return path(name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-config-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  describe("network parameters", () => {
    for (const [what, content, part] of [
      ["a role without a holder", { roles: { ...ROLES, registrar: [] } }, "roles.registrar"],
      ["a role that is missing", { roles: { ...ROLES, laneManager: undefined } }, "roles.laneManager"],
      ["a role that there is not", { roles: { ...ROLES, owner: [HOLDER] } }, '"owner"'],
      [
        "an account twice, however it is written",
        { roles: { ...ROLES, registrar: [HOLDER, { ...HOLDER, account: HOLDER.account.toLowerCase() }] } },
        "roles.registrar",
      ],
      [
        "an administrator without a delay",
        { roles: { ...ROLES, administrator: [{ ...HOLDER, executionDelay: 0 }] } },
        "roles.administrator.0.executionDelay",
      ],
      [
        "the zero address",
        { roles: { ...ROLES, registrar: [{ ...HOLDER, account: `0x${"0".repeat(40)}` }] } },
        "roles.registrar.0.account",
      ],
      [
        "a threshold above the number of relayers",
        { roles: ROLES, relayers: { accounts: [HOLDER.account], threshold: 2, sealingKey: KEY } },
        "relayers",
      ],
      [
        "a sealing key of the wrong length",
        { roles: ROLES, relayers: { accounts: [HOLDER.account], threshold: 1, sealingKey: "0x00" } },
        "relayers.sealingKey",
      ],
      ["a predecessor that is no address", { roles: ROLES, predecessor: "0x12" }, "predecessor"],
      ["a policy twice", { roles: ROLES, policies: [HOLDER.account, HOLDER.account.toLowerCase()] }, "policies"],
      ["a lane that is proven by nobody", { roles: ROLES, lane: { policy: "proven" } }, "lane.validators"],
      [
        "a validator twice",
        { roles: ROLES, lane: { policy: "both", validators: [HOLDER.account, HOLDER.account.toLowerCase()] } },
        "lane.validators",
      ],
      [
        "validators that nobody asks",
        { roles: ROLES, lane: { policy: "attested", validators: [HOLDER.account] } },
        "lane",
      ],
      ["a lane of another policy", { roles: ROLES, lane: { policy: "none" } }, "lane.policy"],
      ["no confirmations", { roles: ROLES, transactions: { confirmations: 0 } }, "transactions.confirmations"],
    ] as const) {
      it(`refuse ${what}, naming the key`, async () => {
        await invalid(readNetworkParameters(write("parameters.json", content)), "parameters.json", part);
      });
    }

    it("may name a predecessor and policies", async () => {
      const given = { predecessor: HOLDER.account, policies: [HOLDER.account] };
      const parameters = await readNetworkParameters(write("parameters.json", { roles: ROLES, ...given }));
      expect(parameters).to.deep.include(given);
      const without = await readNetworkParameters(write("parameters.json", { roles: ROLES }));
      expect([without.predecessor, without.policies]).to.deep.equal([undefined, undefined]);
    });

    it("allow an administrator without a delay on a development chain", async () => {
      const roles = { ...ROLES, administrator: [{ ...HOLDER, executionDelay: 0 }] };
      const parameters = await readNetworkParameters(write("parameters.json", { development: true, roles }));
      expect(parameters.transactions).to.deep.equal({ confirmations: 5, pollInterval: 1_000 });
    });

    it("name the line of a syntax error", async () => {
      await invalid(readNetworkParameters(write("parameters.json", '{\n  "roles": {,}\n}')), "line 2");
    });

    it("that the repository has for Besu must be filled in first: every account and the sealing key", async () => {
      for (const file of ["parameters/besu-a.jsonc", "parameters/besu-b.jsonc"]) {
        const keys = ["administrator", "registrar", "relayerManager", "laneManager", "guardian"].map(
          (role) => `roles.${role}.0.account`,
        );
        keys.push("relayers.accounts.0", "relayers.sealingKey", "lane.validators.0");
        await invalid(readNetworkParameters(inDeploy(file)), ...keys);
      }
    });
  });

  describe("deployment.json", () => {
    const network = { name: "a", chainId: 1, rpcUrl: "http://127.0.0.1:1", parameters: "parameters.json" };
    const other = { ...network, name: "b", chainId: 2 };

    it("of the repository for Hardhat is complete", async () => {
      const { networks, output } = await readDeploymentConfig(inDeploy("hardhat.jsonc"));
      expect(networks.map(({ chainId }) => chainId)).to.deep.equal([31337, 31338]);
      expect(output).to.equal(fileURLToPath(new URL("../../medex.config.json", import.meta.url)));
    });

    for (const [what, content, part] of [
      ["one network", { networks: [network] }, "networks"],
      ["the same chain twice", { networks: [network, { ...other, chainId: 1 }] }, "chainId"],
      ["the same name twice", { networks: [network, { ...other, name: "a" }] }, "same name"],
      ["a name that is no folder's", { networks: [{ ...network, name: "../a" }, other] }, "networks.0.name"],
      ["an RPC that is not HTTP", { networks: [network, { ...other, rpcUrl: "ws://127.0.0.1" }] }, "networks.1.rpcUrl"],
      ["a key in the file", { networks: [network, other], deployerKey: KEY }, '"deployerKey"'],
    ] as const) {
      it(`refuses ${what}, naming the key and no value`, async () => {
        const call = readDeploymentConfig(write("deployment.json", content));
        await invalid(call, "deployment.json", part);
        expect(await call.catch(({ message }) => message)).to.not.include(KEY);
      });
    }
  });

  describe("the deployer's key", () => {
    it("is the environment's, or else the file's", async () => {
      const file = write("key", `${KEY}\n`);
      chmodSync(file, 0o600);
      const address = new Wallet(KEY).address;
      expect((await readDeployer(file, {})).address).to.equal(address);
      const another = id("another key");
      expect((await readDeployer(file, { MEDEX_DEPLOYER_KEY: another })).address).to.equal(new Wallet(another).address);
    });

    it("is refused from a file that others may read", async () => {
      const file = write("open-key", KEY);
      chmodSync(file, 0o644);
      await invalid(readDeployer(file, {}), "chmod 600");
    });

    it("is never shown when it is none", async () => {
      for (const wrong of [KEY.slice(0, -1), `0x${"f".repeat(64)}`]) {
        const call = readDeployer(undefined, { MEDEX_DEPLOYER_KEY: wrong });
        await invalid(call, "MEDEX_DEPLOYER_KEY");
        const error = await call.catch((reason) => reason);
        expect(`${error.message}${error.stack}${error.cause}`).to.not.include(wrong.slice(2));
      }
    });
  });

  describe("medex.config.json", () => {
    const address = HOLDER.account;
    const suite = { manager: address, hospitals: address, records: address, relayers: address, ledger: address };
    const sides = {
      mailbox: address,
      grants: address,
      requests: address,
      checkpoints: address,
      equivocations: address,
      consents: address,
    };
    const deployment = { chainId: 7n, rpcUrl: "http://127.0.0.1:1", ...suite, ...sides };
    const chains: Chains = { a: { deployment, fromBlock: 3, confirmations: 1 } };

    it("keeps its other sections, chains and comments, and is read back as written", async () => {
      const file = write(
        "medex.config.json",
        '{\n  // ours\n  "ipfs": { "url": "http://127.0.0.1:5001" },\n  "chains": {}\n}\n',
      );
      await writeChains(file, { b: { ...chains.a!, fromBlock: 9 } });
      await writeChains(file, chains);
      const text = readFileSync(file, "utf8");
      expect(text).to.include("// ours").and.include("5001");
      expect(await readChains(file)).to.deep.equal({ ...chains, b: { ...chains.a!, fromBlock: 9 } });
      await writeChains(file, chains);
      expect(readFileSync(file, "utf8")).to.equal(text);
    });

    it("is made when there is none", async () => {
      await writeChains(path("new.json"), chains);
      expect(await readChains(path("new.json"))).to.deep.equal(chains);
    });

    it("is refused with a key that is wrong, and without chains", async () => {
      await invalid(
        readChains(write("wrong.json", { chains: { a: { deployment: { chainId: 7 } } } })),
        "chains.a.deployment",
      );
      await invalid(readChains(write("wrong.json", {})), "chains");
    });
  });
});
