import { jsonRpc } from "@medexchain/evm";
import { expect } from "chai";
import { RpcProvider } from "../../offchain/chain/rpc-provider.ts";
import { createEndpoints } from "../../relayer/rpc/endpoints.ts";
import { answering, startNode } from "../offchain/evm/support.ts";
import { refuses } from "./support/refuses.ts";

describe("relayer: RPC", () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  const start = async (answer: Parameters<typeof startNode>[0]) => stack.use(await startNode(answer));
  /** As the relayer reaches its nodes. */
  function connect(url: string, timeoutMs = 1_000): RpcProvider {
    const { transport } = createEndpoints([url], timeoutMs);
    const rpc = jsonRpc({ node: "chain 1", place: url, transport });
    return stack.adopt(new RpcProvider(url, 1, rpc), (provider) => provider.destroy());
  }
  const echo = answering(({ id, method }) =>
    method === "bad"
      ? { error: { code: 3, message: "no" } }
      : { result: method.startsWith("eth_") ? "0x" : `${method} ${id}` },
  );

  it("puts calls that come together into one request, and gives each its own answer, in whatever order they come", async () => {
    const node = await start(echo);
    const provider = connect(node.url);
    const calls = ["one", "bad", "two"].map((method) => provider.send(method, []));
    const [one, bad, two] = await Promise.allSettled(calls);
    expect(one).to.deep.equal({ status: "fulfilled", value: "one 1" });
    expect(bad?.status).to.equal("rejected");
    expect(two).to.deep.equal({ status: "fulfilled", value: "two 3" });
    expect(node.bodies).to.have.lengthOf(1);
  });

  it("asks the same question once, but sends what is sent twice twice", async () => {
    const node = await start(echo);
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
    const silent = await start((_body, _request, response) => response.end("[]"));
    expect(await refuses(connect(silent.url).send("one", []))).to.equal("SERVICE_PROTOCOL");
    const slow = await start((_body, _request, response) => response.write("["));
    expect(await refuses(connect(slow.url, 200).send("one", []))).to.equal("SERVICE_UNREACHABLE");
    expect(await refuses(connect("http://127.0.0.1:1").send("one", []))).to.equal("SERVICE_UNREACHABLE");
  });

  it("goes to the next node where one is down or fails, and asks all of them at once where each is to say it", async () => {
    const failing = await start((_body, _request, response) => response.writeHead(502).end());
    const good = await start(echo);
    const urls = ["http://127.0.0.1:1", failing.url, good.url];
    const endpoints = createEndpoints(urls, 1_000);
    expect(endpoints.current()).to.equal(urls[0]);
    const rpc = jsonRpc({ node: "chain 1", place: "here", transport: endpoints.transport });
    expect(await rpc.request("one")).to.equal("one 1");
    expect(endpoints.current()).to.equal(good.url);
    const answers = await endpoints.askEach("two", []);
    expect(answers.map(({ url }) => url)).to.deep.equal(urls);
    expect(answers.map(({ result }) => result)).to.deep.equal([undefined, undefined, "two 1"]);
  });
});
