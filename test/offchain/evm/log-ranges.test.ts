import { MedexError } from "@medexchain/core";
import { allLogs, httpTransport, jsonRpc, type LogRangesOptions, logRanges, startPace } from "@medexchain/evm";
import { expect } from "chai";
import { answering, type Call, type OwnNode, startNode } from "./support.ts";

describe("evm: log ranges", () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  const blocksOf = ({ params }: Call): [number, number] => {
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }]; // as `reading` sends it
    return [Number(fromBlock), Number(toBlock)];
  };
  const logsOf = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at).filter((block) => block % 3 === 0);
  type Refuses = (from: number, to: number) => object | undefined;
  const start = async (refuses: Refuses): Promise<OwnNode & { readonly asked: [number, number][] }> => {
    const asked: [number, number][] = [];
    const node = await startNode(
      answering((call) => {
        const [from, to] = blocksOf(call);
        asked.push([from, to]);
        return refuses(from, to) ?? { result: logsOf(from, to) };
      }),
    );
    return stack.use(Object.assign(node, { asked }));
  };
  const reading = (node: OwnNode, options: Partial<LogRangesOptions<number>> = {}): LogRangesOptions<number> => {
    const rpc = jsonRpc({ node: "chain 7", place: "here", transport: httpTransport(node.url, 5_000) });
    const hex = (block: number) => `0x${block.toString(16)}`;
    const read = async (from: number, to: number) =>
      (await rpc.request("eth_getLogs", [{ fromBlock: hex(from), toBlock: hex(to) }])) as number[];
    return { node: "chain 7", from: 5, to: 1_000, read, ...options };
  };
  const moreThan =
    (most: number, error: { code: number; message: string }): Refuses =>
    (from, to) =>
      to - from + 1 > most ? { error } : undefined;
  const codeOf = async (promise: Promise<unknown>) =>
    promise.then(
      () => "nothing",
      (error: unknown) => (MedexError.is(error) ? error.code : error),
    );

  for (const [kind, error] of Object.entries({
    "EIP-1474's limit": { code: -32005, message: "query returned more than 10000 results" },
    "Besu's 5,000 blocks": { code: -32000, message: "Requested range exceeds maximum RPC range limit" },
    "a range too large": { code: -32602, message: "block range is too large" },
    "geth's response too large": { code: -32003, message: "response too large" },
  })) {
    it(`reads each block once under ${kind}, and never asks for as much again at once`, async () => {
      const node = await start(moreThan(70, error));
      const pace = startPace(512);
      expect(await allLogs(reading(node, { pace }))).to.deep.equal(logsOf(5, 1_000));
      expect(node.asked.filter(([from, to]) => to - from + 1 > 70).length).to.be.below(20);
    });
  }

  it("asks for more again where a node answers, up to what it may", async () => {
    const node = await start((from, to) =>
      from < 300 && to - from + 1 > 10 ? { error: { code: -32005, message: "" } } : undefined,
    );
    const pace = startPace(128);
    const ranges: [number, number][] = [];
    for await (const { from, to } of logRanges(reading(node, { pace }))) ranges.push([from, to]);
    const lengths = ranges.map(([from, to]) => to - from + 1);
    expect(Math.max(...lengths)).to.equal(128);
    expect(ranges[0]?.[0]).to.equal(5);
    expect(ranges.at(-1)?.[1]).to.equal(1_000);
    for (const [at, [from]] of ranges.entries()) if (at > 0) expect(from).to.equal(ranges[at - 1]![1] + 1);
  });

  it("begins with the latest where it is told, and stops with who reads", async () => {
    const node = await start(moreThan(50, { code: -32005, message: "" }));
    const seen: number[] = [];
    for await (const { from, to, logs } of logRanges(reading(node, { latestFirst: true }))) {
      expect(logs).to.deep.equal(logsOf(from, to));
      seen.unshift(...logs);
      if (from < 500) break;
    }
    expect(seen).to.deep.equal(logsOf(seen[0]!, 1_000));
    const answered = node.asked.filter(([from, to]) => to - from < 50);
    expect(Math.min(...answered.map(([from]) => from))).to.be.above(400);
    node.asked.length = 0;
    const pace = startPace(40);
    expect(new Set(await allLogs(reading(node, { latestFirst: true, pace })))).to.deep.equal(new Set(logsOf(5, 1_000)));
    expect(node.asked.slice(0, 2)).to.deep.equal([
      [961, 1_000],
      [921, 960],
    ]);
    expect(node.asked.at(-1)).to.deep.equal([5, 40]);
  });

  it("asks for fewer blocks where there are many logs in them", async () => {
    const node = await start(() => undefined);
    const lengths: number[] = [];
    for await (const { logs } of logRanges(reading(node, { pace: startPace(1_000, 300), manyLogs: 20 })))
      lengths.push(logs.length);
    expect(lengths.slice(0, 3)).to.deep.equal([100, 50, 25]);
    expect(lengths.length).to.be.above(10);
    expect(Math.max(...lengths.slice(3))).to.be.at.most(20);
  });

  it("throws what is no matter of length at once, and the refusal of one block after a few halves", async () => {
    const unknown = await start(moreThan(0, { code: -32601, message: "the method does not exist" }));
    expect(await codeOf(allLogs(reading(unknown)))).to.equal("SERVICE_PROTOCOL");
    expect(unknown.asked).to.have.lengthOf(1);
    const closed = await start(moreThan(0, { code: -32005, message: "" }));
    expect(await codeOf(allLogs(reading(closed)))).to.equal("SERVICE_PROTOCOL");
    expect(closed.asked.length).to.be.within(10, 12);
  });

  it("ends by the signal, between ranges and within one, and in time where one is never answered", async () => {
    const node = await start(() => undefined);
    const controller = new AbortController();
    const seen = async () => {
      for await (const _ of logRanges(reading(node, { pace: startPace(10), signal: controller.signal })))
        controller.abort(new Error("enough"));
    };
    expect(((await codeOf(seen())) as Error).message).to.equal("enough");
    expect(node.asked).to.have.lengthOf(1);

    const never = reading(node, { read: () => new Promise<number[]>(() => undefined) });
    expect(await codeOf(allLogs({ ...never, patienceMs: 50 }))).to.equal("SERVICE_UNREACHABLE");
    const late = new AbortController();
    const waiting = allLogs({ ...never, signal: late.signal });
    late.abort(new Error("enough"));
    expect(((await codeOf(waiting)) as Error).message).to.equal("enough");
  });

  it("asks for nothing where there are no blocks", async () => {
    const node = await start(() => undefined);
    expect(await allLogs(reading(node, { from: 8, to: 7 }))).to.deep.equal([]);
    expect(node.asked).to.deep.equal([]);
  });
});
