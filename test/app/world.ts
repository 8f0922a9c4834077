/** One development network with the app for all tests of this folder: it takes a while to start. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cast } from "@medexchain/devnet/cast";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startDevnetApp } from "../../cli/devnet/app.ts";
import { writeDevnetConfig } from "../../cli/devnet/configuration.ts";
import { startDevnet } from "../../devnet/index.ts";
import { launch, watch } from "./support.ts";

export interface World {
  /** Of the app. */
  readonly url: string;
  readonly cast: Cast;
  /** For each hospital's staff. */
  readonly staffUrls: ReadonlyMap<string, string>;
  readonly configFile: string;
  readonly folder: string;
  readonly browser: Browser;
  /** A page in a browser of its own, which shares nothing with the others. Closed with the world. */
  visit(options?: BrowserContextOptions): Promise<Page>;
  /** What any page said that it should not have, see `watch`. */
  readonly said: string[];
}

const stack = new AsyncDisposableStack();
let starting: Promise<World> | undefined;

export const openWorld = (): Promise<World> => {
  starting ??= start();
  return starting;
};

/** Address and text of each open page, for whoever looks into a failure. */
export async function pagesNow(): Promise<string[]> {
  const { browser } = (await starting?.catch(() => undefined)) ?? {};
  const pages = browser?.contexts().flatMap((context) => context.pages()) ?? [];
  return Promise.all(pages.map(async (page) => `${page.url()}\n${await page.locator("body").innerText()}`));
}

export const closeWorld = (): Promise<void> => stack.disposeAsync();

async function start(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "medex-app-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const devnet = stack.adopt(await startDevnet({}), (running) => running.close());
  const configFile = join(folder, "medex.config.json");
  await writeDevnetConfig(configFile, devnet);
  const { url, cast, staffUrls } = stack.use(await startDevnetApp(devnet, configFile, true));
  const browser = stack.adopt(await launch(), (running) => running.close());
  const said: string[] = [];
  const visit = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const page = await (await browser.newContext(options)).newPage();
    watch(page, said);
    return page;
  };
  return { url, cast, staffUrls, configFile, folder, browser, visit, said };
}
