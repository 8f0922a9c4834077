import { currentVersionOf, requestStateOf, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { Wallet } from "ethers";
import { developmentAccount } from "../../devnet/chains.ts";
import { fund } from "../../devnet/funding.ts";
import { approveRequest } from "../../offchain/actors/approve-request.ts";
import type { FragmentStore } from "../../offchain/actors/fragment-store.ts";
import type { Owner } from "../../offchain/actors/owner.ts";
import { rekeyRecord } from "../../offchain/actors/rekey-record.ts";
import { resealRequest } from "../../offchain/actors/reseal-request.ts";
import { type ByHandNetwork, startByHandNetwork } from "./by-hand.ts";
import { exampleDocument, failsWith, publishExample } from "./support.ts";

/** A device that is switched off at one of the calls by which it changes anything, inside or outside: before that call, or before its answer. */
class Switch {
  /** Names of the calls so far. */
  readonly calls: string[] = [];
  readonly #at: number;
  readonly #when: "before" | "after";

  constructor(at: number, when: "before" | "after") {
    this.#at = at;
    this.#when = when;
  }

  /** The same calls, counted. */
  of<T extends object>(target: T, names: readonly (keyof T & string)[]): T {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== "function") return value;
        // Not bound: what `await using` calls at the end must be no bound function in this version of V8.
        if (!names.includes(name as keyof T & string)) return (...args: unknown[]) => Reflect.apply(value, of, args);
        const apply = async (call: typeof value, _: unknown, args: unknown[]): Promise<unknown> => {
          const at = this.calls.push(String(name)) - 1;
          if (at > this.#at || (at === this.#at && this.#when === "before")) throw switchedOff();
          const answer: unknown = await Reflect.apply(call, of, args);
          if (at !== this.#at) return answer;
          if (isOpened(answer)) await answer[Symbol.asyncDispose](); // as the end of its process would
          throw switchedOff();
        };
        return new Proxy(value, { apply });
      },
    });
  }
}

const isOpened = (answer: unknown): answer is AsyncDisposable =>
  typeof answer === "object" && answer !== null && Symbol.asyncDispose in answer;

const switchedOff = (): MedexError => new MedexError("SERVICE_UNREACHABLE", "the device was switched off");

describe("an owner's device that is switched off, at each of its steps", function () {
  this.timeout(600_000);
  let network: ByHandNetwork;
  before(async () => {
    network = await startByHandNetwork();
  });
  after(() => network?.[Symbol.asyncDispose]());

  const deviceWith = (off: Switch): Owner => {
    const { patient } = network.cast;
    const { chain, store, tangle, fragmentStore, firewall } = patient;
    const approval: FragmentStore["approval"] = async (...about) =>
      off.of(await fragmentStore.approval(...about), ["once", "file"]);
    return {
      memberId: patient.memberId,
      chain: {
        ...chain,
        grants: off.of(chain.grants, ["authorize", "reseal"]),
        records: off.of(chain.records, ["anchor", "revoke"]),
      },
      store: off.of(store, ["put"]),
      tangle,
      fragmentStore: off.of({ ...fragmentStore, approval }, ["begin", "endApproval"]),
      firewall: off.of(firewall, ["dealX", "signOff", "reRandomise"]),
      requestKey: patient.requestKey,
      scopeOf: (id) => patient.scopeOf(id),
      channelAuthorOf: (id) => patient.channelAuthorOf(id),
      fragmentKeyOf: (id) => patient.fragmentKeyOf(id),
      recordSecretOf: (id) => patient.recordSecretOf(id),
    };
  };

  /** Switches the device off at each call in turn, before it and before its answer, and has the same be done again by one that is not. */
  async function atEachStep<T>(
    prepare: () => Promise<T>,
    act: (device: Owner, of: T) => Promise<unknown>,
    check: (of: T, step: string) => Promise<void>,
  ): Promise<string[]> {
    const steps: string[] = [];
    for (let at = 0; ; at += 1) {
      for (const when of ["before", "after"] as const) {
        const off = new Switch(at, when);
        const of = await prepare();
        const isOver = await act(deviceWith(off), of).then(
          () => true,
          (error: unknown) => {
            if (MedexError.is(error, "SERVICE_UNREACHABLE")) return false;
            throw error;
          },
        );
        if (isOver) return steps;
        const step = `${when} ${off.calls[at]}`;
        steps.push(step);
        try {
          await act(deviceWith(new Switch(Number.POSITIVE_INFINITY, "before")), of);
        } catch (error) {
          // What was done already is told so.
          if (!MedexError.is(error, "REQUEST_ALREADY_GRANTED") && !MedexError.is(error, "INPUT_INVALID")) {
            throw new Error(`it does not go on after it was switched off ${step}`, { cause: error });
          }
        }
        await check(of, step);
      }
    }
  }

  it("approves a request all the same", async () => {
    const { cast, relayers } = network;
    const recordId = await publishExample(cast, 1_000);
    const steps = await atEachStep(
      async () => ({ recordId, requestId: await network.askFor(recordId) }),
      (device, { requestId }) => approveRequest(device, requestId),
      async (ids, step) => {
        await network.publishPartial(relayers[0]!, ids);
        await network.grantBy(relayers, ids.requestId);
        const { document } = await cast.doctors[0].open(ids.requestId);
        expect(document, step).to.deep.equal(exampleDocument);
      },
    );
    expect(steps).to.include.members(["after dealX", "after signOff", "after authorize", "before endApproval"]);
  });

  it("seals an approval anew all the same", async () => {
    const { cast, relayers } = network;
    const { chainA } = cast;
    const { relayers: set } = chainA.as(developmentAccount(0));
    const recordId = await publishExample(cast, 1_000);
    const steps = await atEachStep(
      async () => {
        const requestId = await network.askFor(recordId);
        await cast.patient.approve(requestId);
        // A relayer comes, and another goes: an epoch each.
        const wallet = new Wallet(Wallet.createRandom().privateKey);
        await fund(chainA.deployment, wallet.address);
        await transact(chainA, () => set.addRelayer(wallet.address));
        await transact(chainA, () => set.removeRelayer(wallet.address));
        return { recordId, requestId };
      },
      (device, { requestId }) => resealRequest(device, requestId),
      async (ids, step) => {
        const { relayerEpoch, state } = await chainA.grants.grant(ids.requestId);
        expect([relayerEpoch, requestStateOf(state)], step).to.deep.equal([
          await chainA.relayers.epoch(),
          "Authorized",
        ]);
        await network.publishPartial(relayers[0]!, ids);
      },
    );
    expect(steps).to.include.members(["after dealX", "after signOff", "after reseal"]);
  });

  it("gives a record new keys all the same, once", async () => {
    const { cast } = network;
    const { patient, chainA } = cast;
    let latest = await publishExample(cast);
    const steps = await atEachStep(
      async () => latest,
      (device, recordId) => rekeyRecord(device, recordId).catch(alreadyReplaced),
      async (recordId, step) => {
        const { status } = await chainA.records.record(recordId);
        expect(status, `${step}: the earlier version is revoked`).to.equal(2n);
        const again = await patient.rekey(recordId).catch((error: unknown) => error);
        expect(MedexError.is(again, "RECORD_REPLACED"), `${step}: once`).to.equal(true);
        const { recordId: current } = await currentVersionOf(chainA, recordId);
        expect((await chainA.records.record(current)).status, step).to.equal(1n);
        latest = current; // which has to be there as a whole, to be given new keys in its turn
      },
    );
    expect(steps).to.include.members(["after reRandomise", "after anchor", "before revoke"]);
  });

  it("keeps the private part of a new version whose transaction comes into a block when the device has given up on it", async () => {
    const { cast } = network;
    const { patient, chainA } = cast;
    const recordId = await publishExample(cast);
    const { chain } = patient;
    let late: (() => Promise<{ wait(): Promise<unknown> }>) | undefined;
    const anchor = async (...args: unknown[]): Promise<never> => {
      late = () => Reflect.apply(chain.records.anchor, chain.records, args);
      throw new MedexError("TRANSACTION_PENDING", "no block has it yet");
    };
    const records = new Proxy(chain.records, {
      get: (of, name) => (name === "anchor" ? anchor : Reflect.get(of, name, of)),
    });
    const device = { ...deviceWith(new Switch(Number.POSITIVE_INFINITY, "before")), chain: { ...chain, records } };
    await failsWith("TRANSACTION_PENDING", () => rekeyRecord(device, recordId));
    await (await late?.())?.wait();
    const { recordId: next } = await patient.rekey(recordId);
    expect(await currentVersionOf(chainA, recordId)).to.deep.equal({ recordId: next, steps: 1 });
    expect((await chainA.records.record(recordId)).status).to.equal(2n);
    await patient.rekey(next); // which takes all of it
  });

  it("does not revoke a version while the private part of the next is missing", async () => {
    const { cast } = network;
    const { patient, chainA } = cast;
    const recordId = await publishExample(cast);
    const off = new Switch(0, "before");
    const device = deviceWith(new Switch(Number.POSITIVE_INFINITY, "before"));
    const stopped = { ...device, chain: { ...device.chain, records: off.of(patient.chain.records, ["revoke"]) } };
    await failsWith("SERVICE_UNREACHABLE", () => rekeyRecord(stopped, recordId));
    const { recordId: next } = await currentVersionOf(chainA, recordId);
    const fragment = await patient.fragmentStore.get(next);
    await patient.fragmentStore.remove(next);
    await failsWith("FRAGMENT_INVALID", () => patient.rekey(recordId));
    expect((await chainA.records.record(recordId)).status, "not revoked").to.equal(1n);
    await patient.fragmentStore.put(next, fragment);
    expect((await patient.rekey(recordId)).recordId).to.equal(next);
  });

  /** Where the last step was done, and its answer lost. */
  function alreadyReplaced(error: unknown): void {
    if (!MedexError.is(error, "RECORD_REPLACED")) throw error;
  }
});
