import {
  decodeQbftExtraData,
  encodeQbftExtraData,
  type QbftHeader,
  qbftHeader,
  qbftQuorum,
  qbftSealers,
} from "@medexchain/evm";
import { expect } from "chai";
import { encodeRlp } from "ethers";
import fc from "fast-check";
import { allBlocks as blocks } from "../../vectors/besu-qbft/index.ts";

describe("evm: QBFT headers", () => {
  const read = (fields: unknown): QbftHeader => {
    const header = qbftHeader(fields);
    if (header === undefined) throw new Error("no QBFT header");
    return header;
  };

  it("have the hash that Besu gives them, in every round, and before the first", () => {
    for (const { header } of blocks) expect(read(header).blockHash).to.equal(header.hash);
    const rounds = blocks.map(({ header }) => read(header).round);
    expect(rounds.filter((round) => round > 0)).to.have.length(4);
  });

  it("are sealed by a quorum of different validators of their own list", () => {
    for (const { number, validators, header } of blocks.filter(({ number }) => number > 0)) {
      const sealed = read(header);
      expect(sealed.number).to.equal(BigInt(number));
      expect(sealed.validators).to.have.members(validators);
      const sealers = qbftSealers(sealed);
      expect(validators).to.include.members(sealers);
      expect(new Set(sealers).size).to.equal(sealers.length).and.at.least(qbftQuorum(validators.length));
    }
  });

  it("have a vote where one was cast, and keep it through encoding", () => {
    const votes = blocks.flatMap(({ header }) => read(header).vote ?? []);
    expect(votes.map(({ isAdded }) => isAdded)).to.include.members([true, false]);
    for (const { header } of blocks) {
      const extraData = String(header.extraData);
      expect(encodeQbftExtraData(decodeQbftExtraData(extraData)!)).to.equal(extraData);
    }
  });

  it("have no signer for a seal that is none", () => {
    const header = read(blocks[5]!.header);
    const seal = header.seals[0]!;
    const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    const changed = [`${seal.slice(0, 130)}1b`, `0x${order}${seal.slice(66)}`, `${seal.slice(0, 66)}${order}00`];
    expect(qbftSealers({ ...header, seals: changed })).to.deep.equal([undefined, undefined, undefined]);
  });

  it("are not read where a field is missing, too long, or no hex, or one is left out between later ones", () => {
    const { header } = blocks[3]!;
    for (const name of ["parentHash", "miner", "logsBloom", "number", "timestamp", "extraData", "nonce"]) {
      for (const value of [
        undefined,
        null,
        1,
        "",
        "0x",
        `${header[name]}00`.repeat(33),
        `${String(header[name]).slice(0, -2)}zz`,
      ]) {
        expect(qbftHeader({ ...header, [name]: value }), `${name} ${value}`).to.equal(undefined);
      }
    }
    expect(qbftHeader({ ...header, blobGasUsed: "0x0" })).to.equal(undefined);
    for (const none of [undefined, null, "0x", 3, []]) expect(qbftHeader(none)).to.equal(undefined);
  });

  it("are not read from extraData that says the same in another encoding, or more", () => {
    const extra = decodeQbftExtraData(String(blocks[3]!.header.extraData))!;
    const items: unknown[] = [extra.vanity, [...extra.validators], [], "0x", [...extra.seals]];
    expect(decodeQbftExtraData(encodeRlp(items as never))).to.deep.equal(extra);
    const changes: Record<string, unknown[]> = {
      "a round of zeros": items.with(3, "0x00"),
      "a round with a leading zero": items.with(3, "0x0001"),
      "a sixth item": [...items, "0x"],
      "four items": items.slice(0, 4),
      "a short validator": items.with(1, ["0x1234"]),
      "a long seal": items.with(4, [`${extra.seals[0]}00`]),
      "half a vote": items.with(2, [extra.validators[0]]),
      "a vote of another kind": items.with(2, [extra.validators[0], "0x01"]),
    };
    for (const [what, changed] of Object.entries(changes)) {
      expect(decodeQbftExtraData(encodeRlp(changed as never)), what).to.equal(undefined);
    }
    expect(decodeQbftExtraData(`${encodeRlp(items as never)}00`)).to.equal(undefined);
  });

  it("have another hash when any byte of what is sealed is another, and never make the reader throw", () => {
    const { header } = blocks[4]!;
    const { sealHash } = read(header);
    const unsealed = ["hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"];
    const names = Object.keys(header).filter((name) => !unsealed.includes(name));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 15 }), (name, position, change) => {
        const value = String(header[name]);
        const at = 2 + (position % (value.length - 2));
        const digit = (Number.parseInt(value[at]!, 16) ^ change).toString(16);
        const mutated = qbftHeader({ ...header, [name]: value.slice(0, at) + digit + value.slice(at + 1) });
        if (mutated === undefined) return;
        const isSealChanged = name === "extraData" && mutated.seals.join() !== read(header).seals.join();
        if (isSealChanged) expect(qbftSealers(mutated)).not.to.deep.equal(qbftSealers(read(header)));
        else expect(mutated.sealHash).not.to.equal(sealHash);
      }),
      { numRuns: 300 },
    );
  });
});
