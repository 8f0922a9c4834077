import { createHash } from "node:crypto";
import { type ChainFacts, MAX_REQUESTS, type ReportInput, renderReport } from "@medexchain/audit/page";
import { expect } from "chai";
import { type HTMLElement, type HTMLFormElement, Window } from "happy-dom";
import { finding } from "../../../audit/finding.ts";
import { until } from "../../until.ts";
import { at, CHAIN_A, CHAIN_B, entry, everyEntry, ids, purposeBytes, refused, T0 } from "../support/entries.ts";

const chain = (chainId: bigint, name: string): ChainFacts => ({
  chainId,
  name,
  readTo: { block: 200, hash: at(chainId, 1).transactionHash },
  ledger: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
  ledgerLength: 3n,
  ledgerHead: at(chainId, 2).transactionHash,
  checkpoints: [{ heldBy: "chain-b", entryCount: 2n, block: 150n, head: at(chainId, 3).transactionHash }],
});

function page(changes: Partial<ReportInput> = {}): string {
  const entries = "entries" in changes ? changes.entries : everyEntry();
  const input: ReportInput = {
    at: T0,
    chains: [chain(CHAIN_A, "chain-a"), chain(CHAIN_B, "chain-b")],
    findings: [],
    filter: "",
    entries,
    count: [...(entries ?? [])].length,
    names: new Map([[ids.hospitalB, "Hospital B"]]),
    ...changes,
  };
  return [...renderReport(input)].join("");
}

/** The page as a browser has it, with its script run. */
function run(html: string, hash = ""): Window {
  const window = new Window({
    url: `https://audit.example/${hash}`,
    settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true },
  });
  window.document.write(html);
  return window;
}

/** A page without its style, script and data. */
const bodyOf = (html: string): string => html.replaceAll(/<(style|script)[^>]*>.*?<\/\1>/gs, "");

/** The text of a page, without what style and script hold. */
const textOf = (html: string): string =>
  bodyOf(html)
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

describe("the auditor's page", () => {
  it("tells of each request who asked for what, the counts, and every step with its transaction", () => {
    const html = page({ entries: [entry()] });
    const text = textOf(html);
    for (const said of ["Hospital B", "TREAT", "Granted", "1 of 10", "1 of 5", "Opened", "chain-a", "chain-b"]) {
      expect(text).to.include(said);
    }
    for (const message of ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8"]) expect(text).to.include(message);
    const { requested, delivered, decision, answer, response, acknowledgement } = entry();
    for (const step of [requested, delivered, decision, answer, response, acknowledgement]) {
      expect(text).to.include(step?.transactionHash);
    }
  });

  it("names the standing consent by which the patient's device approved", () => {
    const consent = purposeBytes("a consent");
    expect(textOf(page({ entries: [entry({ consent })] }))).to.include(`by the standing consent ${consent}`);
    expect(textOf(page({ entries: [entry()] }))).not.to.include("standing consent");
    const denied = { ...refused("DeniedByOwner"), consent };
    expect(textOf(page({ entries: [denied] }))).not.to.include("standing consent");
  });

  it("shows no step of a refused request as done that did not happen", () => {
    const text = textOf(page({ entries: [refused("DeniedByOwner")] }));
    expect(text).to.include("The patient denies").and.include("answers: DeniedByOwner");
    for (const absent of ["approves", "re-encrypts", "M7", "M8"]) expect(text).to.not.include(absent);
    // Before the owner had a say.
    expect(textOf(page({ entries: [refused("RecordUnknown")] }))).to.not.include("M2");
    const [pending] = everyEntry().filter(({ decisions, expired }) => decisions.length === 0 && expired === undefined);
    expect(textOf(page({ entries: [pending!] }))).to.include("The patient decides not on chain yet");
  });

  it("names chains, heads and the checkpoints that other chains hold", () => {
    const text = textOf(page());
    for (const seconds of [1, 2, 3]) expect(text).to.include(at(CHAIN_A, seconds).transactionHash);
    expect(text).to.include("Checkpoint held by chain-b");
  });

  it("says of each chain whether validators' seals prove it, and how far", () => {
    const proof = { blocks: 12, validators: ["0x1", "0x2"] };
    const told = (isStateProven: boolean) => {
      const proven = { ...chain(CHAIN_A, "chain-a"), proof: { ...proof, isStateProven } };
      return textOf(page({ chains: [proven, chain(CHAIN_B, "chain-b")] })).replaceAll("&#39;", "'");
    };
    expect(told(true)).to.include("12 blocks, and the contracts' state at the last; 2 validators then");
    expect(told(false)).to.include("12 blocks, but not the contracts' state at the last");
    expect(told(true)).to.include("no: the node's headers were believed");
  });

  it("says that an audit passed only when it was verified and nothing is wrong or unchecked", () => {
    const passed = "Nothing is wrong";
    expect(textOf(page({ findings: [] }))).to.include(passed);
    expect(
      textOf(
        page({ findings: [finding({ code: "RESPONSE_MISSING", message: "m", where: {}, expected: 1, found: 2 })] }),
      ),
    )
      .to.include(passed)
      .and.include("1 warning");
    for (const code of ["LEDGER_HEAD_MISMATCH", "CHECK_NOT_DONE"] as const) {
      const text = textOf(page({ findings: [finding({ code, message: "m", where: {}, expected: 1, found: 2 })] }));
      expect(text).to.include("The audit failed").and.not.include(passed);
    }
    expect(textOf(page({ findings: undefined })))
      .to.include("Not verified")
      .and.not.include(passed);
  });

  it("shows findings, the gravest first, with evidence, and marks the requests that they concern", () => {
    const { requestId } = entry();
    const found = [
      finding({
        code: "RESPONSE_MISSING",
        message: "the answer is missing",
        where: { chainId: CHAIN_B },
        expected: "an answer",
        found: "none",
      }),
      finding({
        code: "SIDES_DIFFER",
        message: "the sides differ",
        where: { chainId: CHAIN_A, block: 7, requestId },
        expected: "0xaa",
        found: "0xbb",
      }),
    ];
    const html = page({ entries: [entry()], findings: found });
    expect(textOf(html)).to.match(/SIDES_DIFFER.*0xaa.*0xbb.*RESPONSE_MISSING/);
    expect(html).to.include(`href="#r${requestId}"`).and.include(`id="r${requestId}"`);
    expect(html).to.include('data-findings="1"');
  });

  it("lets nothing that it is given become markup", () => {
    const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>' & </style>`;
    const purpose = purposeBytes(`<img src=x onerror=a>"'&`);
    const html = page({
      entries: [entry({ purpose })],
      filter: hostile,
      chains: [
        { ...chain(CHAIN_A, hostile), checkpoints: [{ heldBy: hostile, entryCount: 1n, block: 1n, head: hostile }] },
      ],
      names: new Map([[ids.requester, hostile]]),
      findings: [
        finding({
          code: "SIDES_DIFFER",
          message: hostile,
          where: { transactionHash: hostile, requestId: hostile },
          expected: hostile,
          found: hostile,
        }),
      ],
    });
    // Its own script, and the data of names and of the one part.
    expect(html.match(/<script/g)).to.have.length(3);
    expect(html.match(/<script>/g)).to.have.length(1);
    expect(html.match(/<\/style>/g)).to.have.length(1);
    const { document } = run(html);
    expect(document.querySelectorAll("img")).to.have.length(0);
    expect(document.querySelectorAll("script")).to.have.length(3);
    expect(html).to.not.include("<img");
    expect(html).to.include("&lt;img?src=x?onerror=a&gt;&quot;&#39;&amp;");
    // No attribute ends before it should: every tag consists of names and quoted values.
    const body = bodyOf(html);
    for (const [tag] of body.matchAll(/<[a-z][^>]*>/g)) {
      expect(tag).to.match(/^<[a-z][a-z0-9]*(\s+[a-z][a-z0-9-]*(="[^"]*")?)*>$/);
    }
  });

  it("runs its own style and script alone, and loads nothing", () => {
    const html = page();
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).to.include("default-src &#39;none&#39;");
    expect(policy).to.not.include("unsafe").and.not.include("http");
    for (const [, name, source = ""] of html.matchAll(/<(style|script)>(.*?)<\/\1>/gs)) {
      const digest = createHash("sha256").update(source).digest("base64");
      expect(policy, name).to.include(`${name}-src &#39;sha256-${digest}&#39;`);
    }
    expect(html).to.not.match(/\s(src|style|on[a-z]+)=/);
    expect(html).to.not.match(/https?:|url\(|@import/);
  });

  it("can be read without sight or mouse: one main heading, headed table cells, labelled fields, details as such", () => {
    const html = bodyOf(page());
    expect(html).to.match(/<html lang="en">/);
    expect(html.match(/<h1/g)).to.have.length(1);
    expect(html.match(/<th scope="col"/g)).to.have.length(8);
    expect(html.match(/<th scope="row"/g)).to.have.length(everyEntry().length);
    expect(html.match(/<details><summary>/g)).to.have.length(everyEntry().length);
    for (const [field] of html.matchAll(/<(input|select)[^>]*>/g)) {
      expect(html.slice(0, html.indexOf(field)).lastIndexOf("<label"), field).to.be.greaterThan(
        html.slice(0, html.indexOf(field)).lastIndexOf("</label>"),
      );
    }
  });

  it("says what it leaves out of a long history, and that it could not read one", () => {
    const left = textOf(page({ entries: [entry()], count: MAX_REQUESTS + 2 }));
    expect(left).to.include(`The first ${MAX_REQUESTS} of ${MAX_REQUESTS + 2} requests`);
    expect(textOf(page({ entries: [] }))).to.include("No requests.");
    expect(textOf(page({ entries: undefined })))
      .to.include("could not be read")
      .and.not.include("No requests.");
  });

  describe("with its script", () => {
    const many = Array.from({ length: 2_345 }, (_, i) =>
      i % 3 === 0 ? refused("DeniedByOwner", `request ${i}`) : entry({}, `request ${i}`),
    );
    const concerned = many[2_000]?.requestId;
    const html = page({
      entries: many,
      findings: [
        finding({
          code: "SIDES_DIFFER",
          message: "the sides differ",
          where: { requestId: concerned! },
          expected: 1,
          found: 2,
        }),
      ],
    });

    it("keeps all requests as data and shows them a page at a time, as they are shown without it", async () => {
      const { document } = run(html);
      const shown = () => [...document.querySelectorAll("tbody")].map(({ id }) => id.slice(1));
      const idsFrom = (start: number, end?: number) => many.slice(start, end).map(({ requestId }) => requestId);
      expect(bodyOf(html).match(/<tbody/g)).to.have.length(50);
      expect(shown()).to.deep.equal(idsFrom(0, 50));
      const [inFile = ""] = /<tbody.*?<\/tbody>/s.exec(bodyOf(html)) ?? [];
      expect(textOf(document.querySelector("tbody")?.outerHTML ?? "")).to.equal(
        textOf(inFile).replaceAll("&#39;", "'"),
      );
      const go = (where: string) => (document.querySelector(`[data-go=${where}]`) as HTMLElement).click();
      go("next");
      expect(shown()).to.deep.equal(idsFrom(50, 100));
      go("last");
      expect(shown()).to.deep.equal(idsFrom(2_300));
      expect(document.querySelector("#page")?.textContent).to.equal("2301 to 2345 of 2345");
      go("previous");
      expect(shown()).to.deep.equal(idsFrom(2_250, 2_300));
      go("first");
      expect(shown()).to.deep.equal(idsFrom(0, 50));
    });

    it("finds by name, id, decision, time, transaction and finding, in all of them", async () => {
      const { window } = run(html);
      const { document } = window;
      const field = (selector: string) => document.querySelector(selector)!;
      const finds = async (count: number, fill: () => unknown): Promise<void> => {
        (field(".filters") as HTMLFormElement).reset();
        field("#shown").textContent = "";
        fill();
        field(".filters").dispatchEvent(new window.Event("input"));
        const shown = () => field("#shown").textContent;
        await until(
          () => `${shown()} in place of ${count}`,
          () => shown() === `${count} of 2345 requests`,
          5_000,
        );
      };
      const text = (wanted: string) => () => Object.assign(field("#find"), { value: wanted });
      const granted = many.filter(({ decision }) => decision?.decision === "Granted").length;
      await finds(2345, text("HOSPITAL b"));
      await finds(1, text(concerned!));
      await finds(granted, text(entry().acknowledgement!.transactionHash));
      await finds(2345, text("2025-10-09"));
      await finds(0, text("2025-10-10"));
      await finds(granted, () => Object.assign(field("#decision"), { value: "Granted" }));
      await finds(0, () => Object.assign(field("#decision"), { value: "Expired" }));
      await finds(1, () => Object.assign(field("#only-findings"), { checked: true }));
      expect([...document.querySelectorAll("tbody")].map(({ id }) => id)).to.deep.equal([`r${concerned}`]);
    });

    it("goes to the request that a finding's link leads to, on whatever page it is", () => {
      const { document } = run(html, `#r${concerned}`);
      const row = document.getElementById(`r${concerned}`);
      expect(row?.querySelector("details")?.hasAttribute("open")).to.equal(true);
      expect(document.querySelector("#page")?.textContent).to.equal("2001 to 2050 of 2345");
    });
  });
});
