import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inMemorySeenRecords, type SeenRecords } from "@medexchain/pre";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { listSeenRecords, openSeenRecords } from "../../../offchain/actors/files/seen-records.ts";
import { refusesAsync } from "./support/refuses.ts";

function shouldBehaveLikeSeenRecords(open: () => Promise<SeenRecords>): void {
  for (const [kind, other] of [
    ["records", "signOffs"],
    ["signOffs", "records"],
  ] as const) {
    it(`has what was added to ${kind} and nothing else`, async () => {
      const seen = await open();
      const id = randomBytes(32);
      expect(await seen[kind].has(id)).to.equal(false);
      expect(await seen[kind].add(id)).to.equal(true);
      expect(await seen[kind].has(id)).to.equal(true);
      expect(await seen[kind].has(randomBytes(32))).to.equal(false);
      expect(await seen[other].has(id)).to.equal(false);
      expect(await seen[other].add(id)).to.equal(true);
    });
  }

  it("says once that an id is new, to however many ask at once", async () => {
    const { records } = await open();
    const id = randomBytes(32);
    const answers = await Promise.all(Array.from({ length: 20 }, () => records.add(id)));
    expect(answers.filter((isNew) => isNew)).to.have.length(1);
    expect(await records.add(id)).to.equal(false);
  });
}

describe("pre: seen records", () => {
  describe("in memory", () => {
    shouldBehaveLikeSeenRecords(async () => inMemorySeenRecords());
  });

  describe("on disk", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "medex-seen-"));
    });
    after(() => rm(folder, { recursive: true }));

    shouldBehaveLikeSeenRecords(() => openSeenRecords(join(folder, "made when missing")));

    it("is remembered by the next one to open the folder, and shared with others that have it open", async () => {
      const { records: first } = await openSeenRecords(folder);
      const id = randomBytes(32);
      await first.add(id);
      const { records: second } = await openSeenRecords(folder);
      expect(await second.has(id)).to.equal(true);
      expect(await second.add(id)).to.equal(false);
      const ids = Array.from({ length: 10 }, () => randomBytes(32));
      const answers = await Promise.all(ids.flatMap((each) => [first.add(each), second.add(each)]));
      expect(answers.filter((isNew) => isNew)).to.have.length(ids.length);
    });

    it("counts an id of before the kinds were told apart as both, and lists it for both", async () => {
      const old = join(folder, "old");
      const id = randomBytes(32);
      const name = bytesToHex(id);
      await mkdir(join(old, name.slice(0, 2)), { recursive: true });
      await writeFile(join(old, name.slice(0, 2), name), "");
      const seen = await openSeenRecords(old);
      const [record, signOff] = [randomBytes(32), randomBytes(32)];
      expect(await seen.records.add(record)).to.equal(true);
      expect(await seen.signOffs.add(signOff)).to.equal(true);
      for (const kind of [seen.records, seen.signOffs]) {
        expect(await kind.has(id)).to.equal(true);
        expect(await kind.add(id)).to.equal(false);
      }
      expect(await listSeenRecords(old)).to.deep.equal({ records: [id, record], signOffs: [id, signOff] });
    });

    it("fails, rather than answer, when the store cannot be read", async () => {
      const { records: seen } = await openSeenRecords(join(folder, "lost"));
      const id = randomBytes(32).fill(0xab, 0, 1);
      await writeFile(join(folder, "lost", "ab"), "a file where a folder should be");
      const outcomes = await Promise.allSettled([seen.has(id), seen.add(id)]);
      expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    });

    it("says so when its folder cannot be made", async () => {
      const file = join(folder, "file");
      await writeFile(file, "");
      await refusesAsync(openSeenRecords(join(file, "folder")), "CONFIG_INVALID");
    });
  });
});
