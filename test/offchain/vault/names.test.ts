import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hex32, MedexError } from "@medexchain/core";
import { labelFrom, type Name, openNameStore, parseLabel } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

const id = (byte: string): Hex32 => `0x${byte.repeat(32)}`;
const HEART: Name = {
  kind: "record",
  id: id("aa"),
  label: "Heart visits",
  file: "heart-visits.csv",
  date: 2,
  digest: randomBytes(32),
  features: { public: 3, private: 2 },
  places: ["name", "chol"],
};
const DORA: Name = { kind: "person", id: id("bb"), label: "Dora", hospital: "Hospital B", pseudonym: "d-1", date: 1 };

describe("the names of a vault", () => {
  let folder: string;
  const key = randomBytes(32);
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "medex-names-")), "names");
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  it("come back as they were kept, the oldest first, from files that only their owner may read", async () => {
    using store = openNameStore(folder, key);
    expect(await store.list()).to.deep.equal({ names: [], damaged: [] });
    await store.put(HEART);
    await store.put(DORA);
    expect(await store.list()).to.deep.equal({ names: [DORA, HEART], damaged: [] });
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).to.equal(0o600);
    await store.put({ ...DORA, label: "Dr. Dora" });
    await store.remove(HEART.id);
    await store.remove(HEART.id);
    expect((await store.list()).names).to.deep.equal([{ ...DORA, label: "Dr. Dora" }]);
  });

  it("are sealed under the vault's key, each to its id: none can be read, altered, or put in another's place", async () => {
    using store = openNameStore(folder, key);
    await store.put(HEART);
    await store.put(DORA);
    const [ofHeart, ofDora] = [join(folder, `${"aa".repeat(32)}.name`), join(folder, `${"bb".repeat(32)}.name`)];
    expect(readFileSync(ofHeart).includes("Heart")).to.equal(false);
    using other = openNameStore(folder, randomBytes(32));
    expect((await other.list()).damaged).to.have.length(2);
    copyFileSync(ofHeart, ofDora);
    expect(await store.list()).to.deep.equal({ names: [HEART], damaged: [ofDora] });
    writeFileSync(ofDora, new Uint8Array(10_000_000)); // too long to be one
    const bytes = readFileSync(ofHeart);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(ofHeart, bytes);
    expect(await store.list()).to.deep.equal({ names: [], damaged: [ofHeart, ofDora] });
  });

  it("can be shown as they are, and stand for nothing else", () => {
    expect(parseLabel("  Zoe\u0308's visits ")).to.equal("Zoë's visits");
    for (const label of ["", " ", "x".repeat(81), "a\u202eb", "a\nb", "Hоspital", "latest", "0x1234", "\u001b[2J"]) {
      expect(() => parseLabel(label), JSON.stringify(label))
        .to.throw(MedexError)
        .with.property("code", "INPUT_INVALID");
    }
  });

  it("are made of others' texts such that they can be names", () => {
    for (const theirs of ["Heart visits", "a\u202eb\u001b[2J", "x".repeat(500), "latest", "0x12", "", "\u200b"]) {
      const label = labelFrom(theirs, "record");
      expect(() => parseLabel(label), JSON.stringify(theirs)).to.not.throw();
    }
    expect(labelFrom("latest", "record")).to.equal("record");
  });
});
