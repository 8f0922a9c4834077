import { readFileSync } from "node:fs";
import { expect } from "chai";
import { readResults, renderPage } from "../../tools/real-servers/page.ts";

describe("the page of real servers", () => {
  it("says what the runs wrote down", async () => {
    const page = readFileSync(new URL("../../docs/real-servers.md", import.meta.url), "utf8");
    expect(await renderPage(await readResults())).to.equal(page);
  });
});
