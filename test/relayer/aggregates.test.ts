import {
  blsKeyRegistration,
  blsPublicKey,
  chainTime,
  type Hex32,
  readAggregate,
  toHex32,
  transact,
} from "@medexchain/chain";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import { hexlify, type Wallet } from "ethers";
import { insertAttestation } from "../../relayer/database/attestations.ts";
import type { Database } from "../../relayer/database/database.ts";
import { LEAST_AGGREGATED } from "../../relayer/handle/aggregate.ts";
import { attest, collectAttestations, type Statement, termsOf } from "../../relayer/handle/attest.ts";
import { readKeys } from "../../relayer/keys/read-keys.ts";
import { NO_PEERS } from "../../relayer/peers/peers.ts";
import { failsWith } from "../e2e/support.ts";
import { until } from "../until.ts";
import { drawAccount } from "../world/people.ts";
import { drawFor } from "../world/seed.ts";
import { administrator, startTwoChains, type TwoChains } from "../world/two-chains.ts";
import { openTestDatabase, testDatabase } from "./support/databases.ts";
import { startHospitals } from "./support/hospitals.ts";
import { startTestRelayer } from "./support/relayers.ts";

const THRESHOLD = LEAST_AGGREGATED + 1;
const draw = drawFor("world");
/** One more than must attest: the last has no key. */
const WALLETS = [
  drawAccount(draw, "the relayer that collects"),
  ...Array.from({ length: THRESHOLD }, (_, number) => drawAccount(draw, `another relayer ${number}`)),
] as const;
const digestOf = (text: string): Hex32 => toHex32(sha256(new TextEncoder().encode(text)));
const blsKeyOf = ({ privateKey }: Wallet) => readKeys({ accountKey: privateKey, sealingKey: new Uint8Array(32) }).bls;

describe("relayer: aggregates of attestations", () => {
  const stack = new AsyncDisposableStack();
  let chains: TwoChains;
  let database: Database;
  let since: bigint;
  before(async function () {
    this.timeout(300_000);
    const sealingKey = toHex32(new Uint8Array(32).fill(1));
    chains = stack.use(await startTwoChains({ relayers: WALLETS, threshold: THRESHOLD, sealingKey }));
    database = await openTestDatabase(stack);
    const { chainA } = chains;
    since = await chainTime(chainA);
    const { chainId, relayers: address } = chainA.deployment;
    await transact(chainA, () => chains.as(chainA, "administrator").relayers.setAggregates(true));
    for (const wallet of WALLETS.slice(0, THRESHOLD)) {
      const { key, proof } = blsKeyRegistration(blsKeyOf(wallet), { chainId, address }, wallet.address);
      await transact(chainA, () => chainA.as(wallet).relayers.setBlsKey(key, proof));
    }
  });
  after(() => stack.disposeAsync());

  /** What all of them attest, as one of them says it. */
  const statementBy = (name: string, account: Wallet, blsKey?: Uint8Array): Statement => ({
    chainId: chains.chainA.deployment.chainId,
    requestId: digestOf(name),
    account,
    blsKey,
    subject: name,
    since,
    digest: ({ epoch, expiry }) => digestOf(`${name} ${epoch} ${expiry}`),
  });
  /** All attest; the first collects, for itself. */
  const collect = async (name: string, spoilt: readonly Wallet[] = [], takesPart = true) => {
    const { chainA } = chains;
    const verifier = { chain: chainA };
    for (const [number, wallet] of WALLETS.entries()) {
      const statement = statementBy(name, wallet, number < THRESHOLD ? blsKeyOf(wallet) : undefined);
      await attest(database, statement, await termsOf(verifier, statement));
    }
    for (const { address } of spoilt) {
      await database.query("UPDATE relayer.attestations SET share = $3 WHERE request_id = $1 AND relayer = $2", [
        digestOf(name),
        address,
        `0x${"11".repeat(128)}`,
      ]);
    }
    const statement = statementBy(name, WALLETS[0], takesPart ? blsKeyOf(WALLETS[0]) : undefined);
    const attestations = await collectAttestations(
      { database, peers: NO_PEERS, observe: () => undefined },
      verifier,
      statement,
    );
    await chainA.relayers.requireAttested(statement.digest(attestations), attestations);
    return attestations.by;
  };
  const setOf = () => chains.chainA.deployment.relayers;
  const signersIn = (by: Awaited<ReturnType<typeof collect>>) => {
    const found = by.find(({ relayer }) => relayer === setOf());
    return found ? readAggregate(found.signature).signers : [];
  };

  it("are sent in the place of many signatures, and the contract takes them", async () => {
    const by = await collect("an answer");
    expect(by).to.have.length(1);
    expect(signersIn(by)).to.have.length(THRESHOLD);
  });

  it("leave out a share that does not verify, and fill up with a signature", async () => {
    const by = await collect("a spoilt answer", [WALLETS[5]!]);
    expect(by).to.have.length(2);
    expect(signersIn(by)).to.have.length(THRESHOLD - 1);
  });

  it("count neither garbage that is in the database in a relayer's name, nor what another signed", async () => {
    const name = "an answer beside garbage";
    const { chainA } = chains;
    const { chainId } = chainA.deployment;
    const statement = statementBy(name, WALLETS[0]);
    const terms = await termsOf({ chain: chainA }, statement);
    const digest = statement.digest(terms);
    const [, first, second] = WALLETS;
    const garbage = [
      { relayer: first!.address, signature: `0x${"11".repeat(65)}` },
      { relayer: second!.address, signature: first!.signingKey.sign(digest).serialized },
    ];
    for (const each of garbage) {
      await insertAttestation(database, { chainId, requestId: digestOf(name), epoch: terms.epoch, digest }, each);
    }
    const by = [...WALLETS.slice(3)];
    for (const wallet of by) await attest(database, statementBy(name, wallet), terms);
    const collecting = () =>
      collectAttestations(
        { database, peers: NO_PEERS, observe: () => undefined },
        { chain: chainA },
        statementBy(name, WALLETS[0]),
      );
    await failsWith("ATTESTATIONS_MISSING", collecting);
    // Those in whose name it was attest for themselves.
    for (const wallet of [first!, second!]) await attest(database, statementBy(name, wallet), terms);
    const attestations = await collecting();
    await chainA.relayers.requireAttested(digest, attestations);
  });

  it("are not sent where too few shares verify, nor by a relayer that takes no part in them", async () => {
    for (const by of [
      await collect("a worse answer", [WALLETS[5]!, WALLETS[6]!]),
      await collect("an answer by a relayer without", [], false),
    ]) {
      expect(by).to.have.length(THRESHOLD);
      expect(signersIn(by)).to.deep.equal([]);
    }
  });
});

describe("relayer: its key for aggregates", () => {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());

  it("is registered where aggregates count, and nowhere else", async () => {
    const hospitals = stack.use(await startHospitals());
    const { chainA, chainB, relayer } = hospitals;
    await transact(chainA, () => chainA.as(administrator).relayers.setAggregates(true));
    const { config } = stack.use(await testDatabase());
    stack.use(
      await startTestRelayer(hospitals, config, {
        change: (parsed) => ({ ...parsed, attestation: "bls", reconcileIntervalMs: 100 }),
      }),
    );
    const keysOn = async (chain: typeof chainA) => (await chain.relayers.aggregateKeys()).map(({ key }) => key);
    await until(
      () => "no key on chain A",
      async () => (await keysOn(chainA)).length > 0,
    );
    expect(await keysOn(chainA)).to.deep.equal([hexlify(blsPublicKey(blsKeyOf(relayer)))]);
    expect(await keysOn(chainB)).to.deep.equal([]);
    await transact(chainB, () => chainB.as(administrator).relayers.setAggregates(true));
    await until(
      () => "no key on chain B",
      async () => (await keysOn(chainB)).length > 0,
    );
  });
});
