import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openVault } from "@medexchain/vault";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Person } from "../cli/support/medex.ts";
import { stepsOf } from "../docs/support/steps.ts";
import { DOCS, pageOf, readStory } from "../docs/support/story.ts";
import { type GuideFolder, openGuideFolder } from "./support/guide-folder.ts";
import { OWN_STORIES } from "./support/own-story.ts";

const GUIDES = "getting-started";

/** The guides are what is tested: each of their commands is run as it stands there, in the order of docs/README.md. */
describe("the guides, followed step by step", function () {
  this.timeout(300_000);
  const story = readStory();
  let guides: GuideFolder;
  let folder: string;

  before(() => {
    guides = openGuideFolder();
    folder = guides.path;
  });

  after(() => guides[Symbol.asyncDispose]());

  for (const { file, section } of story) {
    it(`${file}: ${section.heading}`, async () => {
      for (const step of stepsOf(section)) await guides.follow(file, step);
    });
  }

  it("leaves no command of a guide out", () => {
    const inStory = new Set(story.map(({ file, section }) => `${file}#${section.anchor}`));
    for (const name of readdirSync(new URL(`${GUIDES}/`, DOCS))) {
      if (OWN_STORIES.some((page) => page === `${GUIDES}/${name}`)) continue; // each has a test of its own
      for (const section of pageOf(`${GUIDES}/${name}`).sections) {
        if (stepsOf(section).length === 0) continue;
        expect(inStory.has(`${GUIDES}/${name}#${section.anchor}`), `${name}: ${section.heading}`).to.equal(true);
      }
    }
  });

  it("leaves records and vaults for their owners' eyes only", () => {
    for (const file of ["record.json", "alice/vaults/alice.vault.json", "alice.backup.json", "hospital-a/passphrase"]) {
      expect(statSync(join(folder, file)).mode & 0o777, file).to.equal(0o600);
    }
  });

  it("tells a damaged vault from a wrong passphrase", async () => {
    const home = join(folder, "dora");
    const path = join(home, "vaults", "dora.vault.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/[a-z](?=[A-Z])/, "0"));
    const dora = new Person(folder, { MEDEX_HOME: home, MEDEX_PASSPHRASE: passphraseOf(folder, "dora") });
    await dora.fails("VAULT_DAMAGED", "access", "list", "--configuration", join(folder, "medex.config.json"));
    expect((await dora.run(["check"])).stdout)
      .to.include("WRONG")
      .and.include("VAULT_DAMAGED");
  });

  it("puts no secret and no private value into an argument, an output or a log", async () => {
    const secrets: string[] = [];
    for (const [person, vault] of [
      ["hospital-a", "hospital-a"],
      ["firewall-a", "hospital-a-firewall"],
      ["hospital-b", "hospital-b"],
      ["firewall-b", "hospital-b-firewall"],
      ["alice", "alice"],
    ] as const) {
      const passphrase = passphraseOf(folder, person);
      secrets.push(passphrase);
      secrets.push(...secretsOf(await openVault(join(folder, person, "vaults"), vault, passphrase)));
    }
    expect(secrets.length).to.be.greaterThan(15);
    const printed = [...guides.terminals.values()].map(({ output }) => output).join("");
    const given = [...guides.terminals.values()]
      .flatMap(({ commands }) => commands.split("\n"))
      .filter((line) => /^\++ medex /.test(line))
      .join("\n");
    const logged = readFileSync(join(folder, "operations", "devnet.log"), "utf8");
    expect(given).to.include("medex access approve 0x");
    const all = [printed, given, logged].join("\n");
    for (const secret of secrets) expect(all.toLowerCase().includes(secret.toLowerCase())).to.equal(false);
    expect(readFileSync(join(folder, "record.json"), "utf8")).to.include("1962-11-08");
    expect(all).to.not.include("1962-11-08");
    expect(all).to.not.match(/\n {4}at /); // nor a stack
  });
});

const passphraseOf = (folder: string, person: string): string =>
  readFileSync(join(folder, person, "passphrase"), "utf8").trim();

/** Every secret in a vault, in the encodings in which it could be printed. Public keys are not. */
function secretsOf(contents: object): string[] {
  return Object.entries(contents).flatMap(([key, value]) => {
    if (/public/i.test(key) || key === "V" || key === "U") return [];
    if (value instanceof Uint8Array) return [bytesToHex(value), Buffer.from(value).toString("base64")];
    return typeof value === "object" && value !== null ? secretsOf(value) : [];
  });
}
