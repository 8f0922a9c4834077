import type { FindingCode } from "@medexchain/audit";
import {
  ABIS,
  type AccessResponse,
  type Attestation,
  aggregateOf,
  blsKeyRegistration,
  blsPublicKey,
  deriveBlsKey,
  type Hex32,
  responseDigestOf,
  signBls,
  toHex32,
  transact,
} from "@medexchain/chain";
import { expect } from "chai";
import { getBytes, hexlify, Interface, toBeHex, type Wallet } from "ethers";
import { administrator } from "../world/two-chains.ts";
import { type Asked, type ByHand, people, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, type RawLog, startLyingNode } from "./support/tamper.ts";

const { carrier, relayers, thief } = people;
const [REQUESTS, SET] = [new Interface(ABIS.requests), new Interface(ABIS.relayers)];
const [DELIVERED, KEY_SET] = [eventTopic("requests", "ResponseDelivered"), eventTopic("relayers", "BlsKeySet")];
const blsKeyOf = (relayer: Wallet) => deriveBlsKey(getBytes(relayer.privateKey));

// In this order: each test leaves the history as the next one needs it.
describe("audit of what relayers attested by an aggregate", () => {
  let world: ByHand;
  let asked: Asked;
  before(async function () {
    this.timeout(300_000);
    world = await startByHand();
  });
  after(() => world?.[Symbol.asyncDispose]());

  const findingsOf = async (b = world.chainB.deployment) =>
    (await audit([sourceOf("a", world.chainA.deployment), sourceOf("b", b)])).findings;
  const wrongOnB = async (lies: Lies) => {
    await using node = await startLyingNode(world.chainB.deployment, lies);
    return (await findingsOf(node.deployment)).filter(({ severity }) => severity !== "notice");
  };
  const only = async (findings: Promise<readonly { readonly code: FindingCode }[]>, ...codes: FindingCode[]) =>
    expect((await findings).map(({ code }) => code)).to.deep.equal(codes);

  /** The answer as A has it, and what attests it on B. */
  const answerTo = async ({ requestId }: Asked) => {
    const { chainA, chainB } = world;
    const { decision, decidedAt, contents, reEncryption, privateFragment } = await chainA.grants.responseOf(requestId);
    const response = { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // bytes32 are hex
    const latest = await chainB.provider.getBlock("latest");
    const terms = { epoch: await chainB.relayers.epoch(), expiry: BigInt(latest?.timestamp ?? 0) + 86_400n };
    const digest = responseDigestOf(
      { chainId: chainB.deployment.chainId, address: chainB.deployment.requests },
      { chainId: chainA.deployment.chainId, address: chainA.deployment.grants },
      response,
      terms,
    );
    return { response, terms, digest };
  };
  /** By some of the three relayers, whose tenures have the indices from 1 on. */
  const aggregateBy = (digest: Hex32, ...numbers: number[]): Attestation =>
    aggregateOf(
      world.chainB.deployment.relayers,
      numbers.map((number) => ({
        index: number + 1,
        signature: signBls(blsKeyOf(relayers[number]!), digest),
      })),
    );

  it("passes an answer that two of three attested together", async () => {
    const { chainA, chainB } = world;
    const { chainId, relayers: address } = chainB.deployment;
    await transact(chainB, () => chainB.as(administrator).relayers.setAggregates(true));
    for (const relayer of relayers) {
      const { key, proof } = blsKeyRegistration(blsKeyOf(relayer), { chainId, address }, relayer.address);
      await transact(chainB, () => chainB.as(relayer).relayers.setBlsKey(key, proof));
    }
    asked = await world.ask(await world.anchor());
    await world.deliver(asked);
    await world.authorize(asked.requestId);
    await world.reEncrypt(asked.requestId);
    const { response, terms, digest } = await answerTo(asked);
    const attestations = { ...terms, by: [aggregateBy(digest, 0, 2)] };
    const { requests } = chainB.as(carrier);
    await transact(chainB, () => requests.deliverResponse(chainA.deployment.chainId, response, attestations));
    expect(codesOf(await findingsOf())).to.deep.equal([]);
  });

  /** Changes the attestations of the answer in the log. */
  const answerWith = (by: (digest: Hex32) => Attestation[]): Promise<Lies> =>
    answerOf((data) => {
      const [requestId, chainId, response, [epoch, expiry]] = data;
      const digest = responseDigestOf(
        { chainId: world.chainB.deployment.chainId, address: world.chainB.deployment.requests },
        { chainId: world.chainA.deployment.chainId, address: world.chainA.deployment.grants },
        namedResponse(response),
        { epoch, expiry },
      );
      return [requestId, chainId, response, { epoch, expiry, by: by(digest) }];
    });
  const answerOf = async (change: (args: Delivered) => readonly unknown[]): Promise<Lies> => ({
    logs: (logs) =>
      logs.map((log): RawLog => {
        if (log.topics[0] !== DELIVERED) return log;
        const { args } = REQUESTS.parseLog(log)!;
        const { data } = REQUESTS.encodeEventLog("ResponseDelivered", change(args as unknown as Delivered));
        return { ...log, data };
      }),
  });
  const claiming = (attestation: Attestation, bits: bigint): Attestation => ({
    ...attestation,
    signature: `${toBeHex(bits, 32)}${attestation.signature.slice(66)}`,
  });

  it("finds one who did not sign, too few, strangers, and what is no aggregate", async () => {
    expect(await wrongOnB(await answerWith((digest) => [aggregateBy(digest, 1, 2)])), "others").to.deep.equal([]);
    await only(wrongOnB(await answerWith((digest) => [aggregateBy(digest, 1)])), "ATTESTATIONS_TOO_FEW");
    const borrowed = await answerWith((digest) => [claiming(aggregateBy(digest, 0, 2), 0b110n)]);
    await only(wrongOnB(borrowed), "ATTESTATION_INVALID");
    const stranger = await answerWith((digest) => [claiming(aggregateBy(digest, 0, 2), 0b11010n)]);
    await only(wrongOnB(stranger), "ATTESTATION_INVALID");
    const other = await answerWith(() => [aggregateBy(toHex32(new Uint8Array(32)), 0, 2)]);
    await only(wrongOnB(other), "ATTESTATION_INVALID");
    const cut = await answerWith((digest) => {
      const whole = aggregateBy(digest, 0, 1);
      return [{ ...whole, signature: whole.signature.slice(0, -2) }];
    });
    await only(wrongOnB(cut), "ATTESTATION_INVALID", "ATTESTATIONS_TOO_FEW");
  });

  it("finds a key whose holder proved nothing, one that another set, and an aggregate of a set without", async () => {
    const keySet = (change: (args: readonly [string, bigint, string, string]) => readonly unknown[]): Lies => ({
      logs: (logs) => {
        const first = logs.find(({ topics }) => topics[0] === KEY_SET);
        return logs.map((log) => {
          if (log !== first) return log;
          const { args } = SET.parseLog(log)!;
          const [relayer, index, key, proof] = args as unknown as readonly [string, bigint, string, string];
          return { ...log, ...SET.encodeEventLog("BlsKeySet", [...change([relayer, index, key, proof])]) };
        });
      },
    });
    const unproven = keySet(([relayer, index, key, proof]) => [relayer, index, key, `${proof.slice(0, -2)}00`]);
    await only(wrongOnB(unproven), "ATTESTATION_INVALID", "ATTESTATION_INVALID", "ATTESTATIONS_TOO_FEW");
    const { chainId, relayers: address } = world.chainB.deployment;
    const stolen = blsKeyRegistration(blsKeyOf(thief), { chainId, address }, relayers[0]!.address);
    const replaced = keySet(([relayer, index]) => [relayer, index, stolen.key, stolen.proof]);
    await only(wrongOnB(replaced), "AUTHOR_FORGED", "ATTESTATION_INVALID");
    const sentByThief = wrongOnB({
      resend: ({ input }) =>
        input.startsWith(SET.getFunction("setBlsKey")!.selector) &&
        SET.decodeFunctionData("setBlsKey", input)[0] === hexKeyOf(relayers[0]!)
          ? { by: thief }
          : undefined,
    });
    await only(sentByThief, "AUTHOR_FORGED");
    const off = eventTopic("relayers", "AggregatesSet");
    const never = wrongOnB({ logs: (logs) => logs.filter(({ topics }) => topics[0] !== off) });
    await only(never, "ATTESTATION_INVALID", "ATTESTATIONS_TOO_FEW");
  });
});

type Delivered = readonly [string, bigint, readonly unknown[], readonly [bigint, bigint, unknown]];

const namedResponse = (response: readonly unknown[]): AccessResponse => {
  const [requestId, decision, decidedAt, contents, reEncryption, privateFragment] = response;
  return { requestId, decision, decidedAt, contents, reEncryption, privateFragment } as AccessResponse; // as the event has it
};
const hexKeyOf = (relayer: Wallet): string => hexlify(blsPublicKey(blsKeyOf(relayer)));
