import { pbkdf2Sync } from "node:crypto";
import { expect } from "chai";
import { attribute, PURPOSES, partsOf, sumOf } from "../../bench/e2e/attribute.ts";
import { parseE2eOptions } from "../../bench/e2e/options.ts";
import { type Recording, startRecording } from "../../bench/e2e/recording.ts";

/** A root that calls one function in each file, a native one below the first, and sleeps. */
function recordingOf(files: readonly string[]): Recording {
  const frame = (id: number, functionName: string, url: string, children: number[] = []) => ({
    id,
    callFrame: { functionName, url },
    children,
  });
  const ids = files.map((_, index) => index + 10);
  return {
    startedAt: 1_000,
    profile: {
      nodes: [
        frame(1, "(root)", "", [2, 3, ...ids]),
        frame(2, "(idle)", ""),
        frame(3, "(garbage collector)", ""),
        ...files.map((url, index) => frame(index + 10, "work", url, index === 0 ? [99] : [])),
        frame(99, "native", "wasm://x"),
      ],
      startTime: 0,
      samples: [2, ...ids, 99, 3, ids[0] ?? 0],
      // The last is after the moments that are looked at.
      timeDeltas: [50_000, ...ids.map(() => 10_000), 10_000, 10_000, 900_000],
    },
    threads: [
      { at: 1_000, times: { main: 100, WorkerThread: 10 } },
      {
        at: 1_500,
        times: { main: 700, WorkerThread: 40, "tokio-rt-worker": 20, "edr-provider": 8, "libuv-worker": 5, other: 3 },
      },
    ],
  };
}

describe("the attribution of processor time", () => {
  const root = "file:///project/";
  const files = [
    "node_modules/@electric-sql/pglite/dist/index.js",
    "node_modules/ethers/lib.esm/index.js",
    "offchain/pre/re-encrypt.ts",
    "relayer/concurrency/loop.ts",
  ].map((file) => root + file);

  it("goes by file, by caller where a function has none, and by a thread's name, between two moments", () => {
    // Six samples of 10 ms at work, of which storage has two; the main thread took 600 ms.
    expect(attribute(recordingOf(files), 1_000, 1_500)).to.deep.equal({
      storage: 200 + 5,
      chain: 100 + 20 + 8,
      cryptography: 100 + 30,
      engine: 100,
      rest: 100 + 3,
    });
  });

  it("names a relayer's parts, the largest first, and its other threads by their names", () => {
    const parts = partsOf(recordingOf(files), 1_000, 1_500);
    expect([...parts.keys()][0]).to.equal("the embedded database itself (PGlite)");
    expect(parts.get("encoding and decoding for the chains")).to.equal(100);
    expect(parts.get("hashes, signatures, sealed keys")).to.equal(100);
    expect(parts.get("garbage collection")).to.equal(100);
    expect(parts.get("re-encryption, in threads of its own")).to.equal(30);
    const all = [...parts.values()].reduce((sum, ms) => sum + ms, 0);
    expect(Math.round(all)).to.equal(600 + 30 + 20 + 8 + 5 + 3);
  });

  it("adds up over processes", () => {
    const one = { chain: 1, cryptography: 2, storage: 3, engine: 4, rest: 5 };
    expect(sumOf([one, one])).to.deep.equal({ chain: 2, cryptography: 4, storage: 6, engine: 8, rest: 10 });
  });

  it("finds the work of this very process, where the system tells a thread's time", () => {
    const from = Date.now();
    const recording = startRecording();
    pbkdf2Sync("a", "b", 200_000, 32, "sha512");
    const spent = attribute(recording.end(), from, Date.now() + 1_000);
    // From /proc, which Linux alone has.
    const [least, most] = process.platform === "linux" ? [30, 5_000] : [0, 0];
    expect(PURPOSES.reduce((sum, purpose) => sum + spent[purpose], 0)).to.be.within(least, most);
  });
});

describe("the end-to-end benchmark's options", () => {
  it("are whole numbers in range, and the refusal names the option", () => {
    expect(parseE2eOptions({ requests: "60", relayers: "2" })).to.deep.equal({
      requests: 60,
      relayers: 2,
      blockInterval: 1_000,
      most: 2_000,
    });
    for (const [name, value] of Object.entries({ requests: "x", relayers: "5", most: "10001", plainRequests: "0" })) {
      const flag = name === "plainRequests" ? "--plain-requests" : `--${name}`;
      expect(() => parseE2eOptions({ [name]: value }), name).to.throw(flag);
    }
  });
});
