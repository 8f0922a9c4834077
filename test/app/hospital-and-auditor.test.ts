/** A hospital's staff and an auditor, by clicks, while two people share a record. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { makeReceipt, openFreshAudit } from "@medexchain/audit";
import { csvOf } from "@medexchain/audit/export";
import {
  ask,
  type Hex32,
  hex32,
  memberIdOf,
  merkleTree,
  pseudonymHash,
  requestStateOf,
  toHex32,
} from "@medexchain/chain";
import { expect } from "chai";
import { AbiCoder, getBytes, id, Wallet } from "ethers";
import type { Page } from "playwright-core";
import decodeQR from "qr/decode.js";
import { ndjsonOf } from "../../audit/export/index.ts";
import { at, CHAIN_B, entry, refused } from "../audit/support/entries.ts";
import { until } from "../until.ts";
import { describeInBrowser, SOON, storedIn, tooWide } from "./support.ts";
import { openWorld, type World } from "./world.ts";

const RECORD = join(import.meta.dirname, "../../examples/patient-record.json");
const HOSTILE = '<img src=x onerror="alert(1)">';

/** What a click has the browser save. */
async function saved(page: Page, button: string): Promise<string> {
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFileSync(await (await saving).path(), "utf8");
}

/** Chooses a file by its label. */
const drop = (page: Page, label: string, name: string, text: string) =>
  page
    .getByLabel(label, { exact: label === "Receipt" })
    .setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });

async function isAccessible(page: Page): Promise<void> {
  for (const language of ["de", "en"]) {
    await page.getByLabel(language === "de" ? "Language" : "Sprache").selectOption(language);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)])).to.deep.equal([]);
  }
}

describeInBrowser("the app, for hospitals and auditors", () => {
  let world: World;
  let requestId: Hex32;
  let staff: Page;
  let auditor: Page;

  const enrol = (pseudonym: string) =>
    fetch(`${world.url}/desk/enrol`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hospital: "Hospital A", pseudonym, account: Wallet.createRandom().address }),
    });
  const member = (name: string) => staff.locator(".cards > li").filter({ has: staff.getByRole("heading", { name }) });

  before(async () => {
    world = await openWorld();
    const { patient, doctors } = world.cast;
    const { recordId } = await patient.publish({
      document: readFileSync(RECORD),
      name: "record.json",
      privateSelectors: ["Bundle.entry.resource.ofType(Patient).name"],
      maxAccessCount: 3,
    });
    ({ requestId } = await doctors[0].request({ recordId, purpose: "TREAT" }));
    staff = await world.visit();
    auditor = await world.visit();
  });

  it("shows a hospital what is on its way, and whether its services work", async () => {
    await staff.goto(world.staffUrls.get("Hospital A") ?? "");
    await staff.getByRole("heading", { name: "Hospital A", exact: true }).waitFor(SOON);
    expect(staff.url()).to.equal(`${world.url}/`);
    const waiting = staff.locator(".cards > li").filter({ hasText: "Asked of a patient of ours: treatment (TREAT)" });
    await waiting.getByText("waiting for the patient").first().waitFor(SOON);
    await staff.getByText("works Firewall and service of Hospital A").waitFor(SOON);
  });

  it("lists members by name, suspends one, and ends that", async () => {
    await enrol("berta");
    await enrol(HOSTILE);
    await staff.getByRole("searchbox", { name: "Name or id" }).fill("BERT");
    await member("berta").getByRole("button", { name: "Suspend" }).click(SOON);
    await member("berta").getByRole("button", { name: "Reinstate" }).waitFor(SOON);
    const { chain } = world.cast.hospitalA;
    const berta = memberIdOf(pseudonymHash("Hospital A"), pseudonymHash("berta"));
    expect((await ask(chain, () => chain.hospitals.member(berta))).suspended).to.equal(true);
    await member("berta").getByRole("button", { name: "Reinstate" }).click();
    await member("berta").getByRole("button", { name: "Suspend" }).waitFor(SOON);
    expect((await ask(chain, () => chain.hospitals.member(berta))).suspended).to.equal(false);

    await staff.getByRole("searchbox", { name: "Name or id" }).fill("img");
    await member(HOSTILE).waitFor(SOON);
    expect(await staff.locator("img").count()).to.equal(0);
    await staff.getByRole("searchbox", { name: "Name or id" }).fill("");
  });

  it("writes an invite, whose file and QR code say the same", async () => {
    await staff.getByLabel("What the hospital calls them").fill("Carla");
    await staff.getByRole("button", { name: "Write the invite" }).click();
    await staff.getByRole("heading", { name: "Invite for Carla" }).waitFor(SOON);
    const file = await saved(staff, "Save the file");
    const invite = JSON.parse(file);
    expect(invite).to.include({
      type: "medexchain/member-invite",
      hospital: "Hospital A",
      pseudonym: "Carla",
      role: "owner",
    });
    await staff.setViewportSize({ width: 1280, height: 900 });
    expect(await scanned(staff, "QR code with the invite for Carla")).to.equal(file.trim());
    await staff.getByRole("button", { name: "Done, hide it" }).click();
    await staff.getByRole("img", { name: "QR code with the invite for Carla" }).waitFor({ state: "detached" });
    expect(await staff.locator(".qr").count()).to.equal(0);
    expect(await staff.content()).not.to.include(invite.key);
  });

  it("sets a limit, and says what is wrong with another", async () => {
    const limit = staff.locator("form").filter({ hasText: "Accesses of one requester to all records" });
    await limit.getByRole("spinbutton").fill("12");
    await limit.getByRole("button", { name: "Set" }).click();
    const { chain } = world.cast.hospitalA;
    const limitOnChain = () => ask(chain, () => chain.hospitals.maxAccessCountOf(pseudonymHash("Hospital A")));
    await until("the limit is on chain", async () => (await limitOnChain()) === 12n);
    await staff.getByLabel("What the hospital calls them").fill("Dora");
    await staff.getByLabel("Ether for transactions").fill("9000");
    await staff.getByRole("button", { name: "Write the invite" }).click();
    await staff.getByRole("alert").filter({ hasText: "up to 1000" }).waitFor(SOON);
  });

  it("lets nobody to a hospital's desk without what the terminal printed", async () => {
    const token = new URL(world.staffUrls.get("Hospital A") ?? "").hash.slice("#staff=".length);
    const call = (headers: Record<string, string>, body = "{}", path = "overview") =>
      fetch(`${world.url}/staff/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      }).then(({ status }) => status);
    const authorization = `Bearer ${token}`;
    expect(await call({ authorization })).to.equal(200);
    expect(await call({})).to.equal(401);
    expect(await call({ authorization: `Bearer ${token.slice(0, -1)}` })).to.equal(401);
    expect(await call({ cookie: `staff=${token}` })).to.equal(401);
    expect(await call({ authorization, origin: "https://elsewhere.example" })).to.equal(403);
    expect(await call({ authorization, "content-type": "text/plain" })).to.equal(415);
    expect(await call({ authorization }, '{"count":-1}', "access-limit")).to.equal(409);
    expect(await call({ authorization }, JSON.stringify({ find: "x".repeat(5000) }), "members")).to.equal(413);
    const other = memberIdOf(pseudonymHash("Hospital B"), pseudonymHash("doctor-1"));
    expect(await call({ authorization }, JSON.stringify({ verb: "suspend", member: other }), "standing")).to.equal(409);
    expect(await storedIn(staff)).not.to.include(token);
    const stranger = await world.visit();
    await stranger.goto(`${world.url}/#staff=${"A".repeat(43)}`);
    await stranger.getByRole("alert").first().filter({ hasText: "no right to the hospital" }).waitFor(SOON);
    await stranger.context().close();
  });

  it("shows an auditor what the chains say, as the audit reads it", async () => {
    await auditor.goto(world.url);
    await auditor.getByRole("button", { name: "Look at the access history" }).click();
    const row = auditor.locator("tbody").filter({ has: auditor.locator(`[aria-label*="${requestId.slice(0, 10)}"]`) });
    await row.getByText("none yet").waitFor(SOON);
    await world.cast.patient.approve(requestId);
    await row.getByText("granted").waitFor(SOON);
    await row.getByRole("button", { name: "Steps" }).click();
    for (const step of ["The doctor asks", "The patient approves", "Algorithm₁: granted"]) {
      await row.getByText(step).waitFor(SOON);
    }
    await row.getByText("Consent document (FHIR R4)").click();
    await row.getByText('"resourceType": "Consent"').waitFor();

    const { chainB } = world.cast;
    await until("the answer is at Hospital B", async () => {
      const { state } = await ask(chainB, () => chainB.requests.status(requestId));
      return requestStateOf(state) === "Granted";
    });
    await row.getByText("The answer reaches the doctor's hospital").waitFor();
    await row.locator("li.done", { hasText: "The answer reaches" }).waitFor(SOON); // once the chains are read again
    await using audit = await openFreshAudit([world.cast.chainA.deployment, world.cast.chainB.deployment]);
    const expected = [...csvOf(audit.history?.entries() ?? [])].join("");
    // Requests of one second are in either order.
    const sorted = (csv: string) => csv.split("\r\n").sort();
    expect(sorted(await saved(auditor, "Save CSV"))).to.deep.equal(sorted(expected));
  });

  it("searches, sorts and pages through an export of thousands, and saves what is found", async () => {
    const many = Array.from({ length: 3_000 }, (_, number) => {
      const name = `request ${number}`;
      const requested = { ...at(CHAIN_B, number), sequence: BigInt(number) };
      return number % 10 === 0 ? { ...refused("DeniedByOwner", name), requested } : entry({ requested }, name);
    });
    const file = join(world.folder, "history.ndjson");
    writeFileSync(file, [...ndjsonOf(many)].join(""));
    await auditor.getByLabel("Open an exported history").setInputFiles(file);
    await auditor.getByRole("heading", { name: "3000 of 3000 requests" }).waitFor(SOON);
    expect(await auditor.locator("table.requests tbody").count()).to.equal(50);
    await auditor.getByRole("button", { name: "Last" }).click();
    await auditor.getByText("2951 to 3000 of 3000").waitFor();

    await auditor.getByRole("combobox", { name: "Decision", exact: true }).selectOption("DeniedByOwner");
    await auditor.getByRole("heading", { name: "300 of 3000 requests" }).waitFor();
    await auditor.getByText("1 to 50 of 300").waitFor();
    const lines = (await saved(auditor, "Save JSON")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).decision.decision)).to.deep.equal(Array(300).fill("DeniedByOwner"));
    await auditor.getByLabel("Id, hospital or purpose").fill(many[10]?.requestId.slice(0, 30) ?? "");
    await auditor.getByRole("heading", { name: "1 of 3000 requests" }).waitFor();
    await auditor.getByRole("button", { name: "Show all" }).click();
    await auditor.getByRole("heading", { name: "3000 of 3000 requests" }).waitFor();
    await auditor.getByRole("button", { name: "Sort by Decision" }).click();
    await auditor.locator("tbody").first().getByText("denied by the patient").waitFor();

    const about = { where: { requestId: many[7]?.requestId }, evidence: { expected: "1", found: "2" } };
    const found = { code: "COUNT_WRONG", severity: "error", message: HOSTILE, ...about, advice: "look" };
    await drop(
      auditor,
      "Open a verdict",
      "verdict.json",
      JSON.stringify({ passed: false, findings: [found], chains: [{ chainId: "31337", block: 12 }, { chainId: "5" }] }),
    );
    await auditor.getByRole("heading", { name: "The audit failed" }).waitFor(SOON);
    await auditor.getByText("chainA (id 31337), up to block 12").waitFor();
    await auditor.getByText("chain 5, which is none of this network’s, of which nothing could be read").waitFor();
    await auditor.getByLabel("only with findings").check();
    await auditor.getByRole("heading", { name: "1 of 3000 requests" }).waitFor();
    await auditor.getByText("findings: 1").waitFor();
    await drop(auditor, "Open an exported history", "other.json", '{"a":1}\n');
    await auditor.getByRole("alert").filter({ hasText: "line 1 of the file is no request" }).waitFor(SOON);
    await auditor.getByRole("heading", { name: "The audit failed" }).waitFor();
    // Another history is open, of which the verdict says nothing.
    await auditor.getByLabel("Open an exported history").setInputFiles(file);
    await auditor.getByRole("heading", { name: "Not verified" }).waitFor(SOON);
    await auditor.getByRole("heading", { name: "0 of 3000 requests" }).waitFor();
    await auditor.getByLabel("only with findings").uncheck();
    await auditor.getByRole("heading", { name: "3000 of 3000 requests" }).waitFor();
    expect(await auditor.getByText("findings: 1").count()).to.equal(0);
  });

  it("checks a receipt by a root that the auditor trusts, and refuses it by another", async () => {
    const { receipt, root } = someReceipt();
    await drop(auditor, "Receipt", "receipt.json", receipt);
    await auditor.getByLabel("Root of the ledger").fill(root);
    await auditor.getByRole("button", { name: "Check" }).click();
    await auditor.getByText("The receipt holds").waitFor(SOON);
    await auditor.getByText("Entry 2: granted").waitFor();
    await auditor.getByLabel("Root of the ledger").fill(id("another"));
    await auditor.getByRole("button", { name: "Check" }).click();
    await auditor.getByRole("alert").filter({ hasText: "another root than is trusted" }).waitFor(SOON);
    await auditor.getByLabel("Root of the ledger").fill("");
    await auditor.getByRole("button", { name: "Check" }).click();
    await auditor.getByRole("alert").filter({ hasText: "no chain with id 2" }).waitFor(SOON);
  });

  it("can be used by keyboard and screen reader in both languages, on a phone and a desktop", async () => {
    for (const page of [staff, auditor]) {
      await isAccessible(page);
      for (const width of [390, 1280]) expect(await tooWide(page, width), `${width} px wide`).to.deep.equal([]);
      expect(await page.locator("img, main script").count()).to.equal(0);
    }
    // A refusal is an answer, of which Chromium tells all the same.
    const others = world.said.filter((text) => !/the server responded with a status of 4(01|09)/.test(text));
    world.said.splice(0, world.said.length, ...others);
    expect(world.said).to.deep.equal([]);
  });
});

/** What a QR code on the page says, read from a picture of it. */
async function scanned(page: Page, label: string): Promise<string> {
  const code = page.getByRole("img", { name: label });
  const url = `data:image/png;base64,${(await code.screenshot({ scale: "css" })).toString("base64")}`;
  const [width, height, pixels] = await page.evaluate<[number, number, string]>(`(async () => {
    const image = new Image();
    image.src = ${JSON.stringify(url)};
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { width, height, data } = context.getImageData(0, 0, image.width, image.height);
    return [width, height, Array.from(data, (byte) => String.fromCharCode(byte)).join("")];
  })()`);
  return decodeQR({ width, height, data: Uint8ClampedArray.from(Buffer.from(pixels, "latin1")) });
}

const ENTRY = ["bytes32", "bytes32", "bytes32", "bytes32", "uint8", "uint32", "uint32", "uint32", "uint32", "uint64"];

/** A receipt of a ledger of four entries, and the ledger's root. */
function someReceipt(): { readonly receipt: string; readonly root: string } {
  const tree = merkleTree();
  const request = hex32(id("request 2"));
  const entries = Array.from({ length: 4 }, (_, number) =>
    getBytes(
      AbiCoder.defaultAbiCoder().encode(ENTRY, [
        id(`request ${number}`),
        ...["record", "requester", "hospital"].map(id),
        ...[1, 1, 10, 1, 5, 1_760_000_000],
      ]),
    ),
  );
  for (const bytes of entries) tree.append(bytes);
  const root = toHex32(tree.root(4));
  const ledger = `0x${"ab".repeat(20)}`;
  const kept = {
    chainId: 1n,
    ledger,
    entryCount: 4n,
    blockNumber: 9n,
    blockTime: 10n,
    head: hex32(id("head")),
    root,
    keptBy: 2n,
  };
  const own = [{ index: 2, bytes: entries[2] ?? new Uint8Array() }];
  return {
    receipt: JSON.stringify(makeReceipt({ chainId: 1n, ledger, tree, entries: own, checkpoints: [kept] }, request)),
    root,
  };
}
