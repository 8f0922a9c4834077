/** What a patient chooses: what is private, what is sent, to whom not, how often, and until when. */
import { join } from "node:path";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { CLIPBOARD, card, copied, describeInBrowser, enter, publish, SOON } from "./support.ts";
import { vitalSigns } from "./vital-signs.ts";
import { openWorld, type World } from "./world.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");

describeInBrowser("a patient's choices in the app", () => {
  let world: World;
  let patient: Page;
  let doctor: Page;

  before(async function () {
    this.timeout(180_000);
    world = await openWorld();
    patient = await world.visit(CLIPBOARD);
    doctor = await world.visit();
    await Promise.all([enter(patient, world.url, "patient", "paula"), enter(doctor, world.url, "doctor", "dan")]);
  });

  const askFor = async (title: string): Promise<void> => {
    await card(patient, title).getByRole("button", { name: "Copy a link" }).click();
    await doctor.getByLabel("Link from the patient").fill(await copied(patient));
    await doctor.getByRole("button", { name: "Ask" }).click();
    await card(patient, `asks for “${title}”`).getByRole("button", { name: "Approve" }).waitFor(SOON);
  };

  it("moves a feature between the parts by a click, and publishes nothing that shows a private value", async () => {
    await patient.getByLabel("Drop a file here").setInputFiles(join(EXAMPLES, "heart-visits.csv"));
    await patient.getByText("Private part (").waitFor(SOON);
    const counts = async (): Promise<string> => (await patient.locator(".parts h3").allInnerTexts()).join(", ");
    const before = await counts();
    await patient.getByRole("button", { name: "Make private: chol", exact: true }).click();
    await patient.getByRole("button", { name: "Make public: chol", exact: true }).waitFor(SOON);
    expect(await counts()).not.to.equal(before);
    await patient.getByRole("button", { name: "Make public: chol", exact: true }).click();
    await patient.getByRole("button", { name: "Make private: chol", exact: true }).waitFor(SOON);
    expect(await counts()).to.equal(before);
    await patient.getByText(/^File .*; private values .*, public values/).waitFor();

    const publishing = patient.getByRole("button", { name: "Publish", exact: true });
    expect(await publishing.isEnabled()).to.equal(true);
    expect(await patient.locator(".warning").count()).to.equal(0);
    await patient.getByLabel("Drop a file here").setInputFiles(revealing());
    await patient.locator(".warning").filter({ hasText: NOTE }).waitFor(SOON);
    expect(await publishing.isDisabled()).to.equal(true);
    expect(await patient.locator(".warning").innerText()).not.to.include("Ravensworth");
    await patient.getByRole("button", { name: `Make private: ${NOTE}`, exact: true }).click();
    await patient.locator(".warning").waitFor({ ...SOON, state: "detached" });
    await publishing.and(patient.locator(":enabled")).waitFor(SOON);
  });

  it("sends only what was chosen, which the doctor is told", async () => {
    await publish(patient, vitalSigns(8), "Blood pressure");
    await askFor("Blood pressure");
    const request = card(patient, "asks for “Blood pressure”");
    await request.getByText("Choose what is sent").click();
    await request.getByLabel("name", { exact: true }).uncheck(SOON);
    await request.getByRole("button", { name: /^Approve \d+ chosen$/ }).click();
    await doctor.getByRole("button", { name: "Open" }).click(SOON);
    await doctor.getByText(/^Withheld by the patient, and blank: Bundle\.entry\[0\]\.resource\.name/).waitFor(SOON);
    await doctor.getByRole("row", { name: /20\d\d, \d+:\d\d\s[AP]M Heart rate 92 beats\/minute/ }).waitFor();
    expect(await doctor.locator("figcaption").allInnerTexts()).to.deep.equal([
      "Heart rate (beats/minute)",
      "Systolic blood pressure (mmHg)",
    ]);
    expect(await doctor.locator("figure .reference").count()).to.equal(2);
    await doctor.getByRole("button", { name: "It is not what was promised" }).click();
    await doctor.getByText("· disputed").waitFor(SOON);
  });

  it("denies, limits, renames and revokes", async () => {
    await publish(patient, join(EXAMPLES, "chest-image.png"), "X-ray");
    await askFor("X-ray");
    await card(patient, "asks for “X-ray”").getByRole("button", { name: "Deny" }).click();
    await card(doctor, "X-ray").filter({ hasText: "denied" }).waitFor(SOON);
    const record = patient.locator(".cards > li").filter({ has: patient.getByRole("heading", { name: "X-ray" }) });
    await record.getByText("Name, limit, revoke").click();
    await record.getByLabel("Title, shown to anyone with the link").fill("X-ray of June");
    await record.getByLabel("How often one person may read it").fill("3");
    await record.getByRole("button", { name: "Save" }).click();
    await patient.getByRole("heading", { name: "X-ray of June" }).waitFor(SOON);
    await record.getByText("3 per person").waitFor(SOON);
    patient.once("dialog", (dialog) => void dialog.accept());
    await record.getByRole("button", { name: "Revoke" }).click();
    await record.getByText("revoked").waitFor(SOON);
    expect(world.said).to.deep.equal([]);
  });

  it("can be made by keyboard alone", async () => {
    await askFor("Blood pressure");
    const deny = card(patient, "asks for “Blood pressure”").getByRole("button", { name: "Deny" });
    const isReached = async (): Promise<boolean> => (await deny.and(patient.locator(":focus")).count()) > 0;
    await patient.locator("body").click({ position: { x: 1, y: 1 } });
    for (let step = 0; step < 60 && !(await isReached()); step += 1) await patient.keyboard.press("Tab");
    await patient.keyboard.press("Enter");
    await card(doctor, "Blood pressure").filter({ hasText: "denied" }).waitFor(SOON);
  });
});

const NOTE = "Bundle.entry[1].resource.note[0].text";

/** A file whose free text, which is public unless it is chosen, names the patient. */
function revealing() {
  const entry = [
    { resourceType: "Patient", name: [{ family: "Ravensworth", given: ["Ida"] }] },
    { resourceType: "Condition", code: { text: "Angina" }, note: [{ text: "Mrs Ravensworth was calm" }] },
  ].map((resource) => ({ resource }));
  const buffer = Buffer.from(JSON.stringify({ resourceType: "Bundle", type: "collection", entry }));
  return { name: "visit.json", mimeType: "application/json", buffer };
}
