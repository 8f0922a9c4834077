import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect } from "chai";
import { type RunningApp, startApp } from "../../cli/app/server.ts";
import { startHttpServer } from "../offchain/ipfs/support.ts";

/** What would speak for the app's own origin, if it came through. */
const HOSTILE = {
  "content-type": "text/html",
  "content-security-policy": "script-src *",
  "clear-site-data": '"storage"',
  "set-cookie": "a=b",
  "access-control-allow-origin": "*",
  "service-worker-allowed": "/",
  location: "https://elsewhere.example",
};

describe("the app's server before nodes that do harm", () => {
  const asked: string[] = [];
  let node: Awaited<ReturnType<typeof startHttpServer>>;
  let app: RunningApp;

  before(async () => {
    node = await startHttpServer((from, response, body) => {
      asked.push(`${from.method} ${from.url} ${body}`);
      response.writeHead(200, {
        ...HOSTILE,
        ...(from.url === "/api/core/v2/info" && { "content-type": "application/json" }),
      });
      response.end("{}");
    });
    const upstream = { url: node.url, authorization: "Basic c2VjcmV0" };
    const network = { chains: { a: upstream }, ipfs: upstream, tangle: upstream, gateways: { b: upstream }, facts: {} };
    app = await startApp({ network, host: "127.0.0.1", port: 0 });
  });
  after(async () => {
    await app.close();
    await node.close();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  /** Sends the path as it is written, which `fetch` would not. */
  async function call(path: string, body = "{}", method = "POST"): Promise<IncomingMessage> {
    const sent = request(app.url, { path, method, headers: { "content-type": "application/json" } }).end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    return answer;
  }
  const rpc = (...methods: string[]) => {
    const calls = methods.map((method, id) => ({ jsonrpc: "2.0", id, method, params: [] }));
    return JSON.stringify(calls.length === 1 ? calls[0] : calls);
  };

  it("lets none of their headers speak for the app, and nothing of theirs be a page", async () => {
    const paths = ["/node/ipfs/api/v0/id", "/node/hospital/b/v1/calls", "/api/core/v2/blocks", "/node/chain/a"];
    for (const path of paths) {
      const { headers, statusCode } = await call(path, rpc("eth_chainId"));
      expect([path, statusCode]).to.deep.equal([path, 200]);
      expect(headers["content-type"]).to.equal("application/octet-stream");
      expect(headers["content-security-policy"]).to.include("default-src 'none'");
      for (const name of [
        "clear-site-data",
        "set-cookie",
        "access-control-allow-origin",
        "service-worker-allowed",
        "location",
      ]) {
        expect(headers, path).not.to.have.property(name);
      }
    }
    expect((await call("/api/core/v2/info", "", "GET")).headers["content-type"]).to.equal("application/json");
  });

  it("hands on to a chain what the library calls, alone and in batches, and nothing beside it", async () => {
    expect((await call("/node/chain/a", rpc("eth_call", "eth_getLogs"))).statusCode).to.equal(200);
    expect(asked).to.deep.equal([`POST / ${rpc("eth_call", "eth_getLogs")}`]);
    const refused = [
      rpc("admin_addPeer"),
      rpc("eth_call", "debug_setHead"),
      rpc("eth_sendTransaction"),
      '{"method":"eth_call","method":"personal_unlockAccount"}',
      "[1]",
      "no JSON",
    ];
    for (const body of refused) expect((await call("/node/chain/a", body)).statusCode, body).to.equal(403);
    // Which of two counts is the reader's choice: the node is given one.
    await call("/node/chain/a", '{"method":"personal_unlockAccount","method":"eth_call"}');
    expect(asked.slice(1)).to.deep.equal(['POST / {"method":"eth_call"}']);
  });

  it("hands on to the Tangle what the library calls, and no path that leads elsewhere", async () => {
    const block = `/api/core/v2/blocks/0x${"a".repeat(64)}`;
    for (const path of ["/api/routes", "/api/core/v2/tips", block, `${block}/metadata`]) {
      expect((await call(path, "", "GET")).statusCode, path).to.equal(200);
    }
    asked.length = 0;
    const paths = [
      "/api/core/v2/../../admin",
      "/api/core/v2/%2e%2e/%2e%2e/admin",
      "/api/core/v2/peers",
      "/api/core/v2/blocks/../peers",
    ];
    for (const path of paths) expect((await call(path, "", "GET")).statusCode, path).to.equal(403);
    expect((await call("/api/core/v2/blocks", "", "DELETE")).statusCode).to.equal(404);
    expect(asked).to.deep.equal([]);
  });

  it("hands on no body that is longer than any of the library's, whether it says so or not", async () => {
    const [limit, path, method] = [64 * 2 ** 20, "/node/ipfs/api/v0/add", "POST"];
    const type = { "content-type": "application/octet-stream" };
    const told = request(app.url, { path, method, headers: { ...type, "content-length": limit + 1 } });
    told.on("error", () => undefined); // the server hangs up
    told.flushHeaders();
    const [answer] = (await once(told, "response")) as [IncomingMessage];
    expect(answer.statusCode).to.equal(413);
    told.destroy();

    const untold = request(app.url, { path, method, headers: type });
    const ended = new Promise<number | undefined>((done) => {
      untold.on("error", () => done(undefined)).on("response", ({ statusCode }) => done(statusCode));
    });
    const mebibyte = Buffer.alloc(2 ** 20);
    for (let sent = 0; sent <= limit && !untold.destroyed; sent += mebibyte.length) {
      if (!untold.write(mebibyte)) await Promise.race([once(untold, "drain").catch(() => undefined), ended]);
    }
    untold.end();
    expect(await ended).not.to.equal(200);
    expect(asked).to.deep.equal([]);
    expect((await call(path)).statusCode, "it answers others").to.equal(200);
  });
});
