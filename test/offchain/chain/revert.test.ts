import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ABIS, chainError, type Deployment } from "@medexchain/chain";
import { studyRegistryAbi } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { Contract, Interface, JsonRpcProvider, Wallet } from "ethers";
import { refusalText } from "../../../offchain/chain/refusals.ts";

const ADDRESS = `0x${"11".repeat(20)}`;

const SIGNED = await new Wallet(`0x${"33".repeat(32)}`).signTransaction({
  to: ADDRESS,
  nonce: 0,
  chainId: 1,
  gasLimit: 21_000,
  gasPrice: 1,
});

/** What `chainError` makes of a node that answers every call with this error. */
async function codeFor(
  error: { code: number; message: string; data?: string },
  call: "call" | "estimate" | "block" | "send",
) {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { id } = JSON.parse(Buffer.concat(parts).toString());
    response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const rpcUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new JsonRpcProvider(rpcUrl, 1, { staticNetwork: true, batchMaxCount: 1 });
  const grants = new Contract(ADDRESS, ABIS.grants, provider);
  const id = `0x${"22".repeat(32)}`;
  const calls = {
    call: () => grants.getFunction("grant").staticCall(id),
    estimate: () => grants.getFunction("deny").estimateGas(id),
    block: () => provider.getBlockNumber(),
    send: () => provider.broadcastTransaction(SIGNED),
  };
  try {
    await calls[call]();
    return "no error";
  } catch (thrown) {
    const deployment = { chainId: 1n, rpcUrl } as Deployment; // of the rest, nothing is used
    const meant = chainError(thrown, deployment);
    return MedexError.is(meant) ? meant.code : String(meant);
  } finally {
    provider.destroy();
    server.close();
  }
}

describe("what a chain's error means", () => {
  for (const call of ["call", "estimate", "block"] as const) {
    it(`an overloaded node is not a refusal by the contract: ${call}`, async () => {
      expect(await codeFor({ code: -32005, message: "limit exceeded" }, call)).to.equal("SERVICE_UNREACHABLE");
    });
  }

  it("a revert stays one, with its reason or without", async () => {
    const data = new Interface(ABIS.grants).encodeErrorResult("AccessGrantsUnknownRequest", [`0x${"22".repeat(32)}`]);
    expect(await codeFor({ code: 3, message: "execution reverted", data }, "call")).to.equal("CHAIN_REVERTED");
    expect(await codeFor({ code: 3, message: "execution reverted", data }, "estimate")).to.equal("CHAIN_REVERTED");
    expect(await codeFor({ code: -32000, message: "execution reverted" }, "call")).to.equal("CHAIN_REVERTED");
    // by a node that mines each transaction as it takes it
    expect(await codeFor({ code: 3, message: "reverted", data }, "send")).to.equal("CHAIN_REVERTED");
  });

  for (const message of [
    "insufficient funds for gas * price + value: address 0x11 have 0 want 1",
    "Sender doesn't have enough funds to send tx. The max upfront cost is: 1 and the sender's balance is: 0.",
    "Upfront cost exceeds account balance",
  ]) {
    it(`an account that cannot pay is told so: ${message}`, async () => {
      expect(await codeFor({ code: -32000, message }, "estimate")).to.equal("ACCOUNT_UNFUNDED");
    });
  }

  it("a revert whose reason speaks of funds is the contract's", async () => {
    const data = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["insufficient funds"]);
    expect(await codeFor({ code: 3, message: "execution reverted: insufficient funds", data }, "estimate")).to.equal(
      "CHAIN_REVERTED",
    );
  });

  it("every error that a person can bring about has words of its own", () => {
    const ours = new Set<string>();
    for (const abi of [ABIS.hospitals, ABIS.records, ABIS.grants, ABIS.requests]) {
      for (const fragment of abi) if (fragment.type === "error") ours.add(fragment.name);
    }
    const withoutWords = [...ours].filter((name) => {
      const fragment = Object.values(ABIS)
        .map((abi) => new Interface(abi).getError(name))
        .find((found) => found !== null);
      if (!fragment) throw new Error(`no error ${name}`);
      const values = fragment.inputs.map(({ type }) =>
        type === "bytes32" ? `0x${"22".repeat(32)}` : type === "address" ? ADDRESS : type === "string" ? "text" : 1n,
      );
      const contract = new Interface([fragment]);
      const revert = contract.parseError(contract.encodeErrorResult(fragment, values));
      return revert !== null && refusalText(revert).startsWith(`${name}(`);
    });
    // Raised by a fault of ours, by relayers' calls, or by OpenZeppelin's libraries.
    const faults =
      /^(Batches|ERC5267|Lanes|RelayerSet|ECDSA|RequestRate|Safe|Strings|InvalidShortString|StringTooLong|AccessManaged(Invalid|Required))|MissingDigest$|InvalidChain$|InvalidResponse$|WrongSource$|InvalidAcknowledgement$|RecordRegistry(Expired|Invalid)Signature$/;
    expect(withoutWords.filter((name) => !faults.test(name))).to.deep.equal([]);
    expect(withoutWords.length).to.be.lessThan(ours.size / 2);
  });

  it("a study's times are dates, ε is a number, and each state says what is waited for", () => {
    const studies = new Interface(studyRegistryAbi);
    const said = (name: string, values: readonly unknown[]): string => {
      const revert = studies.parseError(studies.encodeErrorResult(name, values));
      return revert === null ? "" : refusalText(revert);
    };
    const id = `0x${"44".repeat(32)}`;
    expect(said("StudyRegistryNotEnded", [id, 1_772_366_400])).to.include("ends at 2026-03-01T12:00:00Z");
    expect(said("StudyRegistryNotEnded", [id, 2n ** 64n - 1n])).to.include(String(2n ** 64n - 1n));
    expect(said("StudyRegistryBudgetExhausted", [id, 2500, 6000])).to.include("ε 2.5 of 6 ");
    expect(said("StudyRegistryStudiesExhausted", [id, 0])).to.include("medex study limit");
    expect(said("StudyRegistryStudiesExhausted", [id, 3])).to.include("(3)");
    expect(said("StudyRegistryWrongState", [id, 0])).to.include("is not there: check the id");
    expect(said("StudyRegistryWrongState", [id, 2])).to.include("is approved: each of its hospitals must publish");
  });
});
