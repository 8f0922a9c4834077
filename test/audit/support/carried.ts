/** An owner's acts that somebody else carries: by the owner's key, or as a contract account of the owner accepts them. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Hex32, MESSAGE_DOMAINS, MESSAGE_TYPES, recordIdOf, toHex32, transact, ZERO_32 } from "@medexchain/chain";
import { developmentAccount } from "@medexchain/devnet";
import { ContractFactory, TypedDataEncoder, Wallet } from "ethers";
import type { Cast } from "../../../devnet/cast.ts";

const ARTIFACT = new URL("../../../artifacts/contracts/DigestAccount.t.sol/DigestAccount.json", import.meta.url);
const YEAR = 31_536_000n;

type OwnerMessage = "RecordAnchor" | "AccessLimit" | "Revocation";

/**
 * Anchors, limits and revokes a record of an owner with a key, and anchors one of an owner with a contract account.
 *
 * @returns the contract account
 */
export async function carryOwnersActs({ chainA, hospitalA }: Cast): Promise<string> {
  const { deployment, provider } = chainA;
  const domain = {
    name: MESSAGE_DOMAINS.RecordAnchor,
    version: "1",
    chainId: deployment.chainId,
    verifyingContract: deployment.records,
  };
  const types = (message: OwnerMessage) => ({ [message]: [...MESSAGE_TYPES[message]] });
  const carrier = developmentAccount(5).connect(provider);
  const { records } = chainA.as(carrier);
  const enrol = async (account: string, pseudonym: string): Promise<Hex32> => {
    const { hospital } = hospitalA;
    const notAfter = BigInt(Math.floor(Date.now() / 1000)) + YEAR;
    const member = { pseudonym, account, keyDigest: ZERO_32, serial: 1n, notAfter };
    const [certificate, signature] = await hospital.certify(chainA, member);
    await transact(chainA, () => chainA.as(hospital.operator).hospitals.enrolMember(certificate, signature));
    return hospital.memberId(pseudonym);
  };
  const anchorOf = (owner: Hex32) => {
    const [salt, capsule, publicFragment, privateFragment] = [1, 2, 3, 4].map(() => toHex32(randomBytes(32))) as [
      Hex32,
      Hex32,
      Hex32,
      Hex32,
    ];
    return { owner, salt, capsule, publicFragment, privateFragment, maxAccessCount: 3n };
  };

  const owner = Wallet.createRandom();
  const anchor = anchorOf(await enrol(owner.address, "an owner with a key"));
  const recordId = recordIdOf(anchor.owner, anchor.salt);
  const sign = (type: OwnerMessage, message: Record<string, unknown>) =>
    owner.signTypedData(domain, types(type), message);
  const expiry = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0) + YEAR;
  const anchored = await sign("RecordAnchor", { ...anchor, expiry });
  await transact(chainA, () => records.anchorFor(anchor, expiry, anchored));
  const limited = await sign("AccessLimit", { recordId, maxAccessCount: 2n, nonce: 0n, expiry });
  await transact(chainA, () => records.setMaxAccessCountFor(recordId, 2n, expiry, limited));
  const revoked = await sign("Revocation", { recordId, nonce: 1n, expiry });
  await transact(chainA, () => records.revokeFor(recordId, expiry, revoked));

  const { abi, bytecode } = JSON.parse(await readFile(ARTIFACT, "utf8")) as { abi: []; bytecode: string };
  const deployed = await new ContractFactory(abi, bytecode, carrier).deploy();
  await deployed.waitForDeployment();
  const account = await deployed.getAddress();
  const another = anchorOf(await enrol(account, "an owner with a contract account"));
  const digest = TypedDataEncoder.hash(domain, types("RecordAnchor"), { ...another, expiry });
  const approval = await carrier.sendTransaction({
    to: account,
    data: deployed.interface.encodeFunctionData("setApproved", [digest, true]),
  });
  await approval.wait();
  await transact(chainA, () => records.anchorFor(another, expiry, "0x1234"));
  return account;
}
