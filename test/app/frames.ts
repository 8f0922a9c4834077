/**
 * Measures for how long the page is kept from drawing: the longest time between two frames while a doctor opens a record of 1 MB, and while an
 * auditor opens a history of 100,000 requests, filters and sorts it. `npm run test:app:frames`, on an idle machine; it fails above 100 ms.
 * `--profile FOLDER` writes what the page's thread did, as Chromium's developer tools read it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { ndjsonOf } from "../../audit/export/index.ts";
import { at, CHAIN_B, entry, refused } from "../audit/support/entries.ts";
import { CLIPBOARD, card, copied, enter, SOON } from "./support.ts";
import { vitalSigns } from "./vital-signs.ts";
import { closeWorld, openWorld, pagesNow, type World } from "./world.ts";

const LONGEST_MS = 100;
/** About 1 MB. */
const OBSERVATIONS = 2800;
const REQUESTS = 100_000;
const LONG = { timeout: 300_000 };
/** For what is drawn after it is there: once the words are on the page, the rest of it may be yet to come. */
const SETTLED_MS = 1000;

const { values: options } = parseArgs({ options: { profile: { type: "string" } } });

/** Runs a step, and says how long the page drew nothing at most, and how long the step took. */
async function measured(page: Page, what: string, step: () => Promise<void>): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Profiler.enable");
  await page.evaluate(`{
    globalThis.longestFrame = 0;
    let before = performance.now();
    const mine = (globalThis.frameWatch = {});
    const frame = (now) => {
      globalThis.longestFrame = Math.max(globalThis.longestFrame, now - before);
      before = now;
      if (globalThis.frameWatch === mine) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }`);
  if (options.profile !== undefined) await cdp.send("Profiler.start");
  const started = performance.now();
  await step();
  const took = Math.round(performance.now() - started);
  await page.waitForTimeout(SETTLED_MS);
  if (options.profile !== undefined) {
    const { profile } = await cdp.send("Profiler.stop");
    writeFileSync(join(options.profile, `${what.replaceAll(/\W+/g, "-")}.cpuprofile`), JSON.stringify(profile));
  }
  await cdp.detach();
  const longest = Math.round(await page.evaluate<number>("longestFrame"));
  process.stdout.write(`${what}: ${longest} ms between two frames at most, ${took} ms in all\n`);
  if (longest > LONGEST_MS) process.exitCode = 1;
}

async function measureRecord({ url, visit }: World): Promise<void> {
  const [patient, doctor] = [await visit(CLIPBOARD), await visit()];
  await Promise.all([enter(patient, url, "patient", "ida"), enter(doctor, url, "doctor", "dora")]);
  const file = vitalSigns(OBSERVATIONS);
  await patient.getByLabel("Drop a file here").setInputFiles(file);
  await patient.getByText("Private part (").waitFor(LONG);
  await patient.getByRole("button", { name: "Publish" }).click();
  await patient.getByRole("button", { name: "Copy a link" }).click(LONG);
  await doctor.getByLabel("Link from the patient").fill(await copied(patient));
  await doctor.getByRole("button", { name: "Ask" }).click();
  await card(patient, "asks for").getByRole("button", { name: "Approve" }).click(SOON);
  await doctor.getByRole("button", { name: "Open" }).waitFor(LONG);
  await measured(doctor, `a record of ${file.buffer.length} bytes, opened`, async () => {
    await doctor.getByRole("button", { name: "Open" }).click();
    await doctor.getByRole("heading", { name: "Patient Ida Ravensworth" }).waitFor(LONG);
  });
  await Promise.all([patient.context().close(), doctor.context().close()]);
}

async function measureHistory({ url, visit, folder }: World): Promise<void> {
  const file = join(folder, "history.ndjson");
  const entries = (function* () {
    for (let number = 0; number < REQUESTS; number += 1) {
      const requested = { ...at(CHAIN_B, number), sequence: BigInt(number) };
      const name = `request ${number}`;
      yield number % 10 === 0 ? { ...refused("DeniedByOwner", name), requested } : entry({ requested }, name);
    }
  })();
  writeFileSync(file, [...ndjsonOf(entries)].join(""));
  const auditor = await visit();
  await auditor.goto(`${url}/#auditor`);
  await auditor
    .getByText(/up to block/)
    .first()
    .waitFor(SOON);
  const isShown = (matched: number) =>
    auditor.getByRole("heading", { name: `${matched} of ${REQUESTS} requests` }).waitFor(LONG);
  await measured(auditor, `a history of ${REQUESTS} requests, opened`, async () => {
    await auditor.getByLabel("Open an exported history").setInputFiles(file);
    await isShown(REQUESTS);
  });
  await measured(auditor, "filtered by decision", async () => {
    await auditor.getByRole("combobox", { name: "Decision", exact: true }).selectOption("DeniedByOwner");
    await isShown(REQUESTS / 10);
  });
  await measured(auditor, "searched for a text", async () => {
    await auditor.getByRole("button", { name: "Show all" }).click();
    await auditor.getByLabel("Id, hospital or purpose").fill("no such text");
    await isShown(0);
  });
  await measured(auditor, "sorted by decision", async () => {
    await auditor.getByRole("button", { name: "Show all" }).click();
    await isShown(REQUESTS);
    await auditor.getByRole("button", { name: "Sort by Decision" }).click();
    await auditor.locator("tbody").first().getByText("denied by the patient").waitFor(LONG);
  });
}

try {
  const world = await openWorld();
  await measureRecord(world);
  await measureHistory(world);
} catch (error) {
  for (const page of await pagesNow()) process.stdout.write(`--- ${page}\n`);
  throw error;
} finally {
  await closeWorld();
}
