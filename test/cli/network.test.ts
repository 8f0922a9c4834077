import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ABIS } from "@medexchain/chain";
import { type NetworkDescription, networkSchema } from "@medexchain/config";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import type { Context } from "../../cli/context.ts";
import { createOutput } from "../../cli/output/output.ts";
import { readConfig } from "../../cli/session/config.ts";
import { joinNetwork, networkOf } from "../../cli/session/network.ts";

const contracts = Object.fromEntries(
  [...Object.keys(ABIS), "manager"].map((name, at) => [name, `0x${String(at % 10).repeat(40)}`]),
);
const chain = (chainId: number, rpcUrl: string) => ({ deployment: { chainId, rpcUrl, ...contracts } });

describe("the network of an invite", () => {
  let folder: string;
  let context: Context;
  let network: NetworkDescription;
  /** A node of chain 31337, of which nothing else is asked here. */
  const node = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { id, method } = JSON.parse(body);
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result: method === "eth_chainId" ? "0x7a69" : "0x60" }));
  });

  before(async () => {
    await once(node.listen(0, "127.0.0.1"), "listening");
    const { port } = node.address() as AddressInfo; // a TCP server has one
    network = networkSchema.parse({
      chains: { chainA: chain(31337, `http://127.0.0.1:${port}`) },
      ipfs: { url: "http://127.0.0.1:3" },
      hospitals: {
        "Hospital A": { chain: "chainA", gateway: "http://127.0.0.1:5" },
        "Hospital B": { chain: "chainA" },
      },
    });
  });
  after(() => {
    node.closeAllConnections();
    node.close();
  });
  const joinAs = (of: NetworkDescription, check: () => Promise<void> = async () => undefined, at = "chainA") =>
    joinNetwork(context, { network: of, chain: at, own: "Hospital A", check });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-network-"));
    const configFile = join(folder, "home", "medex.config.json");
    context = { home: join(folder, "home"), configFile, vaults: join(folder, "vaults"), output: createOutput(true) };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("becomes the configuration where there is none", async () => {
    await joinAs(network);
    const config = await readConfig(context.configFile);
    expect(networkOf(config, "Hospital A")).to.deep.equal(network);
    // Nobody else's members need to know where its firewall is.
    expect(networkOf(config, "Hospital B").hospitals["Hospital A"]).to.deep.equal({ chain: "chainA" });
  });

  it("replaces nothing that is there, but where the own hospital's firewall is", async () => {
    await joinAs(network);
    const text = readFileSync(context.configFile, "utf8").replace("http://127.0.0.1:", "http://localhost:");
    writeFileSync(context.configFile, text);
    const moved = { "Hospital A": { chain: "chainA", gateway: "http://127.0.0.1:55" } };
    const hospitals = { ...moved, "Hospital B": { chain: "chainA", gateway: "http://evil:1" } };
    await joinAs({ ...network, ipfs: { url: "http://evil:3" }, hospitals });
    const config = await readConfig(context.configFile);
    expect(config.chains.chainA?.deployment.rpcUrl).to.include("http://localhost:");
    expect(config.ipfs).to.deep.equal(network.ipfs);
    expect(config.hospitals).to.deep.equal({ ...moved, "Hospital B": { chain: "chainA" } });
  });

  it("is refused where a name stands for another chain or hospital, and then nothing is written", async () => {
    await joinAs(network);
    const before = readFileSync(context.configFile, "utf8");
    for (const other of [
      {
        ...network,
        chains: networkSchema.parse({ chains: { chainA: chain(99, "http://127.0.0.1:1") }, hospitals: {} }).chains,
      },
      networkSchema.parse({
        chains: { chainA: chain(31337, "http://127.0.0.1:1"), chainC: chain(3, "http://127.0.0.1:1") },
        hospitals: { "Hospital A": { chain: "chainC" } },
      }),
    ]) {
      const error = await joinAs(other).catch((thrown: unknown) => thrown);
      expect(MedexError.is(error, "CONFIG_INVALID")).to.equal(true);
      expect(readFileSync(context.configFile, "utf8")).to.equal(before);
    }
  });

  it("is not taken before it is known who signed the invite, nor from a chain that it does not describe", async () => {
    const refused = async () => {
      throw new MedexError("CERTIFICATE_INVALID", "signed by nobody");
    };
    const error = await joinAs(network, refused).catch((thrown: unknown) => thrown);
    expect(MedexError.is(error, "CERTIFICATE_INVALID")).to.equal(true);
    const elsewhere = await joinAs(network, undefined, "chainX").catch((thrown: unknown) => thrown);
    expect(MedexError.is(elsewhere, "CONFIG_INVALID")).to.equal(true);
    expect(existsSync(context.configFile)).to.equal(false);
  });
});
