import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hex32, toHex32 } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { keptSum } from "../../cli/study/kept-sum.ts";

describe("the note of which sum of a study a hospital has decrypted", () => {
  const id = (): Hex32 => toHex32(randomBytes(32));
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "medexchain-kept-sum-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("is of one study and one vault, and outlives the process that wrote it", async () => {
    const [study, sum] = [id(), id()];
    expect(await keptSum({ home }, "hospital-a", study).sum()).to.equal(undefined);
    await keptSum({ home }, "hospital-a", study).keep(sum);
    expect(await keptSum({ home }, "hospital-a", study).sum()).to.equal(sum);
    expect(await keptSum({ home }, "hospital-a", id()).sum()).to.equal(undefined);
    expect(await keptSum({ home }, "hospital-b", study).sum()).to.equal(undefined);
  });

  it("is never replaced, not by a process that runs beside it either", async () => {
    const [study, sum] = [id(), id()];
    const notes = Array.from({ length: 4 }, () => keptSum({ home }, "hospital-a", study));
    const kept = await Promise.allSettled(notes.map((note, at) => note.keep(at === 0 ? sum : id())));
    expect(kept.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    const first = await notes[0]!.sum();
    await notes[1]!.keep(id()).then(
      () => expect.fail("it was replaced"),
      (error: NodeJS.ErrnoException) => expect(error.code).to.equal("EEXIST"),
    );
    expect(await notes[2]!.sum()).to.equal(first);
  });

  it("is none that may be passed over where it is damaged", async () => {
    const [study, sum] = [id(), id()];
    await keptSum({ home }, "hospital-a", study).keep(sum);
    await writeFile(join(home, "studies", "hospital-a", `${study.slice(2)}.decrypted`), "");
    await keptSum({ home }, "hospital-a", study)
      .sum()
      .then(
        () => expect.fail("it was passed over"),
        (error: { code?: string }) => expect(error.code).to.equal("STUDY_RELEASE_REFUSED"),
      );
  });
});
