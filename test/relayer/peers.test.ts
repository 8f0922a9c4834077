import { type Hex32, toHex32 } from "@medexchain/chain";
import type { RelayerEvent } from "@medexchain/relayer";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { hexlify, SigningKey, Wallet } from "ethers";
import type { AttestationsAnswer } from "../../relayer/http/attestations.ts";
import { createPeers } from "../../relayer/peers/peers.ts";
import { until } from "../until.ts";
import { drawAccount } from "../world/people.ts";
import { drawFor } from "../world/seed.ts";
import { testDatabase } from "./support/databases.ts";
import { type Hospitals, startHospitals } from "./support/hospitals.ts";
import { type HttpFault, type HttpProxy, startHttpProxy } from "./support/http-proxy.ts";
import { startTestRelayer, type TestRelayer } from "./support/relayers.ts";

const draw = drawFor("peers");
const digestOf = (text: string): Hex32 => toHex32(sha256(new TextEncoder().encode(text)));
const json = (answer: unknown): HttpFault => ({
  status: 200,
  type: "application/json",
  body: JSON.stringify(answer),
});

describe("relayer: asking its peers", () => {
  const of = { chainId: 31337n, requestId: digestOf("a request"), epoch: 3n, digest: digestOf("what is attested") };
  const honest = drawAccount(draw, "an honest relayer");
  const another = drawAccount(draw, "another relayer");
  const attestation = (by: Wallet, digest: Hex32 = of.digest): AttestationsAnswer["attestations"][number] => ({
    digest,
    epoch: "3",
    relayer: by.address,
    signature: by.signingKey.sign(digest).serialized,
    share: null,
  });
  const answering = async (stack: AsyncDisposableStack, answer: HttpFault | Promise<HttpFault>): Promise<HttpProxy> => {
    const peer = stack.use(await startHttpProxy());
    peer.intercept = async () => answer;
    return peer;
  };
  const failuresOf = (events: readonly RelayerEvent[], peer: HttpProxy) =>
    events.filter((event) => event.type === "failed" && event.where === "peers" && event.message.includes(peer.url));

  it("takes what an honest one gives while another never answers, and ends both", async () => {
    await using stack = new AsyncDisposableStack();
    const never = Promise.withResolvers<HttpFault>();
    stack.defer(() => never.resolve("drop"));
    const slow = await answering(stack, never.promise);
    const good = await answering(stack, json({ attestations: [attestation(honest)] }));
    const events: RelayerEvent[] = [];
    const asking = createPeers([slow.url, `${good.url}/`], (event) => void events.push(event)).ask(of);
    await until("an attestation", () => asking.given().length > 0);
    const { signature } = attestation(honest);
    expect(asking.given()).to.deep.equal([{ relayer: honest.address, signature, share: undefined }]);
    await until("the slow one is named", () => failuresOf(events, slow).length > 0);
    expect(failuresOf(events, slow)[0]).to.include({ code: "SERVICE_UNREACHABLE" });
    expect(failuresOf(events, good)).to.deep.equal([]);
    asking[Symbol.dispose]();
  });

  const canonical = attestation(honest).signature;
  const { r, s, v } = {
    r: canonical.slice(2, 66),
    s: BigInt(`0x${canonical.slice(66, 130)}`),
    v: canonical.slice(130),
  };
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const mirrored = `0x${r}${(order - s).toString(16).padStart(64, "0")}${v === "1b" ? "1c" : "1b"}`;
  const hostile: [name: string, answer: HttpFault, code: string][] = [
    [
      "more than it may",
      { status: 200, type: "application/json", body: new Uint8Array(70_000).fill(32) },
      "SERVICE_PROTOCOL",
    ],
    ["a page", { status: 200, type: "text/html", body: "<html>" }, "SERVICE_PROTOCOL"],
    ["an error", { status: 500, type: "application/json", body: "{}" }, "SERVICE_PROTOCOL"],
    ["something else", json({ attestations: [{ ...attestation(honest), signature: "none" }] }), "SERVICE_PROTOCOL"],
    ["too many", json({ attestations: Array.from({ length: 33 }, () => attestation(honest)) }), "SERVICE_PROTOCOL"],
    ["nothing", "drop", "SERVICE_UNREACHABLE"],
    [
      "another's signature as one's own",
      json({ attestations: [{ ...attestation(another), relayer: honest.address }] }),
      "SERVICE_PROTOCOL",
    ],
    [
      "a signature of something else",
      json({ attestations: [{ ...attestation(honest, digestOf("else")), digest: of.digest }] }),
      "SERVICE_PROTOCOL",
    ],
    [
      "a signature in the form that contracts refuse",
      json({ attestations: [{ ...attestation(honest), signature: mirrored }] }),
      "SERVICE_PROTOCOL",
    ],
    [
      "a broken signature",
      json({ attestations: [{ ...attestation(honest), signature: "0x1234" }] }),
      "SERVICE_PROTOCOL",
    ],
  ];
  for (const [name, answer, code] of hostile) {
    it(`takes nothing from one that answers with ${name}, names it, and asks it again later`, async () => {
      await using stack = new AsyncDisposableStack();
      const bad = await answering(stack, answer);
      const events: RelayerEvent[] = [];
      using asking = createPeers([bad.url], (event) => void events.push(event)).ask(of);
      await until("it is named", () => failuresOf(events, bad).length > 0);
      expect(failuresOf(events, bad)[0]).to.include({ code });
      expect(asking.given()).to.deep.equal([]);
      bad.intercept = async () => json({ attestations: [attestation(honest)] });
      await until("it is asked again", () => asking.given().length > 0);
      expect(asking.given()[0]?.relayer).to.equal(honest.address);
    });
  }

  it("is led nowhere else, and takes no attestation of another digest", async () => {
    await using stack = new AsyncDisposableStack();
    const good = await answering(stack, json({ attestations: [attestation(honest)] }));
    const { createServer } = await import("node:http");
    const server = createServer((request, response) =>
      response.writeHead(302, { location: `${good.url}${request.url}` }).end(),
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    stack.defer(() => new Promise<void>((done) => server.close(() => done())));
    stack.defer(() => server.closeAllConnections());
    const { port } = server.address() as { port: number }; // a TCP server has one
    let asked = 0;
    const other = await answering(stack, undefined);
    other.intercept = async () => {
      asked += 1;
      return json({ attestations: [attestation(honest, digestOf("else"))] });
    };
    const events: RelayerEvent[] = [];
    using asking = createPeers([`http://127.0.0.1:${port}`, other.url], (event) => void events.push(event)).ask(of);
    await until("both are asked", () => asked > 1 && events.length > 0);
    expect(asking.given()).to.deep.equal([]);
    expect(failuresOf(events, other)).to.deep.equal([]);
  });

  it("tells all that its peers say they attested about a request, whatever it is, and leaves out who fails", async () => {
    await using stack = new AsyncDisposableStack();
    const [one, other] = [attestation(honest), attestation(another, digestOf("else"))];
    const good = await answering(stack, json({ attestations: [one, other] }));
    const bad = await answering(stack, { status: 500, type: "application/json", body: "{}" });
    const events: RelayerEvent[] = [];
    const peers = createPeers([bad.url, good.url], (event) => void events.push(event));
    expect(await peers.tell(of)).to.deep.equal([one, other]);
    expect(failuresOf(events, bad)[0]).to.include({ code: "SERVICE_PROTOCOL" });
    expect(failuresOf(events, good)).to.deep.equal([]);
  });

  it("gives both of two shares that are said to be one relayer's", async () => {
    await using stack = new AsyncDisposableStack();
    const shares = [`0x${"01".repeat(128)}`, `0x${"02".repeat(128)}`];
    const peers = [];
    for (const share of shares)
      peers.push((await answering(stack, json({ attestations: [{ ...attestation(honest), share }] }))).url);
    using asking = createPeers(peers, () => undefined).ask(of);
    await until("two", () => asking.given().length === 2);
    expect(asking.given().map(({ share }) => share)).to.have.members(shares);
  });
});

for (const threshold of [2, 3]) {
  describe(`relayer: three with databases of their own, where ${threshold} must attest`, () => {
    const stack = new AsyncDisposableStack();
    let hospitals: Hospitals;
    const doors: HttpProxy[] = [];
    const relayers: TestRelayer[] = [];
    before(async function () {
      this.timeout(180_000);
      hospitals = stack.use(await startHospitals({ relayers: 3, threshold }));
      for (const _ of hospitals.relayers) doors.push(stack.use(await startHttpProxy()));
      for (const [number, { privateKey }] of hospitals.relayers.entries()) {
        const { config } = stack.use(await testDatabase());
        const peers = doors.filter((_, at) => at !== number).map(({ url }) => url);
        const relayer = await startTestRelayer(hospitals, config, {
          accountKey: privateKey,
          change: (parsed) => ({ ...parsed, peers, checkpoints: { everyBlocks: 1, intervalMs: 200 } }),
        });
        relayers.push(stack.use(relayer));
        doors[number]!.target = relayer.url;
      }
    });
    after(() => stack.disposeAsync());

    it("grants and answers a request, keeps the other's ledger, and tells its peers what it attested", async () => {
      const { a, b, chainA, chainB } = hospitals;
      const { requestId } = await hospitals.file();
      await until("the request arrives", async () => (await chainA.grants.grant(requestId)).state === 1n);
      await hospitals.authorize(requestId);
      await until("the answer arrives", async () => (await chainB.requests.status(requestId)).respondedAt !== 0n);
      const [delivered] = await chainB.requests.queryFilter(chainB.requests.filters.ResponseDelivered(requestId));
      expect(delivered!.args.attestations.by).to.have.length(threshold);
      await until(
        "a checkpoint of A on B",
        async () => (await chainB.checkpoints.checkpointCount(a.chainId, a.ledger)) > 0n,
      );
      for (const [number, { url }] of relayers.entries()) {
        const answer = await fetch(`${url}/v1/attestations/${b.chainId}/${requestId}`);
        const { attestations } = (await answer.json()) as AttestationsAnswer; // its form is checked where peers are asked
        const own = hospitals.relayers[number]!.address;
        // One that came after the answer need not have attested it.
        expect(attestations.every(({ relayer }) => relayer === own)).to.equal(true);
        const wrong = await fetch(`${url}/v1/attestations/${b.chainId}/0x12`);
        expect(wrong.status).to.equal(400);
      }
    });

    if (threshold === 3) return;
    it("goes on while one of them is not to be reached, and one that lies in its place", async () => {
      const { chainA, chainB } = hospitals;
      const stranger = new Wallet(new SigningKey(hexlify(draw("a stranger")(32))));
      doors[2]!.intercept = async () => {
        const digest = digestOf("a lie");
        const signature = stranger.signingKey.sign(digest).serialized;
        return json({ attestations: [{ digest, epoch: "1", relayer: stranger.address, signature, share: null }] });
      };
      await relayers[2]![Symbol.asyncDispose]();
      const { requestId } = await hospitals.file();
      await until("the request arrives", async () => (await chainA.grants.grant(requestId)).state === 1n);
      await hospitals.authorize(requestId);
      await until("the answer arrives", async () => (await chainB.requests.status(requestId)).respondedAt !== 0n);
    });
  });
}
