import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import type { Blow } from "../../chaos/edge.ts";
import { createGate } from "../../chaos/gate.ts";
import { startHttpProxy } from "../../chaos/http-proxy.ts";
import { distortRpc, nodeError, overloaded, staleCall } from "../../chaos/rpc-faults.ts";
import { startTcpProxy } from "../../chaos/tcp-proxy.ts";

describe("a faulty edge", () => {
  let arrived: string[];
  let target: string;
  const server = createHttpServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    arrived.push(Buffer.concat(parts).toString());
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: 1, result: arrived.length }));
  });

  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    arrived = [];
  });
  after(() => server.close());

  const post = async (blow: Blow | undefined) => {
    await using proxy = await startHttpProxy({ target, next: () => blow });
    const started = performance.now();
    const answer = await fetch(proxy.url, { method: "POST", body: "hello" }).then(
      (reply) => reply.status,
      () => "broken",
    );
    return { answer, calls: arrived.length, ms: performance.now() - started };
  };

  it("passes a call on, or fails it in each way", async () => {
    expect(await post(undefined)).to.include({ answer: 200, calls: 1 });
    expect(arrived).to.deep.equal(["hello"]);
    arrived = [];
    expect(await post({ fault: "error", amount: 0 })).to.include({ answer: 503, calls: 0 });
    expect(await post({ fault: "lose", amount: 0 })).to.include({ answer: "broken", calls: 0 });
    expect(await post({ fault: "hang", amount: 50 })).to.include({ answer: "broken", calls: 0 });
    expect(await post({ fault: "lose-answer", amount: 0 })).to.include({ answer: "broken", calls: 1 });
    arrived = [];
    expect(await post({ fault: "twice", amount: 0 })).to.include({ answer: 200, calls: 2 });
    expect((await post({ fault: "slow", amount: 60 })).ms).to.be.above(55);
    expect((await post({ fault: "late", amount: 60 })).ms).to.be.above(55);
  });

  it("answers as a node that is behind, withholds logs, or is overloaded", () => {
    const call = (method: string) => ({
      method: "POST",
      path: "/",
      headers: {},
      body: Buffer.from(JSON.stringify([{ id: 5, method, params: [] }])),
    });
    const answer = (result: unknown) => ({
      status: 200,
      type: "application/json",
      headers: {},
      body: Buffer.from(JSON.stringify([{ id: 5, result }])),
    });
    const distorted = (method: string, result: unknown, blow: Blow) =>
      JSON.parse(distortRpc(call(method), answer(result), blow).body.toString())[0].result;
    expect(distorted("eth_blockNumber", "0x10", { fault: "behind", amount: 3 })).to.equal("0xd");
    expect(distorted("eth_getTransactionReceipt", {}, { fault: "behind", amount: 3 })).to.equal(null);
    expect(distorted("eth_getLogs", ["a", "b", "c"], { fault: "fewer-logs", amount: 0 })).to.deep.equal(["b"]);
    expect(distorted("eth_call", "0x1", { fault: "behind", amount: 3 })).to.equal("0x1");
    expect(JSON.parse(overloaded(call("eth_call")).body.toString())[0])
      .to.deep.include({ id: 5 })
      .and.have.property("error");
  });

  it("answers as a node with an error of its own, and only what asks for its state", () => {
    const call = (method: string) => ({
      method: "POST",
      path: "/",
      headers: {},
      body: Buffer.from(JSON.stringify({ id: 5, method, params: [] })),
    });
    const answered = nodeError(call("eth_call"));
    expect(JSON.parse(String(answered?.body)).error.code).to.be.oneOf([-32_603, -32_000]);
    expect(nodeError(call("eth_sendRawTransaction"))).to.equal(undefined);
  });

  it("asks a state that is some blocks old, and leaves alone what names its block", () => {
    const stale = (body: unknown) =>
      JSON.parse(
        staleCall(
          { method: "POST", path: "/", headers: {}, body: Buffer.from(JSON.stringify(body)) },
          16,
          3,
        ).body.toString(),
      );
    expect(stale({ id: 1, method: "eth_call", params: [{ to: "0x1" }, "latest"] }).params[1]).to.equal("0xd");
    expect(stale([{ id: 1, method: "eth_getCode", params: ["0x1", "latest"] }])[0].params[1]).to.equal("0xd");
    expect(stale({ id: 1, method: "eth_call", params: [{ to: "0x1" }, "0x2"] }).params[1]).to.equal("0x2");
    const blockNumber = { id: 1, jsonrpc: "2.0", method: "eth_blockNumber", params: [] };
    expect(stale(blockNumber)).to.deep.equal(blockNumber);
  });

  it("gives other bytes of the same length, or one byte after the other without end", async () => {
    await using wrong = await startHttpProxy({ target, next: () => ({ fault: "wrong-bytes", amount: 0 }) });
    const [right, other] = [await fetch(target), await fetch(wrong.url)].map((reply) => reply.text());
    const texts = [await right, await other];
    expect(texts[1]).to.have.length(String(texts[0]).length);
    expect(texts[1]).not.to.equal(texts[0]);
    await using slow = await startHttpProxy({ target, next: () => ({ fault: "trickle", amount: 0 }) });
    const reader = (await fetch(slow.url)).body?.getReader();
    expect((await reader?.read())?.value).to.have.length(1);
    expect((await reader?.read())?.done).to.equal(false);
    await reader?.cancel();
  });

  it("breaks a database connection, or keeps it waiting", async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await once(echo.listen(0, "127.0.0.1"), "listening");
    let blow: Blow | undefined;
    await using proxy = await startTcpProxy({
      host: "127.0.0.1",
      port: (echo.address() as AddressInfo).port,
      next: () => blow,
    });
    const client = connect({ host: "127.0.0.1", port: proxy.port });
    client.write("one");
    expect(String((await once(client, "data"))[0])).to.equal("one");
    blow = { fault: "hang", amount: 60 };
    const started = performance.now();
    client.write("two");
    expect(String((await once(client, "data"))[0])).to.equal("two");
    expect(performance.now() - started).to.be.above(55);
    blow = { fault: "lose", amount: 0 };
    client.write("three");
    await once(client, "close");
    echo.close();
  });
});

describe("the gate before a chain", () => {
  it("lets calls share it, and reorganises between them", async () => {
    const gate = createGate();
    const order: string[] = [];
    const act = (name: string, held = Promise.withResolvers<void>()) => ({
      end: held.resolve,
      run: async () => {
        order.push(`${name} begins`);
        await held.promise;
        order.push(`${name} ends`);
      },
    });
    const [first, second, alone, third] = [act("first"), act("second"), act("alone"), act("third")] as const;
    const passed = [gate.shared(first.run), gate.shared(second.run), gate.alone(alone.run), gate.shared(third.run)];
    // Each can end as soon as it has begun, but the first, which is held up, and all that must wait for it.
    for (const { end } of [second, alone, third]) end();
    await passed[1];
    await setImmediate();
    expect(order).to.deep.equal(["first begins", "second begins", "second ends"]);
    first.end();
    await Promise.all(passed);
    expect(order.slice(3)).to.deep.equal(["first ends", "alone begins", "alone ends", "third begins", "third ends"]);
  });

  it("opens again after what failed", async () => {
    const gate = createGate();
    await gate.alone(() => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(await gate.shared(async () => "through")).to.equal("through");
  });
});
