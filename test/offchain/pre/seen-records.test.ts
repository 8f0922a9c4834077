import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inMemorySeenRecords, type SeenRecords } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { openSeenRecords } from "../../../offchain/actors/seen-records.ts";
import { refusesAsync } from "./support/refuses.ts";

function shouldBehaveLikeSeenRecords(open: () => Promise<SeenRecords>): void {
  it("has what was added and nothing else", async () => {
    const seen = await open();
    const id = randomBytes(32);
    expect(await seen.has(id)).to.equal(false);
    expect(await seen.add(id)).to.equal(true);
    expect(await seen.has(id)).to.equal(true);
    expect(await seen.has(randomBytes(32))).to.equal(false);
  });

  it("says once that an id is new, to however many ask at once", async () => {
    const seen = await open();
    const id = randomBytes(32);
    const answers = await Promise.all(Array.from({ length: 20 }, () => seen.add(id)));
    expect(answers.filter((isNew) => isNew)).to.have.length(1);
    expect(await seen.add(id)).to.equal(false);
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
      const first = await openSeenRecords(folder);
      const id = randomBytes(32);
      await first.add(id);
      const second = await openSeenRecords(folder);
      expect(await second.has(id)).to.equal(true);
      expect(await second.add(id)).to.equal(false);
      const ids = Array.from({ length: 10 }, () => randomBytes(32));
      const answers = await Promise.all(ids.flatMap((each) => [first.add(each), second.add(each)]));
      expect(answers.filter((isNew) => isNew)).to.have.length(ids.length);
    });

    it("fails, rather than answer, when the store cannot be read", async () => {
      const seen = await openSeenRecords(join(folder, "lost"));
      const id = randomBytes(32).fill(0xab, 0, 1);
      await writeFile(join(folder, "lost", "ab"), "a file where a folder should be");
      for (const call of [seen.has(id), seen.add(id)]) {
        const outcome = await call.then(
          () => "answered",
          () => "failed",
        );
        expect(outcome).to.equal("failed");
      }
    });

    it("says so when its folder cannot be made", async () => {
      const file = join(folder, "file");
      await writeFile(file, "");
      await refusesAsync(openSeenRecords(join(file, "folder")), "CONFIG_INVALID");
    });
  });
});
