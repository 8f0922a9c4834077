import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { drawPeople } from "./people.ts";
import { drawFor } from "./seed.ts";

const MOCHA = fileURLToPath(new URL("../../node_modules/mocha/bin/mocha.js", import.meta.url));
const HOOKS = fileURLToPath(new URL("hooks.ts", import.meta.url));
const urlOf = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

function run(args: readonly string[], seed: string): Promise<string> {
  const env = { ...process.env, MEDEX_TEST_SEED: seed };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

describe("the world of the tests", () => {
  it("is the same for the same seed, down to every key, and another for another", async () => {
    const code = `
      const { makeWorld, publish } = await import(${urlOf("crypto.ts")});
      const world = await makeWorld();
      const { ownerKey, sent, capsule } = await publish(world);
      const keys = [world.firewall.publicKey, world.requester.publicKey.V, world.userKey, world.relayerKeys.get(1).publicKey];
      const bytes = [...keys, ownerKey, sent.c1, capsule].map((each) => Buffer.from(each).toString("hex"));
      process.stdout.write(JSON.stringify([world.people, bytes]));`;
    const [first, again, other] = await Promise.all(
      ["one", "one", "two"].map((seed) => run(["--input-type=module", "--eval", code], seed)),
    );
    expect(JSON.parse(first!)).to.have.length(2);
    expect(again).to.equal(first);
    const bytesOf = (printed: string): string[] => JSON.parse(printed)[1];
    for (const [index, bytes] of bytesOf(other!).entries()) expect(bytes).to.not.equal(bytesOf(first!)[index]);
  });

  it("has people of their own under another name", () => {
    const [one, other] = [drawPeople(drawFor("one")), drawPeople(drawFor("other"))];
    expect(drawPeople(drawFor("one")).doctor.memberId).to.equal(one.doctor.memberId);
    const idsOf = ({ hospitalA, hospitalB, patient, doctor, colleague }: typeof one) => [
      hospitalA.id,
      hospitalB.id,
      ...[patient, doctor, colleague].flatMap(({ memberId, account }) => [memberId, account.address]),
    ];
    expect(new Set([...idsOf(one), ...idsOf(other)])).to.have.property("size", 16);
  });

  describe("says by which seed it is had again", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "medex-seed-test-"));
      const file = (name: string, text: string) =>
        writeFile(join(folder, name), `import { SEED } from ${urlOf("seed.ts")};\ndescribe(SEED, () => {${text}});\n`);
      await file("passes.test.mjs", 'it("passes", () => {});');
      await file("fails.test.mjs", 'it("fails", () => { throw new Error("no"); });');
      await file("begins.test.mjs", 'before(() => { throw new Error("no"); }); it("is not run", () => {});');
    });
    after(() => rm(folder, { recursive: true }));

    for (const [name, args] of [
      ["in one process", []],
      ["in several, where hooks.ts is required", ["--parallel", "--require", HOOKS]],
    ] as const) {
      it(`after a file that failed, ${name}`, async () => {
        const times = async (...files: string[]) => {
          const paths = files.map((file) => join(folder, `${file}.test.mjs`));
          const printed = await run([MOCHA, "--no-config", ...args, ...paths], "known");
          return printed.split("MEDEX_TEST_SEED=known").length - 1;
        };
        expect(await times("passes")).to.equal(0);
        expect(await times("passes", "fails")).to.equal(1);
        expect(await times("begins", "passes")).to.equal(1);
      });
    }
  });
});
