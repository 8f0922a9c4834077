import { chainTime, type Hex32, toHex32 } from "@medexchain/chain";
import type { RelayerEvent } from "@medexchain/relayer";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";
import type { Wallet } from "ethers";
import { attestationsOf, insertAttestation } from "../../relayer/database/attestations.ts";
import type { Database } from "../../relayer/database/database.ts";
import { attest, collectAttestations, type Statement, termsOf } from "../../relayer/handle/attest.ts";
import { createMetrics } from "../../relayer/observe/metrics.ts";
import { NO_PEERS } from "../../relayer/peers/peers.ts";
import { drawAccount } from "../world/people.ts";
import { drawFor } from "../world/seed.ts";
import { startTwoChains, type TwoChains } from "../world/two-chains.ts";
import { openTestDatabase } from "./support/databases.ts";

const THRESHOLD = 3;
const draw = drawFor("world");
const WALLETS = [0, 1, 2, 3, 4].map((number) => drawAccount(draw, `relayer ${number} on one database`));
const [own, second, third, fourth, fifth] = WALLETS as [Wallet, Wallet, Wallet, Wallet, Wallet]; // five were drawn
const digestOf = (text: string): Hex32 => toHex32(sha256(new TextEncoder().encode(text)));

describe("relayer: attestations in a database that others write", () => {
  const stack = new AsyncDisposableStack();
  let chains: TwoChains;
  let database: Database;
  let since: bigint;
  before(async () => {
    const sealingKey = toHex32(new Uint8Array(32).fill(1));
    chains = stack.use(
      await startTwoChains({ relayers: [own, ...WALLETS.slice(1)], threshold: THRESHOLD, sealingKey }),
    );
    database = await openTestDatabase(stack);
    since = await chainTime(chains.chainA);
  });
  after(() => stack.disposeAsync());

  const statementBy = (account: Wallet, name: string): Statement => ({
    chainId: chains.a.chainId,
    requestId: digestOf(name),
    account,
    subject: name,
    since,
    digest: ({ epoch, expiry }) => digestOf(`${name} ${epoch} ${expiry}`),
  });
  const signed = ({ signingKey }: Wallet, digest: Hex32) => signingKey.sign(digest);

  it("cost nothing but themselves where they are not signed: named, counted, removed, and the others suffice", async () => {
    const name = "an answer";
    const verifier = { chain: chains.chainA };
    const statement = statementBy(own, name);
    const terms = await termsOf(verifier, statement);
    const about = { ...statement, epoch: terms.epoch, digest: statement.digest(terms) };
    const { serialized, compactSerialized } = signed(fifth, about.digest);
    const garbage = [
      { relayer: own.address, signature: signed(second, about.digest).serialized },
      { relayer: fourth.address, signature: "0x1234" },
      { relayer: fourth.address.toLowerCase(), signature: signed(fourth, digestOf("else")).serialized },
      { relayer: fifth.address, signature: compactSerialized }, // in a form that contracts refuse
      { relayer: fifth.address.toLowerCase(), signature: `${serialized.slice(0, -2)}${"1d"}` },
    ];
    for (const row of garbage) await insertAttestation(database, about, row);
    for (const wallet of [second, third]) await attest(database, statementBy(wallet, name), terms);
    // The same as another row: it counts once.
    const { signature } = (await attestationsOf(database, about)).find(({ relayer }) => relayer === second.address)!;
    await insertAttestation(database, about, { relayer: second.address.toLowerCase(), signature });

    const events: RelayerEvent[] = [];
    const { observe: count, registry } = createMetrics(database);
    const observe = (event: RelayerEvent) => {
      events.push(event);
      count(event);
    };
    const attestations = await collectAttestations({ database, peers: NO_PEERS, observe }, verifier, statement);
    expect(attestations.by.map(({ relayer }) => relayer)).to.have.members([own, second, third].map((of) => of.address));
    await chains.chainA.relayers.requireAttested(about.digest, attestations);

    const failed = events.flatMap((event) => (event.type === "failed" ? [event] : []));
    expect(failed).to.have.length(4); // its own it has put right before it looks
    for (const { code, where } of failed) expect([code, where]).to.deep.equal(["DATABASE_INVALID", "attestations"]);
    for (const { relayer } of garbage.slice(1)) {
      expect(
        failed.filter(({ message }) => message.includes(relayer)),
        relayer,
      ).to.have.length(1);
    }
    expect(await registry.metrics()).to.include('medex_relayer_failures_total{code="DATABASE_INVALID"} 4');
    await collectAttestations({ database, peers: NO_PEERS, observe }, verifier, statement);
    expect(events).to.have.length(4);
    // Whose name was taken attests as if nothing had been there.
    await attest(database, statementBy(fourth, name), terms);
    expect((await attestationsOf(database, about)).map(({ relayer }) => relayer)).to.include(fourth.address);
  });
});
