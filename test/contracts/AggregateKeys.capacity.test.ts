import { blsKeyRegistration, deriveBlsKey } from "@medexchain/chain";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { type ContractTransactionResponse, getBytes, type Interface } from "ethers";
import type { Chain } from "./support/chain.ts";
import { RequestState } from "./support/enums.ts";
import { expectRefusal } from "./support/expectRefusal.ts";
import { admitKeyedRelayers, aggregateBy, type KeyedRelayer } from "./support/keyed-relayers.ts";
import { digest, digestOf, domainOf, type Terms } from "./support/messages.ts";
import {
  anotherRequest,
  approve,
  loadWorld,
  pendingRequest,
  RECORD,
  responseOf,
  SEALED_REKEY,
  termsOf,
  type World,
} from "./support/world.ts";

/** Dozens of relayers register keys, one after the other. */
const SLOW_MS = 300_000;

describe("AggregateKeys, at their most,", () => {
  let world: World;
  let a: Chain;

  beforeEach(async () => {
    world = await loadWorld();
    a = world.a;
  });

  const register = async (account: HardhatEthersSigner) => {
    const set = { chainId: a.chainId, address: await a.relayers.getAddress() };
    const blsKey = deriveBlsKey(getBytes(digest(account.address)));
    const { key, proof } = blsKeyRegistration(blsKey, set, account.address);
    return a.relayers.connect(account).setBlsKey(key, proof);
  };

  it("allow a threshold above what single attestations carry, up to all who have keys", async function () {
    this.timeout(SLOW_MS);
    const { relayers, actors } = a;
    const most = await relayers.MAX_THRESHOLD();
    await relayers.setAggregates(true);
    const admitted = await admitKeyedRelayers(a, Number(most) + 2);
    await relayers.setThreshold(most + 2n);
    // There are three more relayers, without keys.
    await expectRefusal(relayers.setThreshold(most + 3n), relayers, "RelayerSetInvalidThreshold", most + 3n, most + 5n);
    await expectRefusal(relayers.setAggregates(false), relayers, "RelayerSetInvalidThreshold", most + 2n, most + 5n);
    const keyed = relayers.removeRelayer(admitted[0]!.wallet);
    await expectRefusal(keyed, relayers, "RelayerSetInvalidThreshold", most + 2n, most + 4n);
    await relayers.removeRelayer(actors.relayer3);
    await relayers.setThreshold(most);
    await relayers.removeRelayer(admitted[0]!.wallet);
    await relayers.setAggregates(false);
  });

  it("are kept of so many relayers, and of none whose index has no bit", async function () {
    this.timeout(SLOW_MS);
    const { relayers, actors } = a;
    const most = Number(await relayers.MAX_AGGREGATE_KEYS());
    await relayers.setAggregates(true);
    const admitted = await admitKeyedRelayers(a, most);
    await expectRefusal(register(actors.relayer1), relayers, "AggregateKeysNoRoom", 1n);
    await relayers.removeRelayer(admitted[7]!.wallet);
    await register(actors.relayer1);
    expect(await relayers.aggregateKeys()).to.have.length(most);
    await relayers.removeRelayer(actors.relayer1);
    for (let index = most + 4; index <= 255; index++) {
      await relayers.addRelayer(actors.stranger);
      if (index < 255) await relayers.removeRelayer(actors.stranger);
    }
    await register(actors.stranger);
    await relayers.removeRelayer(actors.stranger);
    await relayers.addRelayer(actors.stranger);
    await expectRefusal(register(actors.stranger), relayers, "AggregateKeysNoRoom", 256n);
  });

  it("sign one item of a batch, all of them, in an epoch that has ended", async function () {
    this.timeout(SLOW_MS);
    const { b } = world;
    const most = Number(await a.relayers.MAX_AGGREGATE_KEYS());
    const admitted = new Map<Chain, KeyedRelayer[]>();
    for (const chain of [a, b]) {
      await chain.relayers.setAggregates(true);
      admitted.set(chain, await admitKeyedRelayers(chain, most));
      await chain.relayers.setThreshold(BigInt(most));
    }
    const attested = async (chain: Chain, of: (terms: Terms) => Promise<string>) => {
      const terms = await termsOf(chain);
      const by = [aggregateBy(await chain.relayers.getAddress(), admitted.get(chain)!, await of(terms))];
      // Begins an epoch.
      const { stranger } = chain.actors;
      if (await chain.relayers.isRelayer(stranger)) await chain.relayers.removeRelayer(stranger);
      else await chain.relayers.addRelayer(stranger);
      return { ...terms, by };
    };
    const { requestId } = await pendingRequest(world);
    const late = await anotherRequest(world);
    await approve(world, requestId);
    const limit = { gasLimit: 2_000_000n };
    const submit = async (id: string) => {
      const reEncrypted = { requestId: id, sealedRekey: SEALED_REKEY };
      const onA = await attested(a, async (terms) =>
        digestOf(await domainOf(a, "grants"), "ReEncryption", { ...reEncrypted, ...terms }),
      );
      return a.grants.connect(a.actors.relayer1).submitReEncryptions([{ requestId: id, attestations: onA }], limit);
    };
    expect(await skippedIn(a.grants, submit(requestId))).to.deep.equal([]);
    expect((await a.grants.grant(requestId)).state).to.equal(RequestState.Granted);
    // What comes too late is refused, and logged, which costs more. It was sealed to the relayers of the next epoch.
    await approve(world, late.requestId);
    await a.records.connect(a.actors.patient).revoke(RECORD);
    expect(await skippedIn(a.grants, submit(late.requestId))).to.deep.equal([]);
    expect((await a.grants.grant(late.requestId)).state).to.equal(RequestState.Refused);
    const response = await responseOf(world, requestId);
    const onB = await attested(b, async (terms) => {
      const told = { sourceChainId: a.chainId, source: await a.grants.getAddress(), ...response, ...terms };
      return digestOf(await domainOf(b, "requests"), "AccessResponse", told);
    });
    const delivered = b.requests.deliverResponses(a.chainId, [{ response, attestations: onB }], limit);
    expect(await skippedIn(b.requests, delivered)).to.deep.equal([]);
    expect((await b.requests.status(requestId)).state).to.equal(RequestState.Granted);
  });
});

/** Why items of a batch were skipped. */
async function skippedIn(
  contract: { interface: Interface },
  sent: Promise<ContractTransactionResponse>,
): Promise<unknown[]> {
  const receipt = await (await sent).wait();
  const events = receipt?.logs.map((log) => contract.interface.parseLog(log)) ?? [];
  return events.filter((event) => event?.name === "BatchItemSkipped").map((event) => event?.args.reason);
}
