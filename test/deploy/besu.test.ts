import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parse } from "jsonc-parser";
import { z } from "zod";
import hardhatConfig from "../../hardhat.config.ts";

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), "utf8");
const quantity = z.string().regex(/^0x(0|[1-9a-f][0-9a-f]*)$/);

/** Besu's input to `operator generate-blockchain-config`; it adds extraData, the validators. Nothing else is in it. */
const inputSchema = z.strictObject({
  genesis: z.strictObject({
    config: z.strictObject({
      chainId: z.number().int().positive(),
      londonBlock: z.literal(0),
      shanghaiTime: z.literal(0),
      cancunTime: z.literal(0),
      zeroBaseFee: z.literal(true),
      qbft: z.strictObject({
        blockperiodseconds: z.number().int().positive(),
        epochlength: z.number().int().positive(),
        requesttimeoutseconds: z.number().int().positive(),
      }),
    }),
    nonce: z.literal("0x0"),
    timestamp: quantity,
    gasLimit: quantity,
    difficulty: z.literal("0x1"),
    mixHash: z.string(),
    coinbase: z.literal(`0x${"0".repeat(40)}`),
    alloc: z.strictObject({}),
  }),
  blockchain: z.strictObject({ nodes: z.strictObject({ generate: z.literal(true), count: z.number() }) }),
});

describe("the Besu profile", () => {
  const { networks } = parse(read("besu.jsonc"), [], { allowTrailingComma: true });

  ["a", "b"].forEach((name, i) => {
    describe(`of hospital ${name.toUpperCase()}`, () => {
      const { genesis, blockchain } = inputSchema.parse(JSON.parse(read(`besu/hospital-${name}.json`)));

      it("has the chain id that is deployed to", () => {
        expect(genesis.config.chainId).to.equal(networks[i].chainId);
      });

      it("starts at the fork that the contracts are compiled for", () => {
        const { settings } = hardhatConfig.solidity as { settings: { evmVersion: string } }; // as in hardhat.config.ts
        expect(genesis.config).to.have.property(`${settings.evmVersion}Time`, 0);
      });

      it("is marked as one of Byzantine fault tolerance, as Besu's QBFT demands", () => {
        expect(Buffer.from(genesis.mixHash.slice(2), "hex").toString()).to.equal("ctical byzantine fault tolerance");
      });

      it("stands a validator that fails, and waits for a proposer longer than a block takes", () => {
        expect(blockchain.nodes.count).to.be.at.least(4);
        expect(genesis.config.qbft.requesttimeoutseconds).to.be.greaterThan(genesis.config.qbft.blockperiodseconds);
      });

      it("has room in a block for a batch of fifty of the dearest call", () => {
        expect(Number(genesis.gasLimit)).to.be.greaterThan(50 * 230_000);
      });

      it("is paid for with nothing, by legacy transactions", () => {
        const { transactions } = parse(read(`parameters/besu-${name}.jsonc`), [], { allowTrailingComma: true });
        expect(transactions).to.include({ gasPrice: 0, confirmations: 1 });
      });
    });
  });

  it("runs nodes that take transactions for nothing, and answer this machine alone", () => {
    const lines = read("besu/node.toml")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const options = Object.fromEntries(
      lines.map((line) => {
        const [, key, value] = /^([a-z0-9-]+)=(.+)$/.exec(line)!;
        return [key, JSON.parse(value!)];
      }),
    );
    expect(options).to.include({ "min-gas-price": 0, "rpc-http-host": "127.0.0.1" });
    expect(options).to.include({ "p2p-host": "127.0.0.1", "p2p-interface": "127.0.0.1" });
    // Besu's own thousandth stops a deployment, whose transactions are all one account's.
    expect(options["tx-pool-limit-by-account-percentage"]).to.equal(0.5);
    expect(options["rpc-http-api"]).to.have.members(["ETH", "NET", "WEB3", "QBFT"]);
  });

  it("has RPC ports where the deployment looks for them", () => {
    const readme = read("besu/README.md");
    for (const { rpcUrl } of networks)
      expect(readme).to.include(`--rpc-http-port=$((${Number(new URL(rpcUrl).port) - 1} + i))`);
  });
});
