/** An account in a browser: backups that the command restores and makes, passkeys, invites, two tabs, a lost network. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJson } from "@medexchain/core";
import { createMemberInvite } from "@medexchain/gateway";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { readConfig } from "../../../cli/session/config.ts";
import { networkOf } from "../../../cli/session/network.ts";
import { Person } from "../../cli/support/medex.ts";
import {
  createAccount,
  describeInBrowser,
  enter,
  fillAccount,
  isIn,
  PASSPHRASE,
  publish,
  SOON,
  unlock,
} from "../support.ts";
import { openWorld, type World } from "../world.ts";

const RECORD = join(import.meta.dirname, "../../../examples/heart-visits.csv");

describeInBrowser("an account in the app", () => {
  let world: World;
  let patient: Page;

  before(async function () {
    this.timeout(180_000);
    world = await openWorld();
    patient = await world.visit();
    await enter(patient, world.url, "patient", "ada");
  });

  const restore = async (file: string, name: string): Promise<Page> => {
    const page = await world.visit();
    await page.goto(world.url);
    await page.getByText("I have a backup").click(SOON);
    await page.getByLabel("Backup, of the app").setInputFiles(file);
    await page.getByLabel("Passphrase of the backup").fill(PASSPHRASE);
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText(`${name} is restored.`).waitFor(SOON);
    await unlock(page, name);
    await isIn(page);
    return page;
  };
  const patientsList = (page: Page) =>
    page.locator("section").filter({ has: page.getByRole("heading", { name: "My records" }) });

  it("is backed up here and restored by the command, and the other way round", async () => {
    await publish(patient, RECORD, "Table of visits");
    await patient.getByText("Backup", { exact: true }).click();
    const backup = patient.locator("form").filter({ has: patient.getByRole("button", { name: "Save a backup" }) });
    await backup.getByLabel("Passphrase").fill(PASSPHRASE);
    const saving = patient.waitForEvent("download");
    await backup.getByRole("button", { name: "Save a backup" }).click();
    const download = await saving;
    expect(download.suggestedFilename()).to.equal("ada.backup");
    const file = join(world.folder, "ada.backup");
    await download.saveAs(file);

    const env = { MEDEX_HOME: join(world.folder, "ada"), MEDEX_PASSPHRASE: PASSPHRASE };
    const person = new Person(world.folder, { ...env, ...{ MEDEX_CONFIGURATION: world.configFile } });
    expect(await person.ok("keys", "restore", file, "ada")).to.include({ fragments: 1 });
    const [record] = (await person.ok("record", "list", "--as", "ada")) as unknown as Record<string, unknown>[];
    expect(record).to.include({ name: "Table of visits", privateFragmentHere: true });
    const theirs = join(world.folder, "ada-by-command.backup");
    await person.ok("keys", "backup", theirs, "--as", "ada");

    const page = await restore(theirs, "ada");
    await patientsList(page).getByRole("heading", { name: "Table of visits" }).waitFor(SOON);
    expect(await page.getByText("Its private part is in another browser.").count()).to.equal(0);
    await page.context().close();
  });

  it("is made by a hospital's invite, which is good once", async () => {
    const { hospital } = world.cast.hospitalA;
    const now = Math.floor(Date.now() / 1000);
    const invite = await createMemberInvite(hospital.operator, {
      network: networkOf(await readConfig(world.configFile), "Hospital A"),
      hospital: "Hospital A",
      pseudonym: "ines",
      role: "owner",
      serial: 1,
      notAfter: now + 86_400,
      expiry: now + 3600,
      gwei: 100_000_000,
    });
    const file = join(world.folder, "ines.invite.json");
    writeFileSync(file, toJson(invite, { integer: Number }));
    const join_ = async (page: Page): Promise<void> => {
      await page.goto(world.url);
      await page.getByText("My hospital invited me").click(SOON);
      await page.getByLabel("The invite (a file)").setInputFiles(file);
      await page.getByText("Hospital A invites you as “ines” (patient).").waitFor(SOON);
      const form = page.locator("form").filter({ has: page.getByRole("button", { name: "Accept" }) });
      await form.getByLabel("Passphrase").fill(PASSPHRASE);
      await form.getByRole("button", { name: "Accept" }).click();
    };
    const page = await world.visit();
    await join_(page);
    await isIn(page);
    expect(await page.locator("header p").innerText()).to.equal("ines · Hospital A");
    const thief = await world.visit();
    await join_(thief);
    await thief.getByRole("alert").filter({ hasText: "was used" }).waitFor(SOON);
  });

  it("is unlocked by a passkey, where one can keep a secret, and else by the passphrase", async () => {
    const cdp = await patient.context().newCDPSession(patient);
    await cdp.send("WebAuthn.enable");
    const add = (hasPrf: boolean) =>
      cdp.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          protocol: "ctap2",
          ctap2Version: "ctap2_1",
          transport: "internal",
          hasResidentKey: true,
          hasUserVerification: true,
          hasPrf,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
    await patient.getByText("Passkey", { exact: true }).click();
    const form = patient.locator("form").filter({ has: patient.getByRole("button", { name: "Make a passkey" }) });
    const make = async (): Promise<void> => {
      await form.getByLabel("Passphrase").fill(PASSPHRASE);
      await form.getByRole("button", { name: "Make a passkey" }).click();
    };
    const { authenticatorId } = await add(false);
    await make();
    await patient.getByRole("alert").filter({ hasText: "No passkey was made" }).waitFor(SOON);
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    await add(true);
    await make();
    await patient.getByText("A passkey unlocks this account.").waitFor(SOON);
    await patient.reload();
    await patient.getByRole("button", { name: "Unlock by passkey" }).click(SOON);
    await isIn(patient);
  });

  it("is open in one tab at a time, and the other one says so", async () => {
    const tab = await patient.context().newPage();
    await tab.goto(world.url);
    await tab.getByRole("heading", { name: "Unlock" }).waitFor(SOON);
    await unlock(tab, "ada");
    const refusal = tab.getByRole("alert").filter({ hasText: "is open in another tab" });
    await refusal.waitFor(SOON);
    await tab.getByLabel("Language").selectOption("de");
    await refusal.filter({ hasText: "Dieses Konto ist schon offen" }).waitFor();
    await tab.getByLabel("Sprache").selectOption("en");

    // It stays the first tab's while something runs there from before it was locked.
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    await patient.route("**/node/chain/**", async (route) => {
      await answered;
      await route.continue();
    });
    await patient.waitForRequest("**/node/chain/**", SOON);
    await patient.getByRole("button", { name: "Lock", exact: true }).click();
    await patient.getByRole("heading", { name: "Unlock" }).waitFor(SOON);
    await tab.reload();
    await tab.getByRole("heading", { name: "Unlock" }).waitFor(SOON);
    await unlock(tab, "ada");
    await refusal.waitFor(SOON);
    // The first tab itself waits for it.
    await unlock(patient, "ada");
    await patient.waitForFunction("navigator.locks.query().then(({ pending }) => pending.length > 0)", undefined, SOON);
    answer();
    await isIn(patient);
    await patient.unroute("**/node/chain/**");
    await patient.getByRole("button", { name: "Lock", exact: true }).click();
    await tab.waitForFunction("navigator.locks.query().then(({ held }) => held.length === 0)", undefined, SOON);
    await unlock(tab, "ada");
    await isIn(tab);
    await tab.close();
    await unlock(patient, "ada");
    await isIn(patient);
  });

  it("is made once, whichever tab is first, and goes on where the front desk's answer was lost", async () => {
    const first = await world.visit();
    const tabs = [first, await first.context().newPage()];
    await Promise.all(tabs.map((tab) => tab.goto(world.url)));
    const buttons = await Promise.all(tabs.map((tab) => fillAccount(tab, "patient", "twin")));
    // At once, so that neither tab finds the other's account: an account is sealed for longer than a click takes.
    await Promise.all(buttons.map((button) => button.dispatchEvent("click")));
    const became = await Promise.all(
      tabs.map((tab) =>
        Promise.race([
          isIn(tab).then(() => "in"),
          tab
            .getByRole("alert")
            .waitFor(SOON)
            .then(() => "told"),
        ]),
      ),
    );
    expect(became.toSorted()).to.deep.equal(["in", "told"]);
    // What is kept is the account of the one that is in.
    const within = tabs[became.indexOf("in")] ?? first;
    await within.reload();
    await within.getByRole("heading", { name: "Unlock" }).waitFor(SOON);
    await unlock(within, "twin");
    await isIn(within);
    await first.context().close();

    const page = await world.visit();
    await page.goto(world.url);
    await page.route(
      "**/desk/enrol",
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      { times: 1 },
    );
    await createAccount(page, "patient", "lotte");
    await page.getByRole("alert").filter({ hasText: "the front desk does not answer" }).waitFor(SOON);
    await createAccount(page, "patient", "lotte");
    await isIn(page);
    const another = await world.visit();
    await another.goto(world.url);
    await createAccount(another, "patient", "lotte");
    await another.getByRole("alert").filter({ hasText: "did not enrol" }).waitFor(SOON);
    // Nothing is left there of an account that is nobody's.
    await another.reload();
    await another.getByRole("heading", { name: "New account" }).waitFor(SOON);
    expect(await another.getByRole("heading", { name: "Unlock" }).count()).to.equal(0);
  });

  it("says that the network is lost, keeps what was there, and goes on when it is back", async () => {
    const list = patientsList(patient);
    await list.getByRole("heading", { name: "Table of visits" }).waitFor(SOON);
    await patient.context().setOffline(true);
    await list.getByRole("alert").filter({ hasText: "Nothing is lost" }).waitFor(SOON);
    await list.getByRole("heading", { name: "Table of visits" }).waitFor();
    await patient.context().setOffline(false);
    await list.getByRole("alert").waitFor({ ...SOON, state: "detached" });
  });
});
