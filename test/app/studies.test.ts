/** A patient who is asked by a study: what it asks and costs, the values that would be sent, taking part, leaving, and what came out. */
import AxeBuilder from "@axe-core/playwright";
import {
  approveStudy,
  decryptStudy,
  joinStudy,
  proposeStudy,
  publishInput,
  publishKeyShare,
  readStudy,
  releaseStudy,
  type StudyHolder,
  type StudyPlace,
  sumStudy,
} from "@medexchain/actors/studies";
import { chainTime, type Hex32, studyChain, transact, ZERO_32 } from "@medexchain/chain";
import type { Question } from "@medexchain/studies";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";
import type { Page } from "playwright-core";
import { developmentAccount } from "../../devnet/chains.ts";
import { describeInBrowser, enter, publish, SOON, storedIn, tooWide, unlock } from "./support.ts";
import { vitalSigns } from "./vital-signs.ts";
import { openWorld, type World } from "./world.ts";

const HOUR = 3600;
const OTHERS = 3;
const SYSTOLIC = { name: "systolic", code: "8480-6", unit: "mm[Hg]", scale: 0, min: "60", max: "220" };
const AGE = { name: "age", code: "30525-0", unit: "a", scale: 0, min: "0", max: "120" };
const ADULTS: Question = {
  version: 1,
  title: "Blood pressure of adults",
  columns: [SYSTOLIC, AGE],
  filter: { minimum: 2, conditions: [{ column: "age", from: "18", to: "120" }] },
  statistic: { kind: "mean", column: "systolic" },
};
const PLAIN: Question = {
  version: 1,
  title: "Blood pressure, a second time",
  columns: [SYSTOLIC],
  statistic: { kind: "variance", column: "systolic" },
};

describeInBrowser("studies in the app", () => {
  let world: World;
  let page: Page;
  let carrier: StudyPlace;
  let holders: readonly { readonly place: StudyPlace; readonly holder: StudyHolder }[];

  before(async function () {
    this.timeout(180_000);
    world = await openWorld();
    const { cast, url } = world;
    const network = (await (await fetch(`${url}/network.json`)).json()) as { chains: { chainA: { studies: string } } };
    const at = async (account: Wallet): Promise<StudyPlace> => ({
      ...(await studyChain(cast.chainA.as(account), network.chains.chainA.studies)),
      store: cast.store,
    });
    carrier = await at(new Wallet(developmentAccount(0).privateKey));
    holders = await Promise.all(
      [cast.hospitalA, cast.hospitalB].map(async ({ hospital }) => {
        const place = await at(hospital.operator as Wallet); // as the cast makes it
        await transact(place.chain, () => place.studies.setLimits(hospital.id, { studies: 2, epsilonMilli: 6000 }));
        return { place, holder: { hospitalId: hospital.id, seed: randomBytes(32) } };
      }),
    );
    page = await world.visit();
    await enter(page, url, "patient", "petra");
    await publish(page, vitalSigns(8), "Blood pressure diary");
  });

  const propose = async (question: Question): Promise<Hex32> => {
    const now = Number(await chainTime(carrier.chain));
    const { studyId } = await proposeStudy(carrier, {
      question,
      holders: holders.map(({ holder }) => holder.hospitalId),
      computeNode: developmentAccount(0).address,
      minimumCohort: OTHERS,
      maximumCohort: 100,
      joinEnd: now + HOUR,
      end: now + 2 * HOUR,
      epsilonMilli: 2500,
    });
    for (const { place, holder } of holders) await approveStudy(place, await readStudy(place, studyId), holder);
    for (const { place, holder } of holders) await publishKeyShare(place, await readStudy(place, studyId), holder);
    return studyId;
  };
  /** On both chains: what others of this world do must not find their clocks apart. */
  const passTo = async (time: number): Promise<void> => {
    for (const { provider } of [world.cast.chainA, world.cast.chainB]) {
      await provider.send("evm_setNextBlockTimestamp", [time]);
      await provider.send("evm_mine", []);
    }
  };
  /** Patients without a browser. @returns what they publish once joining has ended */
  const joinOthers = async (studyId: Hex32): Promise<(() => Promise<void>)[]> => {
    const { hospital, chain } = world.cast.hospitalA;
    const { hospitals } = chain.as(developmentAccount(0));
    const notAfter = (await chainTime(chain)) + 365n * 86_400n;
    const publishing: (() => Promise<void>)[] = [];
    for (let i = 0; i < OTHERS; i++) {
      const account = new Wallet(Wallet.createRandom().privateKey);
      const pseudonym = `study-patient-${i}`;
      const subject = { pseudonym, account: account.address, keyDigest: ZERO_32, serial: 1n, notAfter };
      const [certificate, signature] = await hospital.certify(chain, subject);
      await transact(chain, () => hospitals.enrolMember(certificate, signature));
      const member = { memberId: hospital.memberId(pseudonym), account };
      let kept = new Uint8Array();
      const keep = async (input: Uint8Array) => {
        kept = Uint8Array.from(input);
      };
      await joinStudy(carrier, await readStudy(carrier, studyId), member, { systolic: "130", age: "40" }, keep);
      publishing.push(async () => {
        const now = Number(await chainTime(carrier.chain));
        await publishInput(carrier, await readStudy(carrier, studyId), member, async () => kept, now);
      });
    }
    return publishing;
  };
  const studyCard = (title: string) =>
    page.locator(".cards > li").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
  const isClean = async (): Promise<void> => {
    await page.evaluate("for (const each of document.querySelectorAll('.cards details')) each.open = true");
    for (const [language, colorScheme, width] of [
      ["de", "dark", 390],
      ["en", "light", 1280],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.getByRole("combobox").first().selectOption(language);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
      expect(await tooWide(page, width), `${language}, ${width} px wide`).to.deep.equal([]);
    }
  };

  it("are not to be seen where none asks", async () => {
    await page.getByRole("heading", { name: "Publish a record" }).waitFor(SOON);
    expect(await page.getByRole("heading", { name: "Studies" }).count()).to.equal(0);
  });

  it("ask in words and say what they cost; values come from the records, or from the patient where these have none", async () => {
    const studyId = await propose(ADULTS);
    const study = studyCard(ADULTS.title);
    await study
      .getByText(
        "It asks for the mean of systolic, of those with age from 18 to 120. Nobody learns whether you are one",
      )
      .waitFor(SOON);
    await study
      .getByText("It costs ε 2.5 of your privacy budget. This year you gave 0 of 6, in 0 of 2 studies.")
      .waitFor();
    await study
      .getByText("Hospital A, Hospital B hold the keys together")
      .or(study.getByText("Hospital B, Hospital A hold"))
      .waitFor();
    await study.getByText("My values").click();
    const age = study.getByLabel("age (LOINC 30525-0), from 0 to 120 a");
    await age.waitFor(SOON);
    await study.getByText("no Patient with a birthDate is in the records").waitFor();
    expect(await study.getByRole("button", { name: "Take part" }).count()).to.equal(0);
    await isClean();
    await age.fill("12");
    await study.getByRole("button", { name: "Use these" }).click();
    await study.getByText("You are not one of those whom it is of.").waitFor(SOON);
    expect(await study.getByRole("row").allInnerTexts()).to.deep.equal([
      "Value\tMine\tFrom",
      "age (LOINC 30525-0)\t12 a\tfrom me",
    ]);

    // Another answer: the values are read anew.
    await page.reload();
    await unlock(page, "petra");
    await study.getByText("My values").click(SOON);
    await age.fill("47", SOON);
    await study.getByRole("button", { name: "Use these" }).click();
    await study
      .getByRole("row", { name: /^systolic \(LOINC 8480-6\) \d+ mm\[Hg\] Blood pressure diary, Observation\/o7, / })
      .waitFor(SOON);
    await study.getByRole("button", { name: "Take part with these values" }).click();
    await study.getByText("You take part. Your encrypted values are kept here until joining has ended.").waitFor(SOON);
    await study.getByText("This year you gave 2.5 of 6, in 1 of 2 studies.").waitFor(SOON);
    expect(await storedIn(page)).not.to.include("systolic");

    const publishing = await joinOthers(studyId);
    const { joinEnd, end } = await readStudy(carrier, studyId);
    await passTo(joinEnd);
    await study.getByText("Your encrypted values are sent.").waitFor(SOON);
    for (const publishOne of publishing) await publishOne();
    await passTo(end);
    const { count, lacking } = await sumStudy(carrier, await readStudy(carrier, studyId), 0);
    expect([count, lacking]).to.deep.equal([OTHERS + 1, []]);
    for (const { place, holder } of holders) {
      const once = { sum: async () => undefined, keep: async () => {} };
      await decryptStudy(place, await readStudy(place, studyId), holder, once, { fromBlock: 0 });
    }
    await releaseStudy(carrier, await readStudy(carrier, studyId));
    await study.getByText("What it found").click(SOON);
    await study.getByText(`Of ${OTHERS + 1} patients. Computed again here`).waitFor(SOON);
    await study.getByRole("row", { name: /^patients who match \d+ ± / }).waitFor();
    expect(await study.getByRole("button", { name: "Leave" }).count()).to.equal(0);
    await isClean();
  });

  it("can be left, and not joined again", async () => {
    await propose(PLAIN);
    const study = studyCard(PLAIN.title);
    await study.getByText("It asks for mean and variance of systolic, over all who take part.").waitFor(SOON);
    await study.getByText("My values").click();
    await study.getByRole("button", { name: "Take part with these values" }).click(SOON);
    page.once("dialog", (dialog) => void dialog.accept());
    await study.getByRole("button", { name: "Leave" }).click(SOON);
    await study.getByText("You have left it.").waitFor(SOON);
    expect(await study.getByText("My values").count()).to.equal(0);
    await study.getByText("This year you gave 2.5 of 6, in 2 of 2 studies.").waitFor(SOON);
  });

  it("that cost more than is left say so, and nothing of it all is an error of the page", async () => {
    const title = "Blood pressure, a third time";
    await propose({ ...PLAIN, title });
    await studyCard(title)
      .getByText("You take part in as many studies of this year as your hospital allows.")
      .waitFor(SOON);
    await isClean();
    expect(world.said).to.deep.equal([]);
  });
});
