import { randomBytes as randomBuffer } from "node:crypto";
import * as dagCbor from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import {
  CODEC,
  type ContentStore,
  cidFromDigest,
  createContentStore,
  digestOf,
  MAX_BLOCK_BYTES,
} from "@medexchain/ipfs";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { create } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import type { RunningServer } from "../../../devnet/ipfs/index.ts";
import { openIpfs } from "../../world/servers.ts";
import { startHttpServer, tamperingProxy, temporaryDirectory } from "./support.ts";

/** Any length: the Web Crypto form stops at 64 KiB. */
const randomBytes = (length: number): Uint8Array => new Uint8Array(randomBuffer(length));

async function failure(promise: Promise<unknown>): Promise<MedexError> {
  try {
    await promise;
  } catch (error) {
    if (MedexError.is(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("content store on IPFS", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: RunningServer;
  let store: ContentStore;

  before(async () => {
    directory = await temporaryDirectory();
    server = await openIpfs(directory.path);
    store = createContentStore({ url: server.url });
  });
  after(async () => {
    await server.close();
    await directory.remove();
  });

  it("stores a document as one pinned dag-cbor block and reads it by digest or CID", async () => {
    const value = { kind: "fragment", ciphertext: randomBytes(1000) };
    const bytes = dagCbor.encode(value);
    const stored = await store.put(bytes);
    expect(stored.cid.code).to.equal(CODEC.dagCbor);
    expect(stored.digest).to.deep.equal(sha256(bytes));
    expect(stored.size).to.equal(bytes.length);
    expect(await store.get(stored.digest)).to.deep.equal(bytes);
    expect(await store.get(stored.cid)).to.deep.equal(bytes);
    const kubo = create({ url: server.url });
    expect((await kubo.dag.get(stored.cid)).value).to.deep.equal(value);
    expect((await Array.fromAsync(kubo.pin.ls({ paths: stored.cid })))[0]?.type).to.equal("recursive");
  });

  it("changes from one block to a UnixFS file above 1 MiB, and reads both by digest alone", async () => {
    const overhead = dagCbor.encode(new Uint8Array(1_000_000)).length - 1_000_000;
    const fits = dagCbor.encode(randomBytes(1_048_576 - overhead));
    const block = await store.put(fits);
    expect([block.size, block.cid.code]).to.deep.equal([1_048_576, CODEC.dagCbor]);
    expect(await store.get(block.digest)).to.deep.equal(fits);

    const exceeds = dagCbor.encode(randomBytes(1_048_577 - overhead));
    const file = await store.put(exceeds);
    expect([file.size, file.cid.code]).to.deep.equal([1_048_577, CODEC.dagPb]);
    expect(await store.get(file.cid)).to.deep.equal(exceeds);
    expect(await store.get(file.digest)).to.deep.equal(exceeds);
    const parts = await Array.fromAsync(create({ url: server.url }).cat(file.cid));
    expect(Buffer.concat(parts).equals(exceeds)).to.equal(true);
  });

  it("computes the same UnixFS CIDs as Kubo with CIDv1 and raw leaves", async () => {
    const bytes = dagCbor.encode(new Uint8Array(1_200_000).fill(7));
    const added = await create({ url: server.url }).add(bytes, { cidVersion: 1 });
    expect((await store.put(bytes)).cid.toString()).to.equal(added.cid.toString());
  });

  it("refuses what is too large, both ways", async () => {
    const large = dagCbor.encode(new Uint8Array(2_000_000));
    expect((await failure(store.put(large, { maxBytes: 1_999_999 }))).code).to.equal("INPUT_INVALID");
    const { digest } = await store.put(large);
    expect((await failure(store.get(digest, { maxBytes: 1_999_999 }))).code).to.equal("CONTENT_INVALID");
    const small = await store.put(dagCbor.encode(new Uint8Array(100)));
    expect((await failure(store.get(small.digest, { maxBytes: 100 }))).code).to.equal("CONTENT_INVALID");
  });

  it("refuses a file that is too large by its root, before it reads a leaf", async () => {
    const { digest } = await store.put(dagCbor.encode(randomBytes(1_500_000)));
    let blocks = 0;
    const counting = await tamperingProxy(
      () => server.url,
      (request, answer) => {
        if (request.url?.includes("block/get")) blocks += 1;
        return answer;
      },
    );
    const error = await failure(createContentStore({ url: counting.url }).get(digest, { maxBytes: 1_499_999 }));
    await counting.close();
    expect([error.code, blocks]).to.deep.equal(["CONTENT_INVALID", 1]);
  });

  it("refuses to store bytes that are not DAG-CBOR", async () => {
    for (const bytes of [[], [0xff, 0xff], [0xa1, 0x61], [0x01, 0x02]]) {
      expect((await failure(store.put(new Uint8Array(bytes)))).code).to.equal("INPUT_INVALID");
    }
  });

  it("refuses digests and CIDs that are not SHA-256", async () => {
    expect((await failure(store.get(new Uint8Array(31)))).code).to.equal("INPUT_INVALID");
    expect((await failure(store.get(new Uint8Array(33)))).code).to.equal("INPUT_INVALID");
    const sha512 = CID.parse(
      "bafkrgqbqt3gerhas23vuzrapkdeqf4vu2dwxp3srdj6hvg6nhsug2tgyn6mj3u23yx7utftq3i2ckw2fwdh5qmhid5qf3t35yvkc5e5ottlw6",
    );
    expect(() => digestOf(sha512)).to.throw(MedexError);
    const digest = randomBytes(32);
    expect(digestOf(cidFromDigest(digest))).to.deep.equal(digest);
  });

  it("says that unknown content was not found", async () => {
    const error = await failure(store.get(randomBytes(32)));
    expect(error.code).to.equal("CONTENT_NOT_FOUND");
    expect(error.retriable).to.equal(true);
  });

  describe("with a node that lies", () => {
    it("refuses an altered block", async () => {
      const proxy = await tamperingProxy(
        () => server.url,
        (request, answer) => {
          if (request.url?.includes("block/get")) answer[answer.length - 1] = (answer.at(-1) ?? 0) ^ 1;
          return answer;
        },
      );
      const { digest } = await store.put(dagCbor.encode({ bytes: randomBytes(100) }));
      const error = await failure(createContentStore({ url: proxy.url }).get(digest));
      await proxy.close();
      expect(error.code).to.equal("CONTENT_MISMATCH");
    });

    it("refuses an altered leaf of a file, and leaves in the wrong order", async () => {
      const { digest } = await store.put(dagCbor.encode(randomBytes(1_500_000)));
      let seen = 0;
      const alterLeaf = await tamperingProxy(
        () => server.url,
        (request, answer) => {
          if (request.url?.includes("block/get") && seen++ === 3) answer[0] = (answer[0] ?? 0) ^ 1;
          return answer;
        },
      );
      const altered = await failure(createContentStore({ url: alterLeaf.url }).get(digest));
      await alterLeaf.close();
      expect(altered.code).to.equal("CONTENT_MISMATCH");

      const leaves: Uint8Array[] = [];
      const repeatLeaf = await tamperingProxy(
        () => server.url,
        (request, answer) => {
          if (!request.url?.includes("block/get")) return answer;
          leaves.push(answer);
          return leaves.length > 3 ? leaves[2]! : answer;
        },
      );
      const repeated = await failure(createContentStore({ url: repeatLeaf.url }).get(digest));
      await repeatLeaf.close();
      expect(repeated.code).to.equal("CONTENT_MISMATCH");
    });

    it("refuses another CID than the one computed", async () => {
      const other = cidFromDigest(randomBytes(32)).toString();
      const proxy = await startHttpServer((request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          JSON.stringify(request.url?.includes("/add") ? { Name: "", Hash: other, Size: "1" } : { Key: other }),
        );
      });
      const lied = createContentStore({ url: proxy.url });
      const block = await failure(lied.put(dagCbor.encode({ a: 1 })));
      const file = await failure(lied.put(dagCbor.encode(new Uint8Array(1_100_000))));
      await proxy.close();
      expect([block.code, file.code]).to.deep.equal(["CONTENT_MISMATCH", "CONTENT_MISMATCH"]);
    });

    it("refuses answers that are not Kubo's", async () => {
      const nginx = await startHttpServer((_request, response) => {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<html>");
      });
      const missing = await startHttpServer((_request, response) => {
        response.writeHead(404);
        response.end("404 page not found");
      });
      const html = await failure(createContentStore({ url: nginx.url }).put(dagCbor.encode({ a: 1 })));
      const notFound = await failure(createContentStore({ url: missing.url }).get(randomBytes(32)));
      await Promise.all([nginx.close(), missing.close()]);
      expect([html.code, notFound.code]).to.deep.equal(["SERVICE_PROTOCOL", "SERVICE_PROTOCOL"]);
    });
  });

  describe("with a node that does not answer", () => {
    it("names IPFS and the URL, never the credentials", async () => {
      const gone = await startHttpServer(() => {});
      await gone.close();
      const url = gone.url.replace("http://", "http://alice:sesame@");
      const unreachable = createContentStore({ url });
      for (const error of [
        await failure(unreachable.get(randomBytes(32))),
        await failure(unreachable.put(dagCbor.encode({ a: 1 }))),
      ]) {
        expect(error.code).to.equal("SERVICE_UNREACHABLE");
        expect(error.retriable).to.equal(true);
        expect(error.message).to.contain("IPFS").and.to.contain(gone.url);
        expect(error.message).not.to.match(/alice|sesame|fetch failed/);
      }
      expect(unreachable.url).to.equal(gone.url);
    });

    it("tells a node that searches without end from one that is silent", async () => {
      const searching = await startHttpServer((request, response) => {
        if (!request.url?.includes("/version")) return;
        response.writeHead(200, { "content-type": "application/json" });
        response.end('{"Version":"0.38.0"}');
      });
      const silent = await startHttpServer(() => {});
      const missing = await failure(createContentStore({ url: searching.url, timeoutMs: 100 }).get(randomBytes(32)));
      const dead = await failure(createContentStore({ url: silent.url, timeoutMs: 100 }).get(randomBytes(32)));
      // A node that takes too long to store has not failed to find anything.
      const small = dagCbor.encode({ a: 1 });
      const large = dagCbor.encode(new Uint8Array(MAX_BLOCK_BYTES));
      const storing = createContentStore({ url: searching.url, timeoutMs: 100 });
      const unstored = [await failure(storing.put(small)), await failure(storing.put(large))];
      await Promise.all([searching.close(), silent.close()]);
      expect([missing.code, dead.code]).to.deep.equal(["CONTENT_NOT_FOUND", "SERVICE_UNREACHABLE"]);
      expect(unstored.map(({ code }) => code)).to.deep.equal(["SERVICE_UNREACHABLE", "SERVICE_UNREACHABLE"]);
      for (const { message } of unstored) expect(message).to.match(/did not finish (block put|add) within 100 ms/);
    });

    it("counts a gateway's 503 as unreachable", async () => {
      const gateway = await startHttpServer((_request, response) => {
        response.writeHead(503);
        response.end();
      });
      const error = await failure(createContentStore({ url: gateway.url }).get(randomBytes(32)));
      await gateway.close();
      expect(error.code).to.equal("SERVICE_UNREACHABLE");
    });
  });

  it("sends the URL's credentials as basic authentication", async () => {
    let sent: string | undefined;
    const guarded = await startHttpServer((request, response) => {
      sent = request.headers.authorization;
      response.writeHead(401);
      response.end();
    });
    const url = guarded.url.replace("http://", "http://alice:p%40ss@");
    const error = await failure(createContentStore({ url }).get(randomBytes(32)));
    await guarded.close();
    expect(sent).to.equal(`Basic ${Buffer.from("alice:p@ss").toString("base64")}`);
    expect(error.code).to.equal("SERVICE_PROTOCOL");
  });

  it("refuses bad configuration without printing it", () => {
    for (const options of [
      { url: "nonsense" },
      { url: "ftp://alice:sesame@host" },
      { url: "" },
      { url: "http://alice:%zz@host" },
      { url: "http://host", timeoutMs: 0 },
      { url: "http://host", timeoutMs: 2 ** 31 },
    ]) {
      expect(() => createContentStore(options))
        .to.throw(MedexError)
        .that.satisfies((error: MedexError) => error.code === "CONFIG_INVALID" && !/sesame|%zz/.test(error.message));
    }
  });
});
