import type { Finding } from "@medexchain/audit";
import { expect } from "chai";
import { openStore } from "../../audit/store/store.ts";
import type { StoredLog } from "../../audit/store/stored-log.ts";
import { verifyContext } from "../../audit/verify/context.ts";
import type { SignaturePool } from "../../audit/verify/signature-pool.ts";
import { temporaryDirectory } from "../relayer/support/directory.ts";

/** A log of one transaction. */
const log = {
  chainId: 1n,
  block: 7,
  place: 0,
  index: 0,
  transaction: new Uint8Array(32).fill(9),
  blockHash: new Uint8Array(32),
} as unknown as StoredLog; // what the check looks at

describe("an audit of who sent a transaction", () => {
  it("checks every sender that a node names for it, each once at a place", async () => {
    await using directory = await temporaryDirectory();
    const store = openStore(directory.path, []);
    const checked: unknown[] = [];
    const pool = { check: ([account]: [string]) => checked.push(account) } as unknown as SignaturePool; // counts alone
    const findings: Finding[] = [];
    const context = verifyContext(store, new Map(), pool, (found) => findings.push(found));
    const signed = [log.transaction, new Uint8Array(32), new Uint8Array(65)] as const;
    for (const sender of ["0xaa", "0xaa", "0xbb"]) {
      context.requireSender(log, { sender, recipient: undefined, input: new Uint8Array(0), signed });
    }
    const again = { ...log, block: 8 } as unknown as StoredLog; // the same hash, told in another block
    context.requireSender(again, { sender: "0xaa", recipient: undefined, input: new Uint8Array(1), signed });
    store.close();
    expect(checked).to.deep.equal(["0xaa", "0xbb", "0xaa"]);
    expect(findings).to.deep.equal([]);
  });
});
