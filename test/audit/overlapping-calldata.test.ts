import { ABIS } from "@medexchain/chain";
import { expect } from "chai";
import { Interface } from "ethers";
import {
  attestationsAt,
  checkpointAttestationsIn,
  deliveredIn,
  OverlappingCalldata,
  reEncryptionsIn,
} from "../../audit/verify/relayer-calls.ts";

const GRANTS = new Interface(ABIS.grants);
const CHECKPOINTS = new Interface(ABIS.checkpoints);

const word = (value: number): string => value.toString(16).padStart(64, "0");
const id = (byte: string) => `0x${byte.repeat(32)}`;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.slice(2), "hex"));
const address = `0x${"11".repeat(20)}`;
const signature = `0x${"22".repeat(65)}`;

/** An array of `count` offsets, of which each names the same tuple: the words after them. */
const oneTupleManyTimes = (count: number, tuple: string): string =>
  word(count) + word(32 * count).repeat(count) + tuple;

/** Epoch and expiry of attestations, and the offset of their list, which follows. */
const TERMS = word(5) + word(6) + word(96);

describe("calldata whose offsets overlap", () => {
  const attested = [{ relayer: address, signature }];

  it("is refused before it unfolds, in a batch of re-encryptions", () => {
    const count = 1900; // 122 kB
    // Each item is the same tuple; its attestations are the list of offsets of the items, read as a list of the same length.
    const tuple = word(1) + word(64) + TERMS + oneTupleManyTimes(count, word(3) + word(64) + word(0));
    const input = GRANTS.getFunction("submitReEncryptions")!.selector + word(32) + oneTupleManyTimes(count, tuple);
    expect(bytesOf(input)).to.have.length.within(120_000, 125_000);
    expect(() => reEncryptionsIn(bytesOf(input))).to.throw(OverlappingCalldata);
  });

  it("is refused in the attestations of a checkpoint and of a log, whose signatures may be all of it", () => {
    const count = 1000;
    // The signature is as long as everything after it.
    const list = TERMS + oneTupleManyTimes(count, word(3) + word(64) + word(32_000) + word(0).repeat(1000));
    const checkpoint = CHECKPOINTS.getFunction("submitCheckpoint")!.selector + word(1).repeat(8) + word(288) + list;
    expect(() => checkpointAttestationsIn(bytesOf(checkpoint))).to.throw(OverlappingCalldata);
    expect(() => attestationsAt(bytesOf(`0x${word(32)}${list}`), 0)).to.throw(OverlappingCalldata);
  });

  it("is refused in a batch of requests", () => {
    const tuple = word(1).repeat(8) + word(288) + word(65) + word(0).repeat(3);
    const input = GRANTS.getFunction("deliverRequests")!.selector + word(1) + word(64) + oneTupleManyTimes(1000, tuple);
    expect(() => deliveredIn(bytesOf(input))).to.throw(OverlappingCalldata);
  });

  it("is not what an encoder makes", () => {
    const terms = { epoch: 3n, expiry: 4n };
    const items = Array.from({ length: 40 }, (_, index) => ({
      requestId: id((index + 16).toString(16)),
      attestations: { ...terms, by: Array.from({ length: index % 4 }, () => attested[0]) },
    }));
    const many = reEncryptionsIn(bytesOf(GRANTS.encodeFunctionData("submitReEncryptions", [items])));
    expect(many?.map(([, { attestations }]) => attestations.by.length)).to.deep.equal(
      items.map((_, index) => index % 4),
    );
    const [[, only] = []] =
      reEncryptionsIn(
        bytesOf(GRANTS.encodeFunctionData("submitReEncryption", [id("44"), { ...terms, by: attested }])),
      ) ?? [];
    expect(Buffer.from(only?.attestations.by[0]?.signature ?? []).toString("hex")).to.equal(signature.slice(2));

    const request = [id("01"), id("02"), id("03"), 1n, address, 1n, 2n, 3n];
    const one = GRANTS.encodeFunctionData("deliverRequest", [1n, request, signature]);
    expect(deliveredIn(bytesOf(one))).to.have.length(1);
    const batch = Array.from({ length: 30 }, () => ({ request, signature }));
    expect(deliveredIn(bytesOf(GRANTS.encodeFunctionData("deliverRequests", [1n, batch])))).to.have.length(30);

    const checkpoint = [1n, address, 2n, 3n, 4n, id("66"), id("77")];
    const extension = [1n, id("88"), [id("99"), id("aa")]];
    const both = { ...terms, by: [...attested, ...attested] };
    const stored = CHECKPOINTS.encodeFunctionData("submitCheckpoint", [checkpoint, extension, both]);
    expect(checkpointAttestationsIn(bytesOf(stored))?.by.map(({ relayer }) => relayer)).to.deep.equal([
      address,
      address,
    ]);
    expect(checkpointAttestationsIn(bytesOf(one))).to.equal(undefined);
  });
});
