/** Modules that browsers have in the place of Node's: what the one writes, the other reads. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { sleep } from "../../../offchain/core/pauses.ts";
import * as nodeSha from "../../../offchain/core/sha256.ts";
import * as browserSha from "../../../offchain/core/sha256-browser.ts";
import * as nodeBox from "../../../offchain/core/xchacha-box.ts";
import * as browserBox from "../../../offchain/core/xchacha-box-browser.ts";
import { AnswerTooLong } from "../../../offchain/evm/node-errors.ts";
import { post } from "../../../offchain/evm/post-browser.ts";
import * as nodeDeflate from "../../../offchain/sfe/deflate.ts";
import * as browserDeflate from "../../../offchain/sfe/deflate-browser.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

describe("what browsers compute in the place of Node", () => {
  it("hashes alike, in parts and at once", () => {
    for (const length of [0, 1, 64, 1000]) {
      const input = bytes(length);
      const parts = browserSha.createSha256().update(input.subarray(0, 40)).update(input.subarray(40));
      expect(parts.digest()).to.deep.equal(nodeSha.sha256(input));
      expect(browserSha.sha256(input)).to.deep.equal(nodeSha.sha256(input));
    }
  });

  it("opens what the other sealed, and no other box", () => {
    for (const [from, to] of [
      [nodeBox, browserBox],
      [browserBox, nodeBox],
    ] as const) {
      const [key, plaintext, associated] = [bytes(32), bytes(300), bytes(20)];
      const box = from.sealXChaCha(key, plaintext, associated);
      expect(box.length).to.equal(plaintext.length + to.BOX_OVERHEAD);
      expect(to.openXChaCha(key, box, associated)).to.deep.equal(plaintext);
      expect(to.openXChaCha(bytes(32), box, associated)).to.equal(undefined);
      expect(to.openXChaCha(key, box, bytes(20))).to.equal(undefined);
      expect(to.openXChaCha(key, box.subarray(0, 30), associated)).to.equal(undefined);
      box[30] = (box[30] ?? 0) ^ 1;
      expect(to.openXChaCha(key, box, associated)).to.equal(undefined);
    }
  });

  it("inflates what the other deflated, and nothing that is longer than it may be", () => {
    const plain = new TextEncoder().encode("the same words again, ".repeat(1000));
    for (const [from, to] of [
      [nodeDeflate, browserDeflate],
      [browserDeflate, nodeDeflate],
    ] as const) {
      const deflated = from.deflate(plain);
      expect(deflated.length).to.be.below(plain.length / 20);
      expect(to.inflate(deflated, plain.length)).to.deep.equal(plain);
      expect(() => to.inflate(deflated, plain.length - 1)).to.throw();
      expect(() => to.inflate(deflated.subarray(0, 20), plain.length)).to.throw();
      expect(() => to.inflate(Uint8Array.of(255, 255, 3), plain.length)).to.throw();
    }
  });
});

describe("a browser's calls to a node", () => {
  let origin = "";
  const server = createServer((request, response) => {
    if (request.url === "/slow") return;
    if (request.url === "/away") response.writeHead(302, { location: "/long" }).end();
    else if (request.url === "/long") response.end("x".repeat(1000));
    else {
      const parts: Buffer[] = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        response.writeHead(201, { "x-asked": request.headers.authorization ?? "nobody" });
        response.end(Buffer.concat(parts));
      });
    }
  });
  before(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("have the status, the headers and the body, and take credentials out of the URL", async () => {
    const answer = await post(`http://me:p%C3%A4ss@${origin}/`, '{"a":1}', { timeoutMs: 5_000 });
    expect(answer.status).to.equal(201);
    expect(new TextDecoder().decode(answer.body)).to.equal('{"a":1}');
    expect(answer.headers["x-asked"]).to.equal(`Basic ${Buffer.from("me:päss").toString("base64")}`);
  });

  it("end by their time, their signal, their length, and at a redirection", async () => {
    const failed = (path: string, options: Partial<Parameters<typeof post>[2]>) =>
      post(`http://${origin}${path}`, "", { timeoutMs: 5_000, ...options }).then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await failed("/slow", { timeoutMs: 50 })).to.have.property("name", "TimeoutError");
    expect(await failed("/slow", { signal: AbortSignal.abort(new Error("enough")) })).to.have.property(
      "message",
      "enough",
    );
    expect(await failed("/long", { maxBytes: 999 })).to.be.instanceOf(AnswerTooLong);
    expect(await failed("/long", { maxBytes: 1000 })).to.equal(undefined);
    expect(await failed("/away", {})).to.be.instanceOf(Error);
  });
});

describe("a pause", () => {
  it("ends by its time, or with the signal's reason", async () => {
    await sleep(1);
    const controller = new AbortController();
    const paused = sleep(60_000, controller.signal).catch((error: unknown) => error);
    controller.abort(new Error("enough"));
    expect(await paused).to.have.property("message", "enough");
    const late = await sleep(1, controller.signal).catch((error: unknown) => error);
    expect(late).to.have.property("message", "enough");
  });
});
