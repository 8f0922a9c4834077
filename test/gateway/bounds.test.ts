import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { boundConnections } from "../../gateway/connections.ts";
import { createKnownRefusals } from "../../gateway/known-refusals.ts";
import { networkOf } from "../../gateway/network-of.ts";
import { tryAgain } from "../../gateway/try-again.ts";

describe("the gateway's bounds", () => {
  it("remember a refusal for its time, and no more of them than their limit", () => {
    let now = 1000;
    const known = createKnownRefusals<string>({ limit: 3, milliseconds: 100, clock: () => now });
    for (const key of ["a", "b", "c", "d"]) known.set(key, `refused ${key}`);
    expect(["a", "b", "c", "d"].map((key) => known.get(key))).to.deep.equal([
      undefined,
      "refused b",
      "refused c",
      "refused d",
    ]);
    now += 100;
    expect(known.get("d")).to.equal(undefined);
  });

  it("count an IPv4 address for itself, and an IPv6 one for its network", () => {
    for (const [address, network] of [
      ["192.0.2.7", "192.0.2.7"],
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
      ["2001:db8:1:2::9", "2001:db8:1:2"],
      ["2001:db8::9", "2001:db8:0:0"],
      ["fe80::1%eth0", "fe80:0:0:0"],
      ["::1", "0:0:0:0"],
      ["", ""],
    ] as const) {
      expect(networkOf(address), address).to.equal(network);
    }
  });

  it("close the oldest connection when there are too many, and serve the newest", async () => {
    const server = createServer((_request, response) => response.end("served"));
    boundConnections(server, 20);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo; // a TCP server has one
    const idle = Array.from({ length: 60 }, () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}); // closed by the server
      socket.resume(); // what is not read is not seen to end
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nA");
      return { socket, closed: once(socket, "close") };
    });
    await Promise.all(idle.slice(0, 40).map(({ closed }) => closed));
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(await response.text()).to.equal("served");
    for (const { socket } of idle) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
});

describe("a call to a gateway", () => {
  const busy = new MedexError("GATEWAY_BUSY", "busy");
  const failing = async (error: Error, isFinal = false): Promise<[tries: number, Error]> => {
    let tries = 0;
    const options = { timeoutMs: 10_000, isFinal: () => isFinal };
    try {
      await tryAgain(options, async () => {
        tries += 1;
        throw error;
      });
    } catch (thrown) {
      return [tries, thrown as Error]; // what was thrown
    }
    throw new Error("it did not fail");
  };

  it("is tried again while the hospital is busy", async () => {
    let tries = 0;
    const answer = await tryAgain({ timeoutMs: 60_000, isFinal: () => false }, async () => {
      tries += 1;
      if (tries < 6) throw busy;
      return "answer";
    });
    expect([answer, tries]).to.deep.equal(["answer", 6]);
  });

  it("is tried some times after failures that pass, and once after others", async () => {
    const unreachable = new MedexError("SERVICE_UNREACHABLE", "down");
    const refused = new MedexError("GATEWAY_CALL_REFUSED", "no");
    const nonsense = new MedexError("SERVICE_PROTOCOL", "what?");
    const defect = new TypeError("a defect");
    expect(await failing(unreachable)).to.deep.equal([4, unreachable]);
    expect(await failing(unreachable, true)).to.deep.equal([1, unreachable]);
    for (const error of [refused, nonsense, defect]) expect(await failing(error)).to.deep.equal([1, error]);
  });

  it("ends with its time", async () => {
    const options = { timeoutMs: 50, isFinal: () => false };
    const error = await tryAgain(options, () => Promise.reject(busy)).catch((thrown: unknown) => thrown);
    expect(error).to.equal(busy);
  });
});
