/** A record from a patient to a doctor, by clicks alone, in two browsers that share nothing; and what goes wrong on the way. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startDevnetApp } from "../../cli/devnet/app.ts";
import { writeDevnetConfig } from "../../cli/devnet/configuration.ts";
import { startDevnet } from "../../devnet/index.ts";
import { chromiumPath, copied, enter, launch, PASSPHRASE, storedIn, watch } from "./support.ts";

const RECORD = join(import.meta.dirname, "../../examples/patient-record.json");
/** For what others bring about: a relayer's work, a block. */
const SOON = { timeout: 60_000 };

if (chromiumPath() === undefined) {
  process.stdout.write(
    "left out: no Chromium is here; install it (Debian: apt install chromium), or name one in CHROMIUM\n",
  );
}

(chromiumPath() === undefined ? describe.skip : describe)("the app", () => {
  const stack = new AsyncDisposableStack();
  let url = "";
  let browser: Browser;
  let patient: Page;
  let doctor: Page;
  const said: string[][] = [];

  const visit = async (options: Parameters<Browser["newContext"]>[0] = {}): Promise<[BrowserContext, Page]> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    said.push(watch(page));
    return [context, page];
  };

  before(async function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), "medex-app-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const devnet = stack.adopt(await startDevnet({}), (running) => running.close());
    const configuration = join(folder, "medex.config.json");
    await writeDevnetConfig(configuration, devnet);
    ({ url } = stack.use(await startDevnetApp(devnet, configuration, true)));
    browser = stack.adopt(await launch(), (running) => running.close());
    [, patient] = await visit({ permissions: ["clipboard-read", "clipboard-write"] });
    [, doctor] = await visit();
  });
  after(function () {
    this.timeout(60_000);
    return stack.disposeAsync();
  });

  it("takes a record from one person to another without an id being copied", async () => {
    await enter(patient, url, "patient", "alice");
    await enter(doctor, url, "doctor", "dora");

    await patient.locator("input[type=file]").setInputFiles(RECORD);
    await patient.getByText("Private part (").waitFor(SOON);
    const shown = await patient.locator(".parts > div").first().innerText();
    expect(shown).to.include("Lindqvist");
    await patient.getByLabel("Title, for you alone").fill("Heart visits");
    await patient.getByRole("button", { name: "Publish" }).click();
    await patient.getByRole("button", { name: "Copy a link" }).click(SOON);

    await doctor.getByLabel("Link from the patient").fill(await copied(patient));
    await doctor.getByRole("button", { name: "Ask" }).click();
    await patient.getByText("A member of Hospital B asks for “Heart visits”, for treatment (TREAT).").waitFor(SOON);
    await patient.getByText("0 of 1 used").waitFor();
    await patient.getByRole("button", { name: "Approve" }).click();

    await doctor.getByRole("button", { name: "Open" }).click(SOON);
    await doctor.getByRole("heading", { name: "Patient Erik Johan Lindqvist" }).waitFor(SOON);
    const saving = doctor.waitForEvent("download");
    await doctor.getByRole("link", { name: "Save" }).click();
    const saved = await (await saving).path();
    expect(readFileSync(saved).equals(readFileSync(RECORD))).to.equal(true);
    await doctor.getByRole("button", { name: "It opened" }).click();
    await doctor.getByText("· confirmed").waitFor(SOON);
    await patient.getByText("1 of 1 used").waitFor(SOON);
  });

  it("goes on with an approval after the page was closed in the middle of it", async () => {
    const asked = await copied(patient);
    const [, another] = await visit();
    await enter(another, asked, "doctor", "dirk");
    // What the link says is there already, for whoever comes by it.
    expect(await another.getByLabel("Link from the patient").inputValue()).to.equal(asked);
    await another.getByRole("button", { name: "Ask" }).click();
    await patient.getByRole("button", { name: "Approve" }).click(SOON);
    await patient.reload();
    await patient.getByLabel("Account in this browser").selectOption("alice");
    const unlocking = patient.locator("form").filter({ has: patient.getByRole("heading", { name: "Unlock" }) });
    await unlocking.getByLabel("Passphrase").fill("not the passphrase");
    await unlocking.getByRole("button", { name: "Unlock" }).click();
    await patient.getByText("the passphrase does not open").waitFor(SOON);
    await unlocking.getByLabel("Passphrase").fill(PASSPHRASE);
    await unlocking.getByRole("button", { name: "Unlock" }).click();
    const approve = patient.getByRole("button", { name: "Approve" });
    const done = another.getByRole("button", { name: "Open" });
    await approve.or(patient.getByText("granted").first()).first().waitFor(SOON);
    if (await approve.isVisible()) await approve.click();
    await done.click(SOON);
    await another.getByRole("heading", { name: "Patient Erik Johan Lindqvist" }).waitFor(SOON);
  });

  it("shows hostile strings as what they are", async () => {
    const [, stranger] = await visit();
    const name = '<img src=x onerror="alert(1)">';
    await enter(
      stranger,
      `${url}/#record=0x${"11".repeat(32)}&title=%3Cscript%3Ealert(1)%3C/script%3E`,
      "doctor",
      name,
    );
    expect(await stranger.locator("header p").innerText()).to.equal(`${name} · Hospital B`);
    await stranger.getByRole("button", { name: "Ask" }).click();
    await stranger.getByRole("alert").filter({ hasText: "no chain of this network has that record" }).waitFor(SOON);
    expect(await stranger.locator("img, script:not([src])").count()).to.equal(0);
  });

  it("keeps secrets out of URLs, of storage in the clear, and of the console", async () => {
    const stored = await storedIn(patient);
    expect(stored).to.include("BEGIN AGE ENCRYPTED FILE");
    for (const secret of [PASSPHRASE, "Lindqvist", "Heart visits"]) expect(stored).not.to.include(secret);
    expect(patient.url()).to.equal(`${url}/`);
    // A wrong passphrase and an unknown record are answers, not errors of the page; nor has its policy been violated.
    expect(said.flat()).to.deep.equal([]);
  });

  it("answers no page but its own, and hands on no call but the library's", async () => {
    const { hostname, port } = new URL(url);
    const asked = (path: string, headers: Record<string, string>, method = "POST") =>
      fetch(`http://${hostname}:${port}${path}`, { method, headers }).then(({ status }) => status);
    expect(await asked("/node/ipfs/api/v0/id", {})).to.equal(200);
    expect(await asked("/node/ipfs/api/v0/id", { origin: "https://elsewhere.example" })).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/id", { "sec-fetch-site": "cross-site" })).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/config", {})).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/block/../config", {})).to.equal(403);
    expect(await asked("/node/chain/elsewhere", {})).to.equal(404);
    expect(await asked("/node/chain/constructor", {})).to.equal(404);
    expect(await asked("/desk/enrol", { "content-type": "text/plain" })).to.equal(415);
  });

  it("can be used by keyboard and screen reader, in both languages", async () => {
    for (const page of [patient, doctor]) {
      for (const language of ["de", "en"]) {
        await page.getByRole("combobox").first().selectOption(language);
        expect(await page.locator("html").getAttribute("lang")).to.equal(language);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
      }
    }
  });
});
