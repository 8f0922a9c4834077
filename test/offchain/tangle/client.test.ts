import { MedexError } from "@medexchain/core";
import {
  createTangleClient,
  type PublishedMessage,
  publishMessage,
  readMessage,
  type TangleClient,
} from "@medexchain/tangle";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { workAllowance } from "../../../offchain/tangle/client.ts";
import { startHttpServer, tamperingProxy } from "../ipfs/support.ts";
import { failure, randomBytes, restrictedChannel, startTangle, type Tangle } from "./support.ts";

describe("the client of a Tangle node", () => {
  const { author, root, access, channelId, payload } = restrictedChannel();
  let server: Tangle;
  let client: TangleClient;
  let message: PublishedMessage;
  /** How to read `message`. */
  const address = () => ({ client, root, access, channelId, sequence: 0, headBlockId: message.headBlockId });

  before(async () => {
    server = await startTangle();
    ({ client } = server);
    message = await publishMessage({ client, author, access, channelId, payload });
  });
  after(() => server.stop());

  describe("with a node that does not answer", () => {
    it("names the Tangle and the URL", async () => {
      const gone = await startHttpServer(() => {});
      await gone.close();
      const dead = createTangleClient({ url: gone.url });
      const publish = { client: dead, author, access, channelId, payload };
      for (const error of [
        await failure(readMessage({ ...address(), client: dead })),
        await failure(publishMessage(publish)),
        await failure(dead.attach(randomBytes(32), randomBytes(10))),
      ]) {
        expect([error.code, error.retriable]).to.deep.equal(["SERVICE_UNREACHABLE", true]);
        expect(error.message).to.contain("Tangle").and.to.contain(gone.url);
      }
      await dead.close();
    });

    it("gives up on a silent node", async () => {
      const silent = await startHttpServer(() => {});
      const waiting = createTangleClient({ url: silent.url, timeoutMs: 100 });
      const error = await failure(readMessage({ ...address(), client: waiting }));
      await waiting.close();
      await silent.close();
      expect(error.code).to.equal("SERVICE_UNREACHABLE");
    });

    it("gives proof of work the time that the node's score asks for, beside the time for an answer", () => {
      // A block of 32 KiB: three to the power of 10, 13 and 17 trials on average.
      const trials = [1, 40, 1_500].map((score) => workAllowance(32_000, score));
      expect(trials).to.deep.equal([10, 13, 17].map((trits) => Math.ceil((7 * 3 ** trits * 1000) / 50_000)));
      expect(workAllowance(32_000, 0)).to.equal(0);
    });

    it("says that it is proof of work that takes too long, and not that the node is down", async () => {
      const demanding = await startTangle(400_000);
      // As if this machine were very fast: then it has only some seconds for three to the power of 20 trials.
      const hurried = createTangleClient({ url: demanding.url, timeoutMs: 3_000, trialsPerSecond: 6e9 });
      const error = await failure(hurried.attach(randomBytes(32), randomBytes(4_000))).finally(async () => {
        await hurried.close();
        await demanding.stop();
      });
      expect([error.code, error.retriable]).to.deep.equal(["TANGLE_WORK_TOO_LONG", true]);
    });

    it("tells a gateway's 503 and another server's answer apart", async () => {
      const answers: [number, string][] = [
        [503, "SERVICE_UNREACHABLE"],
        [500, "SERVICE_PROTOCOL"],
        [401, "SERVICE_PROTOCOL"],
      ];
      for (const [status, code] of answers) {
        const other = await startHttpServer((_request, response) => void response.writeHead(status).end("<html>"));
        const confused = createTangleClient({ url: other.url });
        const error = await failure(readMessage({ ...address(), client: confused }));
        await confused.close();
        await other.close();
        expect(error.code).to.equal(code);
      }
    });
  });

  describe("client", () => {
    it("refuses data that does not fit a block", async () => {
      expect((await failure(client.attach(randomBytes(32), randomBytes(33_000)))).code).to.equal("INPUT_INVALID");
      expect((await failure(client.attach(randomBytes(65), randomBytes(10)))).code).to.equal("INPUT_INVALID");
    });

    it("says that the node refused a block", async () => {
      const strict = await startHttpServer(async (request, response) => {
        const post = request.method === "POST";
        const answer = await fetch(`${server.url}${request.url}`);
        response.writeHead(post ? 400 : 200, { "content-type": "application/json" });
        response.end(post ? '{"error":{"code":"400","message":"no"}}' : await answer.text());
      });
      const refused = createTangleClient({ url: strict.url });
      const error = await failure(refused.attach(randomBytes(32), randomBytes(10)));
      await refused.close();
      await strict.close();
      expect(error.code).to.equal("TANGLE_BLOCK_REFUSED");
    });

    it("computes the block id, whatever the node names", async () => {
      const proxy = await tamperingProxy(
        () => server.url,
        (request, answer) =>
          request.method === "POST" ? utf8ToBytes(JSON.stringify({ blockId: `0x${"12".repeat(32)}` })) : answer,
      );
      const lied = createTangleClient({ url: proxy.url });
      const data = randomBytes(10);
      const blockId = await lied.attach(randomBytes(32), data);
      await lied.close();
      await proxy.close();
      expect((await client.fetch(blockId)).data).to.deep.equal(data);
    });

    it("is closed once, and then refuses", async () => {
      await using closed = createTangleClient({ url: server.url });
      await closed.close();
      await closed.close();
      expect((await failure(closed.fetch(message.headBlockId))).code).to.equal("INPUT_INVALID");
    });

    it("sends the token", async () => {
      let sent: string | undefined;
      const guarded = await startHttpServer((request, response) => {
        sent = request.headers.authorization;
        response.writeHead(401).end();
      });
      const token = createTangleClient({ url: guarded.url, jwt: "a.b.c" });
      const error = await failure(token.fetch(message.headBlockId));
      await Promise.all([token.close(), guarded.close()]);
      expect([sent, error.code]).to.deep.equal(["Bearer a.b.c", "SERVICE_PROTOCOL"]);
    });

    it("refuses bad configuration without printing it", () => {
      for (const options of [
        { url: "nonsense" },
        { url: "ftp://alice:sesame@host" },
        { url: server.url, timeoutMs: 0 },
        { url: server.url, timeoutMs: 2 ** 31 },
        ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((trialsPerSecond) => ({
          url: server.url,
          trialsPerSecond,
        })),
      ]) {
        expect(() => createTangleClient(options))
          .to.throw(MedexError)
          .that.satisfies((error: MedexError) => error.code === "CONFIG_INVALID" && !/sesame/.test(error.message));
      }
    });
  });
});
