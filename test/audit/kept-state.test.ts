import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type AuditSource, type Verdict, type VerifyOptions, verifyHistory } from "@medexchain/audit";
import { type Deployment, type Hex32, transact } from "@medexchain/chain";
import { expect } from "chai";
import { temporaryDirectory } from "../relayer/support/directory.ts";
import { type ByHand, people, startByHand } from "./support/by-hand.ts";
import { codesOf, sourceOf } from "./support/history.ts";
import { eventTopic, type Lies, startLyingNode, withWord } from "./support/tamper.ts";

const ACKNOWLEDGED = eventTopic("requests", "Acknowledged");

describe("what an audit that passed proved, kept for the next one", function () {
  this.timeout(120_000);
  let world: ByHand;
  let directory: { readonly path: string } & AsyncDisposable;
  before(async () => {
    world = await startByHand();
    directory = await temporaryDirectory();
  });
  after(async () => {
    await directory?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const sources = (changes: Partial<AuditSource> = {}, b: Deployment = world.chainB.deployment) => [
    { ...sourceOf("a", world.chainA.deployment), ...changes },
    sourceOf("b", b),
  ];
  const verify = (of = sources(), options: VerifyOptions = {}, { path } = directory): Promise<Verdict> =>
    verifyHistory({ sources: of, directory: path, ...options });
  /** From which blocks the verdict went on; undefined where it began with the first. */
  const provenBefore = ({ chains }: Verdict) => chains.map((chain) => chain.provenBefore);
  const AFRESH = [undefined, undefined];
  /** What a verdict says, whatever it went on from. */
  const said = ({ passed, findings, chains }: Verdict) => ({
    passed,
    findings: findings.map(({ code, message, where }) => ({ code, message, ...where })),
    chains: chains.map(({ provenBefore: _, ...chain }) => chain),
  });
  const file = async (ending: string): Promise<string> => {
    const found = (await readdir(directory.path)).find((name) => name.endsWith(ending));
    return join(directory.path, found ?? `none that ends in ${ending}`);
  };
  const grant = async (recordId: Hex32, isAcknowledged = true): Promise<Hex32> => {
    const asked = await world.ask(recordId);
    await world.deliver(asked);
    await world.authorize(asked.requestId);
    await world.reEncrypt(asked.requestId);
    await world.answer(asked.requestId);
    if (isAcknowledged) await acknowledge(asked.requestId);
    return asked.requestId;
  };
  const acknowledge = async (requestId: Hex32, as = 1n) => {
    const { answer } = await world.chainB.requests.status(requestId);
    await transact(world.chainB, () => world.chainB.as(people.doctor).requests.acknowledge(requestId, answer, as));
  };

  it("says the same as an audit of everything, at every step of a history, and goes on from the last", async () => {
    const record = await world.anchor();
    const steps: Record<string, () => Promise<unknown>> = {
      "a first grant": () => grant(record),
      "nothing new": async () => undefined,
      "a grant that waits for its answer": async () => {
        const asked = await world.ask(record);
        await world.deliver(asked);
        await world.authorize(asked.requestId);
        waiting = asked.requestId;
      },
      "a key sealed anew in another epoch, and the answer": async () => {
        await world.admit(people.thief.address);
        await world.reseal(waiting);
        await world.reEncrypt(waiting);
        await world.answer(waiting);
      },
      "a dispute, and changes of records": async () => {
        await acknowledge(waiting, 2n);
        await world.anchorTwo();
      },
      "a checkpoint of the ledger as it was": () => world.checkpoint(),
      "more entries, and a checkpoint of them": async () => {
        await grant(record);
        await world.checkpoint();
      },
      "a checkpoint of what an earlier run had replayed": async () => {
        await grant(record, false);
        await verify();
        await world.checkpoint();
      },
    };
    let waiting: Hex32 = "0x";
    let last: Verdict | undefined;
    for (const [name, step] of Object.entries(steps)) {
      await step();
      const now = await verify();
      await using fresh = await temporaryDirectory();
      const whole = await verifyHistory({ sources: sources(), directory: fresh.path });
      expect(said(now), name).to.deep.equal(said(whole));
      expect(now.passed, name).to.equal(true);
      if (last)
        expect(
          provenBefore(now).every((block) => block !== undefined),
          name,
        ).to.equal(true);
      else expect(provenBefore(now)).to.deep.equal(AFRESH);
      last = now;
    }
  });

  it("finds what a node hides since, of a request that can change, and takes nothing over from a run that failed", async () => {
    await using own = await temporaryDirectory(); // for what this node tells
    const hidden = await grant(await world.anchor(), false);
    const lies: Lies = {
      logs: (logs) => logs.filter(({ topics }) => topics[0] !== ACKNOWLEDGED || topics[1] !== hidden),
    };
    await using node = await startLyingNode(world.chainB.deployment, lies);
    const of = sources({}, node.deployment);
    expect((await verify(of, {}, own)).passed).to.equal(true);
    await acknowledge(hidden);
    const verdict = await verify(of, {}, own);
    expect(provenBefore(verdict)).not.to.include(undefined);
    expect(codesOf(verdict.findings)).to.include("STATE_DIFFERS");
    // What failed is not taken over.
    expect(provenBefore(await verify(of, {}, own))).to.deep.equal(AFRESH);
  });

  it("is not taken over for another configuration, nor where it is not wanted", async () => {
    await verify();
    const { rpcUrl } = world.chainA.deployment;
    for (const changes of [{ witnessUrl: rpcUrl }, { confirmations: 1 }, { name: "another" }]) {
      expect(provenBefore(await verify(sources(changes))), JSON.stringify(changes)).to.deep.equal(AFRESH);
    }
    await verify();
    expect(provenBefore(await verify())).not.to.include(undefined);
    expect(provenBefore(await verify(sources(), { afresh: true }))).to.deep.equal(AFRESH);
  });

  it("is not taken over when a byte of it, of its key, or of the store is another", async () => {
    const flip = async (path: string, at: number) => {
      const bytes = await readFile(path);
      bytes[(at + bytes.length) % bytes.length]! ^= 1;
      await writeFile(path, bytes);
    };
    const changes: Record<string, () => Promise<unknown>> = {
      "its nonce": async () => flip(await file(".proven"), 0),
      "its code": async () => flip(await file(".proven"), 12),
      "its last byte": async () => flip(await file(".proven"), -1),
      "cut short": async () => writeFile(await file(".proven"), "x"),
      "another key": async () => flip(await file("proven.key"), 5),
      "no key": async () => rm(await file("proven.key")),
      "a byte more in the store": async () => appendFile(await file(".sqlite"), "x"),
      "another run that has the store open": async () => writeFile(`${await file(".sqlite")}-wal`, "not at rest"),
    };
    for (const [name, change] of Object.entries(changes)) {
      await verify();
      await change();
      const verdict = await verify();
      expect(provenBefore(verdict), name).to.deep.equal(AFRESH);
      expect(verdict.passed, name).to.equal(true);
    }
  });

  it("does not hide what somebody changed in the store: an old log is checked again, and found", async () => {
    await verify();
    const store = new DatabaseSync(await file(".sqlite"));
    const [row] = store
      .prepare("SELECT chain, block, position, data FROM log WHERE event = 'AccessLogged' LIMIT 1")
      .all();
    const { chain, block, position, data } = row as {
      chain: number;
      block: number;
      position: number;
      data: Uint8Array;
    };
    const changed = withWord(`0x${Buffer.from(data).toString("hex")}`, 6, 99n);
    store
      .prepare("UPDATE log SET data = ? WHERE chain = ? AND block = ? AND position = ?")
      .run(Buffer.from(changed.slice(2), "hex"), chain, block, position);
    store.close();
    const verdict = await verify();
    expect(provenBefore(verdict)).to.deep.equal(AFRESH);
    expect(codesOf(verdict.findings)).to.include("LIMIT_NOT_IN_FORCE");
  });
});
