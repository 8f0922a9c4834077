/** A devnet that serves the app, and browsers that play people. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A Chromium: what `CHROMIUM` names, or the system's. Undefined where there is none. */
export const chromiumPath = (): string | undefined => process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));

export function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("no Chromium: install it, or name one in CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** What a page said that it should not have: violations of its policy, errors that nobody handled. */
export function watch(page: Page): string[] {
  const said: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(String(error)));
  return said;
}

export const PASSPHRASE = "correct horse battery staple";

/** Makes an account by clicks, and waits until the person is in. */
export async function enter(page: Page, url: string, role: "patient" | "doctor", name: string): Promise<void> {
  await page.goto(url);
  const form = page.locator("form").filter({ has: page.getByRole("heading", { name: "New account" }) });
  await form.getByLabel("I am a").selectOption({ label: role });
  await form.getByLabel("Hospital", { exact: true }).selectOption(role === "patient" ? "Hospital A" : "Hospital B");
  await form.getByLabel("My name at the hospital").fill(name);
  await form.getByLabel("Passphrase").fill(PASSPHRASE);
  await form.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Lock" }).waitFor({ timeout: 120_000 });
}

/** What the page has put on the clipboard. */
export const copied = (page: Page): Promise<string> => page.evaluate<string>("navigator.clipboard.readText()");

/** All that the browser keeps for the page, as text. Written as text itself: it runs in the page. */
export const storedIn = (page: Page): Promise<string> =>
  page.evaluate<string>(`(async () => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open("medexchain"));
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    for (const name of database.objectStoreNames) {
      for (const value of await done(database.transaction(name).objectStore(name).getAll())) {
        texts.push(value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : String(value));
      }
    }
    return texts.join("\\n");
  })()`);
