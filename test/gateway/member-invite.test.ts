import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ABIS, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { networkSchema } from "@medexchain/config";
import { MedexError, toJson } from "@medexchain/core";
import {
  createMemberInvite,
  invitationOf,
  type MemberInvite,
  memberInviteSchema,
  readInviteFile,
} from "@medexchain/gateway";
import { expect } from "chai";
import { Wallet } from "ethers";

const address = (digit: string): string => `0x${digit.repeat(40)}`;
const contracts = Object.fromEntries(
  [...Object.keys(ABIS), "manager"].map((name, at) => [name, address(String(at % 10))]),
);
const chain = (chainId: number, port: number) => ({
  deployment: { chainId, rpcUrl: `http://127.0.0.1:${port}`, ...contracts },
});
const network = networkSchema.parse({
  chains: { chainA: chain(31337, 1), chainB: chain(31338, 2) },
  ipfs: { url: "http://127.0.0.1:3" },
  tangle: { url: "http://127.0.0.1:4", timeoutMs: 1000 },
  hospitals: { "Hospital A": { chain: "chainA", gateway: "http://127.0.0.1:5" }, "Hospital B": { chain: "chainB" } },
});
const ABOUT = {
  network,
  hospital: "Hospital A",
  pseudonym: "patient-4711",
  role: "owner",
  serial: 1,
  notAfter: 2_000_000_000,
  expiry: 1_900_000_000,
  gwei: 5,
} as const;

describe("a member's invite", () => {
  const operator = new Wallet(Wallet.createRandom().privateKey);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "medex-invite-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const throughFile = async (invite: unknown): Promise<MemberInvite> => {
    const path = join(folder, "invite.json");
    writeFileSync(path, toJson(invite, { integer: Number }));
    return readInviteFile(path, memberInviteSchema);
  };

  it("says the same after it was a file, under a key that is in no other", async () => {
    const made = await createMemberInvite(operator, ABOUT);
    const read = await throughFile(made);
    expect(read).to.deep.equal(made);
    const { invitation, key, memberId, fingerprint } = invitationOf(read);
    expect(memberId).to.equal(memberIdOf(pseudonymHash("Hospital A"), pseudonymHash("patient-4711")));
    expect(key.address).to.equal(invitation.key);
    expect(invitation.signature).to.equal(made.signature);
    expect(fingerprint)
      .to.equal(invitationOf(made).fingerprint)
      .and.match(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    const other = await createMemberInvite(operator, ABOUT);
    expect(other.key).to.not.equal(made.key);
    expect(invitationOf(other).fingerprint).to.not.equal(fingerprint);
  });

  it("is another where anything in it is another, so that its signature and fingerprint are of all of it", async () => {
    const made = await createMemberInvite(operator, ABOUT);
    const { fingerprint } = invitationOf(made);
    const { chains, hospitals } = network;
    const elsewhere = { ...chains, chainA: { ...chains.chainA!, confirmations: 3 } };
    for (const altered of [
      { pseudonym: "patient-4712" },
      { role: "doctor" as const },
      { serial: 2 },
      { notAfter: ABOUT.notAfter + 1 },
      { expiry: ABOUT.expiry + 1 },
      { gwei: 6 },
      { network: { ...network, ipfs: { url: "http://127.0.0.1:33" } } },
      { network: { ...network, chains: elsewhere } },
      {
        network: {
          ...network,
          hospitals: { ...hospitals, "Hospital A": { chain: "chainA", gateway: "http://evil:5" } },
        },
      },
    ]) {
      const said = Object.keys(altered).join();
      expect(invitationOf({ ...made, ...altered }).fingerprint, said).to.not.equal(fingerprint);
    }
  });

  it("is refused, by its path and key and without a value, where it is malformed or too long", async () => {
    const made = await createMemberInvite(operator, ABOUT);
    for (const altered of [
      { key: "0x12" },
      { signature: undefined },
      { more: 1 },
      { serial: 0 },
      {
        network: {
          ...network,
          chains: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`c${at}`, chain(at + 1, 1)])),
        },
      },
    ]) {
      const error = await throughFile({ ...made, ...altered }).catch((thrown: unknown) => thrown);
      expect(MedexError.is(error, "CONFIG_INVALID"), JSON.stringify(altered).slice(0, 60)).to.equal(true);
      expect((error as Error).message)
        .to.include("invite.json")
        .and.not.include(made.key);
    }
    const long = join(folder, "long.json");
    writeFileSync(long, `"${"x".repeat(600_000)}"`);
    chmodSync(long, 0o600);
    const error = await readInviteFile(long, memberInviteSchema).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.include("too long");
    expect(() => invitationOf({ ...made, hospital: "Hospital C" })).to.throw(MedexError, "on which chain");
  });
});
