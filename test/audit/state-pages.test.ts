import { ABIS, toHex32 } from "@medexchain/chain";
import { expect } from "chai";
import { Interface, ZeroAddress, ZeroHash } from "ethers";
import { isClosedGrant, isClosedStatus, type RequestList, readPages } from "../../audit/verify/state-pages.ts";

const REQUESTS = new Interface(ABIS.requests);
const STATUSES: RequestList = {
  name: "statuses",
  contract: "requests",
  abi: REQUESTS,
  words: 11,
  event: "AccessRequested",
  first: 1n,
  isClosed: isClosedStatus,
};
const EPOCH = 3n;
/** Of `RequestState`. */
const [PENDING, GRANTED, DENIED, EXPIRED] = [1n, 3n, 4n, 6n];

interface Status {
  readonly state: bigint;
  readonly acknowledgement?: bigint;
  readonly answeredIn?: bigint;
  readonly respondedAt?: bigint;
}

const struct = ({ state, acknowledgement = 0n, answeredIn = EPOCH, respondedAt = 9n }: Status) =>
  [1n, state, acknowledgement, 0n, answeredIn, 1n, 1n, respondedAt, 0n, 0n, 0n] as const;
const bytesOf = (words: readonly bigint[]) =>
  Buffer.from(words.map((word) => word.toString(16).padStart(64, "0")).join(""), "hex");

describe("the audit's pages of requests in the contracts", () => {
  it("are closed where no request can change any more while the relayers' epoch stays", () => {
    const isClosed = (status: Status) => isClosedStatus(bytesOf(struct(status)), EPOCH);
    expect(isClosed({ state: GRANTED, acknowledgement: 1n }), "acknowledged").to.equal(true);
    expect(isClosed({ state: DENIED }), "denied").to.equal(true);
    expect(isClosed({ state: GRANTED }), "may be acknowledged").to.equal(false);
    expect(isClosed({ state: GRANTED, acknowledgement: 1n, answeredIn: 2n }), "may be corrected").to.equal(false);
    expect(isClosed({ state: GRANTED, acknowledgement: 1n, answeredIn: 0n }), "was proven").to.equal(true);
    expect(isClosed({ state: EXPIRED, respondedAt: 0n }), "may be answered late").to.equal(false);
    expect(isClosed({ state: PENDING, respondedAt: 0n }), "waits").to.equal(false);
    const grant = (state: bigint) => bytesOf([...Array<bigint>(7).fill(0n), state, ...Array<bigint>(5).fill(0n)]);
    expect([PENDING, 2n, GRANTED, DENIED, 5n, EXPIRED].map((state) => isClosedGrant(grant(state)))).to.deep.equal([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it("are asked for but where they are skipped, compared, and told to be closed where they are full and all is", async () => {
    const statuses = Array.from(
      { length: 650 },
      (_, number): Status => (number === 250 ? { state: GRANTED } : { state: GRANTED, acknowledgement: 1n }),
    );
    const asked: bigint[] = [];
    const node = {
      async calls(_: string, [data = ""]: readonly string[]) {
        const [from, count] = REQUESTS.decodeFunctionData("statuses", data) as unknown as [bigint, bigint];
        asked.push(from);
        const page = statuses.slice(Number(from), Number(from + count));
        const ids = page.map((_each, at) => toHex32(bytesOf([from + BigInt(at)])));
        return [
          Buffer.from(
            REQUESTS.encodeFunctionResult("statuses", [
              ids,
              page.map((one) => [ZeroAddress, ...struct(one).slice(1, 10), ZeroHash]),
            ]).slice(2),
            "hex",
          ),
        ];
      },
    };
    const compared: string[] = [];
    const read = (skipped: ReadonlySet<number>) =>
      readPages(node as never, "0x", STATUSES, { count: 650n, skipped, block: 1, epoch: EPOCH }, (id) => {
        compared.push(id);
      });
    expect([...(await read(new Set()))]).to.deep.equal([0, 2]);
    expect(compared).to.have.length(650);
    asked.length = 0;
    expect([...(await read(new Set([0, 2])))]).to.deep.equal([0, 2]);
    expect(asked).to.deep.equal([200n, 600n]);
  });
});
