import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { AbiCoder, FetchRequest, Interface } from "ethers";
import { RpcProvider } from "../../offchain/chain/rpc-provider.ts";
import { structView } from "../../relayer/rpc/decode-struct.ts";
import { createEndpoints } from "../../relayer/rpc/endpoints.ts";
import { refuses } from "./support/refuses.ts";

interface Call {
  readonly id: number;
  readonly method: string;
}

describe("relayer: RPC", () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  /** A node that answers as it is told; every body that it was sent. */
  async function startNode(answer: (body: unknown, request: IncomingMessage, response: ServerResponse) => void) {
    const bodies: unknown[] = [];
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const body: unknown = JSON.parse(Buffer.concat(parts).toString());
      bodies.push(body);
      answer(body, request, response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    stack.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { bodies, url: `http://127.0.0.1:${port}` };
  }
  function connect(url: string, timeoutMs = 1_000): RpcProvider {
    const request = new FetchRequest(url);
    request.getUrlFunc = createEndpoints([url], timeoutMs).getUrl;
    return stack.adopt(new RpcProvider(request, 1, { staticNetwork: true, cacheTimeout: -1 }), (it) => it.destroy());
  }
  const echo = (body: unknown, _request: IncomingMessage, response: ServerResponse) => {
    const answerTo = ({ id, method }: Call) =>
      method === "bad" ? { id, error: { code: 3, message: "no" } } : { id, result: `${method} ${id}` };
    const calls = body as Call | Call[];
    response.end(JSON.stringify(Array.isArray(calls) ? calls.map(answerTo).reverse() : answerTo(calls)));
  };

  it("puts calls that come together into one request, and gives each its own answer, in whatever order they come", async () => {
    const node = await startNode(echo);
    const provider = connect(node.url);
    const calls = ["one", "bad", "two"].map((method) => provider.send(method, []));
    const [one, bad, two] = await Promise.allSettled(calls);
    expect(one).to.deep.equal({ status: "fulfilled", value: "one 1" });
    expect(bad?.status).to.equal("rejected");
    expect(two).to.deep.equal({ status: "fulfilled", value: "two 3" });
    expect(node.bodies).to.have.lengthOf(1);
  });

  it("asks the same question once, but sends what is sent twice twice", async () => {
    const node = await startNode(echo);
    const provider = connect(node.url);
    const call = [{ to: "0x1", data: "0x2" }, "latest"];
    const other = [{ to: "0x1", data: "0x3" }, "latest"];
    await Promise.all([call, call, other].map((params) => provider.send("eth_call", params)));
    expect(node.bodies[0]).to.have.lengthOf(2);
    await Promise.all(["0x1", "0x1"].map((raw) => provider.send("eth_sendRawTransaction", [raw])));
    expect(node.bodies[1]).to.have.lengthOf(2);
    await provider.send("eth_call", call);
    expect(node.bodies).to.have.lengthOf(3); // a later question is a new one
  });

  it("fails when a batch lacks an answer, when nothing answers, and in time when a node only starts to", async () => {
    const silent = await startNode((_body, _request, response) => response.end("[]"));
    expect(
      await connect(silent.url)
        .send("one", [])
        .catch(({ code }) => code),
    ).to.equal("BAD_DATA");
    const slow = await startNode((_body, _request, response) => response.write("["));
    const started = performance.now();
    expect(
      await connect(slow.url, 200)
        .send("one", [])
        .catch(({ code }) => code),
    ).to.equal("NETWORK_ERROR");
    expect(performance.now() - started).to.be.below(5_000);
    expect(
      await connect("http://127.0.0.1:1")
        .send("one", [])
        .catch(({ code }) => code),
    ).to.equal("NETWORK_ERROR");
  });

  it("asks again when a node says that it is asked too often, and sends a URL's credentials as a header", async () => {
    let asked = 0;
    const seen: (string | undefined)[] = [];
    const busy = await startNode((body, request, response) => {
      seen.push(request.headers.authorization);
      if (asked++ < 2) response.writeHead(429, { "retry-after": "0" }).end();
      else echo(body, request, response);
    });
    const provider = connect(busy.url.replace("http://", "http://me:pass@"));
    expect(await provider.send("one", [])).to.equal("one 1");
    expect(new Set(seen)).to.deep.equal(new Set([`Basic ${Buffer.from("me:pass").toString("base64")}`]));
  });

  it("reads a struct as ethers does, and refuses an answer of another length", async () => {
    const type = "tuple(bytes32 id, address who, uint40 at, uint8 state, bool flag)";
    const view = structView(new Interface([`function thing(bytes32 id) view returns (${type} it)`]), "thing");
    const id = `0x${"ab".repeat(32)}`;
    const who = `0x${"12".repeat(20)}`;
    const answer = AbiCoder.defaultAbiCoder().encode([type], [[id, who, 7n, 2n, true]]);
    expect(view.decode(answer)).to.deep.equal({ id, who, at: 7n, state: 2n, flag: true });
    expect(view.encode(id)).to.equal(new Interface(["function thing(bytes32)"]).encodeFunctionData("thing", [id]));
    expect(await refuses(Promise.resolve().then(() => view.decode("0x")))).to.equal("SERVICE_PROTOCOL");
    expect(await refuses(Promise.resolve().then(() => view.decode(`${answer}00`)))).to.equal("SERVICE_PROTOCOL");
  });
});
