import { readFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import {
  createLogObserver,
  parseRelayerConfig,
  printableConfig,
  type RelayerEvent,
  relayerConfigSchema,
} from "@medexchain/relayer";
import { expect } from "chai";
import { z } from "zod";
import type { Database } from "../../relayer/database/database.ts";
import { readKeys } from "../../relayer/keys/read-keys.ts";
import { createMetrics } from "../../relayer/observe/metrics.ts";

const ADDRESS = `0x${"11".repeat(20)}`;
const deployment = {
  chainId: "31337",
  rpcUrl: "https://user:hunter2@chain.example/key-4711",
  manager: ADDRESS,
  hospitals: ADDRESS,
  records: ADDRESS,
  relayers: ADDRESS,
  ledger: ADDRESS,
  mailbox: ADDRESS,
  grants: ADDRESS,
  requests: ADDRESS,
  checkpoints: ADDRESS,
  equivocations: ADDRESS,
  consents: ADDRESS,
};
const minimal = {
  chains: [{ deployment }],
  ipfs: { url: "http://user:hunter2@127.0.0.1:5001" },
  database: { url: "postgres://user:hunter2@db.example/medex" },
};

describe("relayer: configuration", () => {
  it("takes defaults for what is absent", () => {
    const config = parseRelayerConfig(minimal);
    expect(config.chains[0]).to.deep.include({ confirmations: 0, pollIntervalMs: 200, fromBlock: 0 });
    expect(config.retry).to.deep.equal({
      delaySeconds: 1,
      maxDelaySeconds: 60,
      parkedSeconds: 300,
      crashLimit: 5,
    });
    expect(config.http).to.deep.equal({ host: "127.0.0.1", port: 0 });
  });

  const wrong: [string, unknown, string][] = [
    ["a wrong type", { ...minimal, chains: [{ deployment, pollIntervalMs: "often" }] }, "chains.0.pollIntervalMs"],
    ["an unknown key", { ...minimal, accountKey: "0x01" }, "accountKey"],
    ["a chain twice", { ...minimal, chains: [{ deployment }, { deployment }] }, "chains"],
    ["no database", { ...minimal, database: {} }, "database"],
  ];
  for (const [name, input, key] of wrong) {
    it(`refuses ${name}, and names the key but no value`, () => {
      let error: unknown;
      try {
        parseRelayerConfig(input);
      } catch (thrown) {
        error = thrown;
      }
      expect(MedexError.is(error, "CONFIG_INVALID")).to.equal(true);
      expect(String(error))
        .to.contain(key)
        .and.not.match(/hunter2|often|0x01/);
    });
  }

  it("prints no credentials", () => {
    const printed = JSON.stringify(printableConfig(parseRelayerConfig(minimal)));
    expect(printed).to.contain("chain.example").and.contain("db.example");
    expect(printed).not.to.match(/hunter2|4711/);
  });

  it("refuses malformed secrets without quoting them", () => {
    const sealingKey = new Uint8Array(32).fill(7);
    const accountKey = `0x${"22".repeat(32)}`;
    expect(readKeys({ accountKey, sealingKey }).account.address).to.match(/^0x/);
    const refused = (secrets: { accountKey: string; sealingKey: Uint8Array }): string => {
      try {
        readKeys(secrets);
        return "";
      } catch (error) {
        return MedexError.is(error, "CONFIG_INVALID") ? `${error.message} ${String(error.cause)}` : "";
      }
    };
    const above = `0x${"ff".repeat(32)}`; // more than the order of the curve
    expect(refused({ accountKey: above, sealingKey }))
      .to.contain("accountKey")
      .and.not.contain("ffff");
    expect(refused({ accountKey: "0x1234", sealingKey }))
      .to.contain("accountKey")
      .and.not.contain("1234");
    expect(refused({ accountKey, sealingKey: new Uint8Array(31) })).to.contain("sealingKey");
  });
});

describe("relayer: log", () => {
  it("writes JSON lines with allow-listed fields only", () => {
    const lines: string[] = [];
    const observe = createLogObserver({ destination: { write: (line) => void lines.push(line) } });
    const event: RelayerEvent = { type: "re-encrypted", requestId: `0x${"ab".repeat(32)}`, ms: 12 };
    observe({ ...event, ...{ rk1: "secret" } });
    observe({ type: "head", chainId: 1n, block: 2 });
    expect(lines).to.have.lengthOf(1);
    const { time, ...line } = JSON.parse(lines[0]!);
    expect(time).to.be.a("number");
    const expected = { level: 30, name: "medex-relayer", event: "re-encrypted", requestId: event.requestId, ms: 12 };
    expect(line).to.deep.equal(expected);
  });
});

describe("relayer: documentation", () => {
  it("has every key of the configuration", async () => {
    const page = await readFile(new URL("../../docs/configuration.md", import.meta.url), "utf8");
    const names = new Set<string>();
    const collect = (schema: unknown): void => {
      if (typeof schema !== "object" || schema === null) return;
      if ("properties" in schema && typeof schema.properties === "object" && schema.properties !== null) {
        for (const name of Object.keys(schema.properties)) names.add(name);
      }
      for (const inner of Object.values(schema)) collect(inner);
    };
    collect(z.toJSONSchema(relayerConfigSchema, { io: "input", unrepresentable: "any" }));
    expect(names).to.include("reconcileIntervalMs").and.include("batchSize").and.include("directory");
    const missing = [...names].filter((name) => !new RegExp(`[\`."]${name}[\`".]`).test(page));
    expect(missing).to.deep.equal([]);
  });

  it("has dashboards and alerts that speak of metrics that there are", async () => {
    const folder = new URL("../../deploy/observability/", import.meta.url);
    const database: Database = {
      query: async () => [],
      transaction: () => Promise.reject(new RangeError("nothing is written")),
      execute: async () => undefined,
      exclusive: true,
      close: async () => undefined,
    };
    const { registry } = createMetrics(database);
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    for (const file of ["grafana-dashboard.json", "alerts.yml"]) {
      const used = new Set((await readFile(new URL(file, folder), "utf8")).match(/medex_relayer_[a-z_]+/g));
      expect(used.size).to.be.greaterThan(5);
      const unknown = [...used].filter((name) => !known.includes(name.replace(/_(bucket|count|sum)$/, "")));
      expect(unknown, file).to.deep.equal([]);
    }
  });
});
