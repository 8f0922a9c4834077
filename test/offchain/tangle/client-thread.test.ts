import { spawn } from "node:child_process";
import { once } from "node:events";
import { createTangleClient } from "@medexchain/tangle";
import { expect } from "chai";
import { startHttpServer } from "../ipfs/support.ts";
import { failure, randomBytes, startTangle } from "./support.ts";

describe("Tangle client's thread", () => {
  it("does proof of work beside the event loop", async () => {
    const tangle = await startTangle(5);
    await tangle.client.minPowScore();
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const started = performance.now();
    await tangle.client.attach(randomBytes(32), randomBytes(8000));
    const took = performance.now() - started;
    clearInterval(timer);
    await tangle.stop();
    // on the event loop the work would be one pause nearly as long as the call
    expect(longest).to.be.lessThan(took / 2);
  });

  describe("with a node that takes a request and never answers", () => {
    it("closes at once: whoever waits is told, and the connection is cut", async () => {
      const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
      const { promise: cut, resolve } = Promise.withResolvers<void>();
      const silent = await startHttpServer((request) => {
        request.socket.once("close", () => resolve());
        ask();
      });
      const client = createTangleClient({ url: silent.url });
      const waiting = failure(client.fetch(`0x${"12".repeat(32)}`));
      await asked;
      const started = performance.now();
      await client.close();
      const took = performance.now() - started;
      expect((await waiting).code).to.equal("INPUT_INVALID");
      await cut;
      await silent.close();
      expect(took).to.be.lessThan(2000);
    });

    it("serves the next call from a new thread after a call was given up", async () => {
      const tangle = await startTangle();
      const known = await tangle.client.attach(randomBytes(4), randomBytes(4));
      let silent = true;
      const moody = await startHttpServer(async (request, response) => {
        if (silent) return;
        const { accept = "" } = request.headers;
        const answer = await fetch(`${tangle.url}${request.url}`, { headers: { accept } });
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
        response.end(new Uint8Array(await answer.arrayBuffer()));
      });
      const client = createTangleClient({ url: moody.url, timeoutMs: 1500 });
      expect((await failure(client.fetch(known))).code).to.equal("SERVICE_UNREACHABLE");
      silent = false;
      expect((await client.fetch(known)).data).to.have.length(4);
      await client.close();
      await moody.close();
      await tangle.stop();
    });

    it("does not keep the process alive", async () => {
      const silent = await startHttpServer(() => {});
      const code = `
        const { createTangleClient } = await import(${JSON.stringify(new URL("../../../offchain/tangle/index.ts", import.meta.url).href)});
        const client = createTangleClient({ url: ${JSON.stringify(silent.url)}, timeoutMs: 800 });
        await client.minPowScore().catch((error) => process.stdout.write(error.code));
      `;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (text) => {
        printed += text;
      });
      const started = performance.now();
      const [status] = await once(child, "exit");
      await silent.close();
      expect([status, printed]).to.deep.equal([0, "SERVICE_UNREACHABLE"]);
      expect(performance.now() - started).to.be.lessThan(20_000);
    });
  });
});
