import type { DataOwner } from "@medexchain/actors";
import { openFragmentStore } from "@medexchain/actors/files";
import {
  type Chain,
  connectChain,
  type Deployment,
  deploymentSchema,
  requestStateOf,
  transact,
} from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type Devnet, fund } from "@medexchain/devnet";
import { expect } from "chai";
import { AbstractSigner } from "ethers";
import type { Cast } from "../../devnet/cast.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import { failsWith, grantTo, publishExample, requestFrom, withNetwork } from "./support.ts";

/** As a person may write it by hand. */
function inLowerCase(deployment: Deployment): Deployment {
  const written = Object.entries(deployment).map(([key, value]) => [
    key,
    key === "rpcUrl" ? value : String(value).toLowerCase(),
  ]);
  return deploymentSchema.parse(Object.fromEntries(written));
}

describe("what a person is told when a call is refused", function () {
  this.timeout(120_000);
  let devnet: Devnet;
  let cast: Cast;

  withNetwork((network) => {
    ({ devnet, cast } = network);
  });

  /** The patient's device with some of its parts replaced. */
  const patientWith = (parts: Partial<DataOwner>): DataOwner =>
    Object.create(cast.patient, {
      channelAuthorOf: { value: cast.patient.channelAuthorOf.bind(cast.patient) },
      fragmentKeyOf: { value: cast.patient.fragmentKeyOf.bind(cast.patient) },
      recordSecretOf: { value: cast.patient.recordSecretOf.bind(cast.patient) },
      ...Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, { value }])),
    });

  const accountOf = ({ records: { runner } }: Chain): AbstractSigner => {
    if (!(runner instanceof AbstractSigner)) throw new Error("this chain is only read");
    return runner;
  };

  it("approves with a configuration whose addresses are written in lower case", async () => {
    const [doctor] = cast.doctors;
    const requestId = await requestFrom(cast, doctor, await publishExample(cast));
    const chain = await connectChain(inLowerCase(devnet.chainA));
    try {
      const device = patientWith({ chain: chain.as(accountOf(cast.patient.chain)) });
      expect((await approveRequest(device, requestId)).decision).to.equal("Granted");
    } finally {
      chain.close();
    }
  });

  it("reads every spelling of an address as the one with the checksum's capitals", () => {
    expect(inLowerCase(devnet.chainA)).to.deep.equal(devnet.chainA);
    const wrong = { ...devnet.chainA, ledger: "0x12" };
    expect(deploymentSchema.safeParse(wrong).error?.issues[0]?.message).to.include("40 hexadecimal digits");
  });

  it("tells a second device that the approval was begun on the first, which can still finish it", async () => {
    const [doctor] = cast.doctors;
    const requestId = await requestFrom(cast, doctor, await publishExample(cast));
    const { store, fragmentStore, chain } = cast.patient;
    let isOff = true;
    // It is switched off when its key is sealed, before it can authorise.
    const put: typeof store.put = async (...input) => {
      if (isOff) throw new MedexError("SERVICE_UNREACHABLE", "the device was switched off");
      return store.put(...input);
    };
    const first = patientWith({ store: Object.create(store, { put: { value: put } }) });
    await failsWith("SERVICE_UNREACHABLE", () => approveRequest(first, requestId));

    // The second has the vault and the fragments, as a backup brings them, and nothing of the approval.
    const copy = await openFragmentStore(`${devnet.directory}/second-device`);
    for (const recordId of await fragmentStore.list()) await copy.put(recordId, await fragmentStore.get(recordId));
    const published: unknown[] = [];
    const channelAuthorOf: DataOwner["channelAuthorOf"] = (recordId) => {
      published.push(recordId);
      return cast.patient.channelAuthorOf(recordId);
    };
    const second = patientWith({ fragmentStore: copy, channelAuthorOf });
    const { message } = await failsWith("APPROVAL_ELSEWHERE", () => approveRequest(second, requestId));
    expect(message).to.include(requestId).and.include("another device").and.include("ask again");
    expect(published).to.deep.equal([]);
    expect(requestStateOf((await chain.grants.grant(requestId)).state)).to.equal("Pending");

    isOff = false;
    expect((await approveRequest(first, requestId)).decision).to.equal("Granted");
  });

  it("names the account that cannot pay", async () => {
    const address = await accountOf(cast.patient.chain).getAddress();
    await cast.chainA.provider.send("hardhat_setBalance", [address, "0x0"]);
    try {
      const { message } = await failsWith("ACCOUNT_UNFUNDED", () => publishExample(cast));
      expect(message).to.include(address).and.include(String(devnet.chainA.chainId)).and.not.include("\n");
    } finally {
      await fund(devnet.chainA, address);
    }
  });

  it("says in words what was refused: a denial after approval, a second word, an unknown record, a foreign key", async () => {
    const [doctor] = cast.doctors;
    const requestId = await grantTo(cast, doctor, await publishExample(cast));
    const { chain } = cast.patient;
    const told = async (call: () => Promise<unknown>) => (await failsWith("CHAIN_REVERTED", call)).message;
    expect(await told(() => cast.patient.deny(requestId))).to.match(/request 0x\w+ is granted already/);
    await doctor.acknowledge(requestId, "Opened");
    expect(await told(() => doctor.acknowledge(requestId, "Opened"))).to.include("already been acknowledged");
    const unknown = `0x${"99".repeat(32)}`;
    expect(await told(() => transact(chain, () => chain.records.revoke(unknown)))).to.include(
      `there is no record ${unknown}`,
    );
    const account = await accountOf(chain).getAddress();
    const suspend = () => transact(chain, () => chain.hospitals.suspendHospital(cast.hospitalA.hospital.id));
    expect(await told(suspend)).to.include(`the account ${account} does not have the role`);
  });
});
