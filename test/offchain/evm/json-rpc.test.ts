import { MedexError } from "@medexchain/core";
import { AnswerTooLong, httpTransport, type JsonRpcOptions, jsonRpc, mayMeanFewer, NodeRefusal } from "@medexchain/evm";
import { expect } from "chai";
import { answering, type OwnNode, startNode } from "./support.ts";

describe("evm: JSON-RPC", () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  const start = async (answer: Parameters<typeof startNode>[0]): Promise<OwnNode> => stack.use(await startNode(answer));
  const connect = (url: string, options: Partial<JsonRpcOptions> = {}, timeoutMs = 5_000) =>
    jsonRpc({ node: "chain 7", place: "here", transport: httpTransport(url, timeoutMs, 100_000), ...options });
  const failure = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const codeOf = async (promise: Promise<unknown>) => {
    const error = await failure(promise);
    return MedexError.is(error) ? error.code : error;
  };
  const echo = answering(({ method, params }) =>
    method === "bad" ? { error: { code: 3, message: "no\u001b[2J", data: "0x08" } } : { result: [method, ...params] },
  );

  it("gives each call of a batch its own answer, in whatever order they come, in requests of the batch's size", async () => {
    const node = await start(echo);
    const calls = [1, 2, 3, 4, 5].map((each) => ({ method: "m", params: [each] }));
    expect(await connect(node.url, { batchSize: 2 }).batch(calls)).to.deep.equal(
      [1, 2, 3, 4, 5].map((each) => ["m", each]),
    );
    expect(node.bodies.map((body) => (Array.isArray(body) ? body.length : 1))).to.deep.equal([2, 2, 1]);
  });

  it("asks one by one where a node takes no batches", async () => {
    const node = await start((body, request, response) => {
      if (Array.isArray(body)) response.end('{"id":null,"error":{"code":-32600,"message":"no batches"}}');
      else echo(body, request, response);
    });
    const calls = ["a", "b"].map((method) => ({ method, params: [] }));
    expect(await connect(node.url).batch(calls)).to.deep.equal([["a"], ["b"]]);
  });

  it("tells what the node refuses, with the revert's data, and nothing that could steer a terminal", async () => {
    const rpc = connect((await start(echo)).url);
    const refusal = await failure(rpc.request("bad"));
    expect(refusal).to.be.instanceOf(NodeRefusal);
    expect((refusal as NodeRefusal).answered).to.deep.equal({ code: 3, message: "no\u001b[2J", data: "0x08" });
    expect((refusal as NodeRefusal).message).to.equal('chain 7 refuses bad with error 3, "no?[2J"');
    const answers = await rpc.answers(["bad", "good"].map((method) => ({ method, params: [] })));
    expect(answers.map((answer) => Object.keys(answer)[0])).to.deep.equal(["error", "result"]);
  });

  it("refuses what is no JSON-RPC, lacks an answer, or is too long", async () => {
    for (const text of [
      "<html>",
      "[]",
      "7",
      '{"id":1}',
      '[{"id":99,"result":1}]',
      '{"id":1,"error":{"message":"x"}}',
    ]) {
      const node = await start((_body, _request, response) => response.end(text));
      expect(await codeOf(connect(node.url).request("m")), text).to.equal("SERVICE_PROTOCOL");
    }
    const long = await start((_body, _request, response) => response.end(`{"id":1,"result":"${"x".repeat(100_000)}"}`));
    const error = await failure(connect(long.url).request("m"));
    expect(error).to.be.instanceOf(AnswerTooLong);
    expect(mayMeanFewer(error)).to.equal(true);
  });

  it("waits as long as a node says when it is asked too often, and gives up in the end", async () => {
    let asked = 0;
    const busy = await start((body, request, response) => {
      if (asked++ < 2) response.writeHead(429, { "retry-after": "0" }).end();
      else echo(body, request, response);
    });
    expect(await connect(busy.url).request("m")).to.deep.equal(["m"]);
    const full = await start((_body, _request, response) => response.writeHead(429, { "retry-after": "0" }).end());
    expect(await codeOf(connect(full.url, { attempts: 3 }).request("m"))).to.equal("SERVICE_UNREACHABLE");
    expect(full.bodies).to.have.lengthOf(3);
  });

  it("makes a call again that broke off where all calls only read, and else does not", async () => {
    for (const [readsOnly, expected] of [
      [true, ["m"]],
      [false, "SERVICE_UNREACHABLE"],
    ] as const) {
      let asked = 0;
      const node = await start((body, request, response) => {
        if (asked++ === 0) request.socket.destroy();
        else echo(body, request, response);
      });
      const ended = await connect(node.url, { readsOnly })
        .request("m")
        .catch(({ code }) => code);
      expect(ended).to.deep.equal(expected);
    }
  });

  it("reads again where a connection that was kept open is closed just then, and sends no transaction twice", async () => {
    let isFirst = true;
    const node = await start((body, request, response) => {
      if (isFirst) echo(body, request, response);
      else request.socket.destroy();
      isFirst = !isFirst;
    });
    for (const [method, times] of [
      ["eth_call", 3],
      ["eth_sendRawTransaction", 2],
    ] as const) {
      isFirst = true;
      node.bodies.length = 0;
      const rpc = connect(node.url);
      await rpc.request("eth_chainId");
      await failure(rpc.request(method));
      expect(node.bodies, method).to.have.lengthOf(times);
    }
  });

  it("takes an error that comes with a failing status for an answer", async () => {
    const node = await start((body, request, response) => {
      response.statusCode = 500;
      echo(body, request, response);
    });
    expect(await failure(connect(node.url).request("bad"))).to.be.instanceOf(NodeRefusal);
  });

  it("ends in time where a node only starts to answer, and at once by the signal", async () => {
    const slow = await start((_body, _request, response) => response.write("["));
    expect(await codeOf(connect(slow.url, {}, 100).request("m"))).to.equal("SERVICE_UNREACHABLE");
    const controller = new AbortController();
    const asked = connect(slow.url, { signal: controller.signal, readsOnly: true }, 60_000).request("m");
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await failure(asked)).to.equal(reason);
  });

  it("sends a URL's credentials as a header, and shows the place alone", async () => {
    const seen: (string | undefined)[] = [];
    const node = await start((body, request, response) => {
      seen.push(request.headers.authorization);
      echo(body, request, response);
    });
    await connect(node.url.replace("http://", "http://me:pa%20ss@")).request("m");
    expect(seen).to.deep.equal([`Basic ${Buffer.from("me:pa ss").toString("base64")}`]);
    const error = await failure(connect("http://me:secret@127.0.0.1:1/key").request("m"));
    expect((error as Error).message).to.equal(
      "chain 7 does not answer at here: check that the node is up, and the rpcUrl",
    );
  });
});
