/** Browsers that play people. */
import { existsSync } from "node:fs";
import type { Suite } from "mocha";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A Chromium: what `CHROMIUM` names, or the system's. Undefined where there is none. */
export const chromiumPath = (): string | undefined => process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));

/** A suite where there is a Chromium; where there is none it is left out, and says so. */
export function describeInBrowser(title: string, suite: (this: Suite) => void): void {
  if (chromiumPath() !== undefined) {
    describe(title, suite);
    return;
  }
  process.stdout.write(
    `${title}: left out, no Chromium is here; install it (Debian: apt install chromium), or name one in CHROMIUM\n`,
  );
}

export function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("no Chromium: install it, or name one in CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Adds to a list what a page says that it should not: violations of its policy, errors that nobody handled. */
export function watch(page: Page, said: string[]): void {
  page.on("console", (message) => {
    const { text, type } = { text: message.text(), type: message.type() };
    // Chromium tells itself when a test takes the network away.
    if (text.includes("net::ERR_INTERNET_DISCONNECTED")) return;
    if (type === "error" || type === "warning") said.push(text);
  });
  page.on("pageerror", (error) => said.push(String(error)));
}

export const PASSPHRASE = "correct horse battery staple";
/** For what others bring about: a relayer's work, a block. */
export const SOON = { timeout: 60_000 };

/** Makes an account by clicks, and waits until the person is in. */
export async function enter(page: Page, url: string, role: "patient" | "doctor", name: string): Promise<void> {
  await page.goto(url);
  await createAccount(page, role, name);
  await isIn(page);
}

/** Fills in the form of a new account, and sends it. */
export async function createAccount(page: Page, role: "patient" | "doctor", name: string): Promise<void> {
  await (await fillAccount(page, role, name)).click();
}

/** Fills in the form of a new account. @returns the button that sends it */
export async function fillAccount(page: Page, role: "patient" | "doctor", name: string): Promise<Locator> {
  const form = formOf(page, "New account");
  await form.getByLabel("I am a").selectOption({ label: role });
  await form
    .getByRole("combobox", { name: "Hospital", exact: true })
    .selectOption(role === "patient" ? "Hospital A" : "Hospital B");
  await form.getByLabel("My name at the hospital").fill(name);
  await form.getByLabel("Passphrase").fill(PASSPHRASE);
  return form.getByRole("button", { name: "Create account" });
}

const formOf = (page: Page, heading: string) =>
  page.locator("form").filter({ has: page.getByRole("heading", { name: heading }) });

/** Unlocks an account of the page's browser. */
export async function unlock(page: Page, name: string, passphrase = PASSPHRASE): Promise<void> {
  const form = formOf(page, "Unlock");
  await form.getByLabel("Account in this browser").selectOption(name);
  await form.getByLabel("Passphrase").fill(passphrase);
  await form.getByRole("button", { name: "Unlock", exact: true }).click();
}

/** Waits until a person is in. */
export const isIn = (page: Page): Promise<void> =>
  page.getByRole("button", { name: "Lock", exact: true }).waitFor({ timeout: 120_000 });

type InputFile = Parameters<Locator["setInputFiles"]>[0];

/** Publishes a file by clicks, and waits for it in the list. */
export async function publish(page: Page, file: InputFile, title: string): Promise<void> {
  await page.getByLabel("Drop a file here").setInputFiles(file);
  await page.getByText("Private part (").waitFor(SOON);
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "Publish a record" }) });
  await section.getByLabel("Title, shown to anyone with the link").fill(title);
  await section.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("heading", { name: title, exact: true }).waitFor(SOON);
}

/** The card of a list that says so. */
export const card = (page: Page, text: string | RegExp) => page.locator(".cards > li").filter({ hasText: text });

/** What the page has put on the clipboard. */
export const copied = (page: Page): Promise<string> => page.evaluate<string>("navigator.clipboard.readText()");

export const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

/** What makes a page wider than its window, at a width in pixels; empty where all of it fits. */
export async function tooWide(page: Page, width: number): Promise<string[]> {
  await page.setViewportSize({ width, height: 900 });
  return page.evaluate<string[]>(`document.documentElement.scrollWidth <= innerWidth ? []
    : [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > innerWidth && !each.closest(".scroll, .features, pre, .frame"))
      .map((each) => each.outerHTML.slice(0, 200))`);
}

/** All that the browser keeps for the page, as text. Written as text itself: it runs in the page. */
export const storedIn = (page: Page): Promise<string> =>
  page.evaluate<string>(`(async () => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open("medexchain"));
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    const textOf = (value) => value instanceof Uint8Array ? new TextDecoder("latin1").decode(value)
      : typeof value === "object" ? Object.values(value).map(textOf).join("\\n") : String(value);
    for (const name of database.objectStoreNames) {
      for (const value of await done(database.transaction(name).objectStore(name).getAll())) texts.push(textOf(value));
    }
    database.close();
    return texts.join("\\n");
  })()`);
