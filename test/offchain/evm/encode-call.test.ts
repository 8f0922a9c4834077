import { expect } from "chai";
import { hexlify, Interface } from "ethers";
import fc from "fast-check";
import { ABIS } from "../../../offchain/chain/abis.ts";
import { encodeCall } from "../../../offchain/evm/encode-call.ts";

describe("evm: call data", () => {
  const grants = Interface.from(ABIS.grants);
  const requests = Interface.from(ABIS.requests);
  const bytes = (minLength: number, maxLength = minLength) =>
    fc.uint8Array({ minLength, maxLength }).map((raw) => hexlify(raw));
  const hex32 = bytes(32);
  const address = bytes(20);
  const uint = (bits: bigint) => fc.bigInt(0n, 2n ** bits - 1n);
  const uint64 = uint(64n);
  const signature = bytes(0, 70);
  const by = fc.array(fc.record({ relayer: address, signature }), { maxLength: 3 });
  const attestations = fc.record({ epoch: uint64, expiry: uint64, by });
  const request = fc.record({
    recordId: hex32,
    requester: hex32,
    purpose: hex32,
    destinationChainId: uint64,
    destination: address,
    issuedAt: uint64,
    expiry: uint64,
    nonce: uint(256n),
  });
  const response = fc.record({
    requestId: hex32,
    decision: fc.bigInt(0n, 3n),
    decidedAt: uint64,
    contents: hex32,
    reEncryption: hex32,
    privateFragment: hex32,
  });
  const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });
  const calls: [Interface, string, fc.Arbitrary<readonly unknown[]>][] = [
    [grants, "deliverRequests", fc.tuple(uint64, some(fc.record({ request, signature })))],
    [grants, "submitReEncryptions", fc.tuple(some(fc.record({ requestId: hex32, attestations })))],
    [requests, "deliverResponses", fc.tuple(uint64, some(fc.record({ response, attestations })))],
  ];

  for (const [abi, method, values] of calls) {
    it(`is what ethers encodes: ${method}`, () => {
      fc.assert(
        fc.property(values, (args) => {
          expect(encodeCall(abi, method, args)).to.equal(abi.encodeFunctionData(method, [...args]));
        }),
      );
    });
  }

  it("refuses a value that is not of its type, and a type that is not sent in numbers", () => {
    const attested = (by: readonly object[]) => ({ attestations: { epoch: 1n, expiry: 2n, by } });
    const item = { requestId: `0x${"00".repeat(32)}`, ...attested([]) };
    const encode = (change: object) => () => encodeCall(grants, "submitReEncryptions", [[{ ...item, ...change }]]);
    expect(encode({})).not.to.throw();
    expect(encode({ requestId: `0x${"00".repeat(31)}` })).to.throw("requestId has 31 bytes");
    expect(encode({ requestId: 7n })).to.throw("requestId is not hexadecimal");
    expect(encode(attested([{ relayer: "0x00", signature: "0x" }]))).to.throw("relayer has 1 bytes");
    expect(encode(attested([{ relayer: `0x${"00".repeat(20)}` }]))).to.throw("signature is not hexadecimal");
    expect(() => encodeCall(grants, "deliverRequests", [2n ** 64n, []])).to.throw("does not fit uint64");
    expect(() => encodeCall(grants, "deliverRequests", [-1n, []])).to.throw("does not fit uint64");
    expect(() => encodeCall(new Interface(["function f(string)"]), "f", ["x"])).to.throw("is not encoded here");
  });
});
