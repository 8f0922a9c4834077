/** A record from a patient to a doctor, by clicks alone, in two browsers that share nothing; and what goes wrong on the way. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect } from "chai";
import type { Page } from "playwright-core";
import {
  CLIPBOARD,
  card,
  copied,
  describeInBrowser,
  enter,
  isIn,
  PASSPHRASE,
  publish,
  SOON,
  storedIn,
  tooWide,
  unlock,
} from "./support.ts";
import { openWorld, type World } from "./world.ts";

const RECORD = join(import.meta.dirname, "../../examples/patient-record.json");

describeInBrowser("the app", () => {
  let world: World;
  let patient: Page;
  let doctor: Page;

  before(async function () {
    this.timeout(180_000);
    world = await openWorld();
    patient = await world.visit(CLIPBOARD);
    doctor = await world.visit(CLIPBOARD);
  });

  it("takes a record from one person to another without an id being copied", async () => {
    await Promise.all([enter(patient, world.url, "patient", "alice"), enter(doctor, world.url, "doctor", "dora")]);

    await doctor.getByRole("button", { name: "Copy my link" }).click();
    const dora = await copied(doctor);
    await publish(patient, RECORD, "Heart visits");
    await patient.getByText("Somebody gave me their link").click();
    await patient.getByLabel("Link from the doctor").fill(dora);
    await patient.getByLabel("What I call dora of Hospital B").fill("Dr. Dora Quist");
    await patient.getByRole("button", { name: "Add to my address book" }).click();
    await patient.getByText("Dr. Dora Quist is in your address book.").waitFor(SOON);
    await patient.getByRole("button", { name: "Copy a link" }).click();

    await doctor.getByLabel("Link from the patient").fill(await copied(patient));
    await doctor.getByRole("button", { name: "Ask" }).click();
    await patient
      .getByText("Dr. Dora Quist of Hospital B asks for “Heart visits”, for treatment (TREAT).")
      .waitFor(SOON);
    await patient.getByText("0 of 1 used").waitFor();
    await patient.getByText(/never asked before · 0 of \d+ used of all records/).waitFor(SOON);
    await patient.getByRole("button", { name: "Approve" }).click();

    await doctor.getByRole("button", { name: "Open" }).click(SOON);
    await doctor.getByRole("heading", { name: "Patient Erik Johan Lindqvist" }).waitFor(SOON);
    const saving = doctor.waitForEvent("download");
    await doctor.getByRole("link", { name: "Save" }).click();
    expect((await saving).suggestedFilename()).to.equal("Heart visits.json");
    const saved = await (await saving).path();
    expect(readFileSync(saved).equals(readFileSync(RECORD))).to.equal(true);
    await doctor.getByRole("button", { name: "It opened" }).click();
    await doctor.getByText("· confirmed").waitFor(SOON);
    await patient.getByText("1 of 1 used").waitFor(SOON);
    await patient.getByText("Who asked, and who read it").click();
    const row = patient.getByRole("row").filter({ hasText: "Dr. Dora Quist" });
    await row.waitFor(SOON);
    expect(await row.innerText()).to.match(/Hospital B\ttreatment \(TREAT\)\tgranted .+\tconfirmed .+/);
  });

  it("goes on with an approval after the page was closed in the middle of it", async () => {
    await patient.getByRole("button", { name: "Copy a link" }).click();
    const asked = await copied(patient);
    const another = await world.visit();
    await enter(another, asked, "doctor", "dirk");
    // What the link says is there already, for whoever comes by it.
    expect(await another.getByLabel("Link from the patient").inputValue()).to.equal(asked);
    await another.getByRole("button", { name: "Ask" }).click();
    await patient.getByRole("button", { name: "Approve" }).click(SOON);
    await patient.reload();
    await unlock(patient, "alice", "not the passphrase");
    await patient.getByText("the passphrase does not open").waitFor(SOON);
    await unlock(patient, "alice");
    await isIn(patient);
    const approve = patient.getByRole("button", { name: "Approve" });
    const first = card(patient, "asks for").first();
    await first.filter({ hasText: /Approve|approved;|granted/ }).waitFor(SOON);
    if (await approve.isVisible()) await approve.click();
    await another.getByRole("button", { name: "Open" }).click(SOON);
    await another.getByRole("heading", { name: "Patient Erik Johan Lindqvist" }).waitFor(SOON);
  });

  it("shows hostile strings as what they are, wherever there is a name", async () => {
    const stranger = await world.visit(CLIPBOARD);
    const name = '<img src=x onerror="alert(1)">';
    await enter(
      stranger,
      `${world.url}/#record=0x${"11".repeat(32)}&title=%3Cscript%3Ealert(1)%3C/script%3E`,
      "doctor",
      name,
    );
    expect(await stranger.locator("header p").innerText()).to.equal(`${name} · Hospital B`);
    await stranger.getByRole("button", { name: "Ask" }).click();
    await stranger.getByRole("alert").filter({ hasText: "no chain of this network has that record" }).waitFor(SOON);
    await stranger.getByRole("button", { name: "Copy my link" }).click();
    await patient.getByText("Somebody gave me their link").click();
    await patient.getByLabel("Link from the doctor").fill(await copied(stranger));
    await patient.getByRole("button", { name: "Add to my address book" }).click();
    await patient.getByText(/^<img src=x .*is in your address book/).waitFor(SOON);
    const file = { name: `${name}.json`, mimeType: "application/json", buffer: readFileSync(RECORD) };
    await patient.getByLabel("Drop a file here").setInputFiles(file);
    await patient.getByText("Private part (").waitFor(SOON);
    await patient.getByText("This file is published already, as “Heart visits”").waitFor();
    for (const page of [stranger, patient]) {
      expect(await page.locator("img, script:not([src])").count()).to.equal(0);
    }
  });

  it("keeps secrets out of URLs, of storage in the clear, and of the console", async () => {
    const stored = await storedIn(patient);
    expect(stored).to.include("BEGIN AGE ENCRYPTED FILE");
    for (const secret of [PASSPHRASE, "Lindqvist", "Heart visits", "Dora Quist"]) {
      expect(stored).not.to.include(secret);
    }
    expect(patient.url()).to.equal(`${world.url}/`);
    // A wrong passphrase and an unknown record are answers, not errors of the page; nor has its policy been violated.
    expect(world.said).to.deep.equal([]);
  });

  it("answers no page but its own, and hands on no call but the library's", async () => {
    const asked = (path: string, headers: Record<string, string>, method = "POST") =>
      fetch(`${world.url}${path}`, { method, headers }).then(({ status }) => status);
    expect(await asked("/node/ipfs/api/v0/id", {})).to.equal(200);
    expect(await asked("/node/ipfs/api/v0/id", { origin: "https://elsewhere.example" })).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/id", { "sec-fetch-site": "cross-site" })).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/config", {})).to.equal(403);
    expect(await asked("/node/ipfs/api/v0/block/../config", {})).to.equal(403);
    expect(await asked("/node/chain/elsewhere", {})).to.equal(404);
    expect(await asked("/node/chain/constructor", {})).to.equal(404);
    expect(await asked("/desk/enrol", { "content-type": "text/plain" })).to.equal(415);
  });

  it("can be used with a screen reader, on a phone and a desktop, dark and light, in both languages", async () => {
    const lobby = await world.visit();
    await lobby.goto(world.url);
    await lobby.getByRole("heading", { name: "New account" }).waitFor(SOON);
    for (const page of [patient, doctor, lobby]) {
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      for (const [language, colorScheme, width] of [
        ["de", "dark", 390],
        ["en", "light", 1280],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.getByRole("combobox").first().selectOption(language);
        expect(await page.locator("html").getAttribute("lang")).to.equal(language);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
        expect(await tooWide(page, width), `${language}, ${width} px wide`).to.deep.equal([]);
      }
    }
  });
});
