/** Takes the pictures of docs/images, by a story that is played anew: `npm run screenshots`. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { CLIPBOARD, card, copied, enter, publish, SOON } from "./support.ts";
import { vitalSigns } from "./vital-signs.ts";
import { closeWorld, openWorld, pagesNow } from "./world.ts";

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
/** Bytes: a clone has all of them. */
const LARGEST = 150_000;

interface Shown {
  /** What is at the top of the picture; the page's own top unless given. */
  readonly from?: Locator;
  readonly dark?: boolean;
}

/** Two pictures of what a page shows, in WebP, which Playwright itself does not make. */
async function picture(page: Page, name: string, { from, dark = false }: Shown = {}): Promise<void> {
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  const cdp = await page.context().newCDPSession(page);
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    await (from ?? page.locator("header")).evaluate((each) => each.scrollIntoView({ block: "start" }));
    const { data } = await cdp.send("Page.captureScreenshot", { format: "webp", quality: 80 });
    const file = join(IMAGES, `app-${name}-${size}.webp`);
    await writeFile(file, Buffer.from(data, "base64"));
    const { size: bytes } = await stat(file);
    process.stdout.write(`${file}: ${bytes} bytes\n`);
    if (bytes > LARGEST) throw new Error(`${file} has more than ${LARGEST} bytes`);
  }
  await page.setViewportSize(SIZES.desktop);
}

try {
  await mkdir(IMAGES, { recursive: true });
  const { url, visit, staffUrls } = await openWorld();
  const [patient, doctor] = [await visit(CLIPBOARD), await visit(CLIPBOARD)];
  await patient.goto(url);
  await patient.getByRole("heading", { name: "New account" }).waitFor(SOON);
  await picture(patient, "lobby");
  await Promise.all([enter(patient, url, "patient", "erik"), enter(doctor, url, "doctor", "dora")]);

  await doctor.getByRole("button", { name: "Copy my link" }).click();
  await patient.getByText("Somebody gave me their link").click();
  await patient.getByLabel("Link from the doctor").fill(await copied(doctor));
  await patient.getByLabel("What I call dora").fill("Dr. Dora Quist");
  await patient.getByRole("button", { name: "Add to my address book" }).click();
  await patient.getByText("Dr. Dora Quist is in your address book.").waitFor(SOON);
  await patient.getByText("Somebody gave me their link").click();

  await patient.getByLabel("Drop a file here").setInputFiles(join(ROOT, "examples/patient-record.json"));
  await patient.getByText("Private part (").waitFor(SOON);
  await picture(patient, "publish", { from: patient.getByRole("heading", { name: "Publish a record" }) });
  await publish(patient, join(ROOT, "examples/patient-record.json"), "Heart visits");

  await card(patient, "Heart visits").getByRole("button", { name: "Copy a link" }).click();
  await doctor.getByLabel("Link from the patient").fill(await copied(patient));
  await doctor.getByRole("button", { name: "Ask" }).click();
  await patient.getByText("Dr. Dora Quist of Hospital B asks").waitFor(SOON);
  await patient.getByText("never asked before").waitFor(SOON);
  await card(patient, "per person").getByRole("button", { name: "QR code" }).click();
  await picture(patient, "patient");
  await patient.getByRole("button", { name: "Approve" }).click();

  await doctor.getByRole("button", { name: "Open" }).click(SOON);
  await doctor.getByRole("heading", { name: "Patient Erik Johan Lindqvist" }).waitFor(SOON);
  await picture(doctor, "doctor", { from: card(doctor, "Heart visits") });

  await doctor.getByRole("button", { name: "Close" }).click();

  await publish(patient, vitalSigns(40), "Vital signs");
  await card(patient, "Vital signs").getByRole("button", { name: "Copy a link" }).click();
  await doctor.getByLabel("Link from the patient").fill(await copied(patient));
  await doctor.getByRole("button", { name: "Ask" }).click();
  await card(patient, "asks for “Vital signs”").getByRole("button", { name: "Approve" }).click(SOON);
  const signs = card(doctor, "Vital signs");
  await signs.getByRole("button", { name: "Open", exact: true }).click(SOON);
  await signs.getByRole("heading", { name: "Patient Ida Ravensworth" }).waitFor(SOON);
  await picture(doctor, "record", { from: signs, dark: true });

  const staff = await visit();
  await staff.goto(staffUrls.get("Hospital A") ?? "");
  await staff.getByText("works Firewall and service of Hospital A").waitFor(SOON);
  await staff.getByRole("heading", { name: "erik" }).waitFor(SOON);
  await picture(staff, "hospital");

  const auditor = await visit();
  await auditor.goto(url);
  await auditor.getByRole("button", { name: "Look at the access history" }).click();
  await auditor.getByRole("button", { name: "Steps" }).first().click(SOON);
  await picture(auditor, "auditor", { from: auditor.locator("table.requests") });
} catch (error) {
  for (const page of await pagesNow()) process.stdout.write(`--- ${page}\n`);
  throw error;
} finally {
  await closeWorld();
}
