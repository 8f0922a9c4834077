/** Studies that ask a patient: what they ask for, the values that would be sent, taking part, leaving, and what came out. */
import { listRecords } from "@medexchain/actors";
import {
  type ColumnValue,
  decodeReleased,
  type JoinObstacle,
  joinObstacle,
  joinStudy,
  leaveStudy,
  type OwnResources,
  ownValues,
  type PatientStanding,
  publishInput,
  readOwnResources,
  readPatientStanding,
  readStudy,
  requireJoinable,
  requireValues,
  type StudyPlace,
  type StudyStanding,
} from "@medexchain/actors/studies";
import { chainLogs, chainTime, type Hex32, hex32, type StudyState, studyChain } from "@medexchain/chain";
import { MedexError, sha256, toHex32 } from "@medexchain/core";
import { matchesFilter, type Outcome, type Question, rowOf, type Values } from "@medexchain/studies";
import { type Database, type KeptInput, putDurably } from "./database.ts";
import type { Identity } from "./identity.ts";
import type { Names } from "./names.ts";
import type { Network } from "./network.ts";
import { shownQuestion } from "./shown-question.ts";

/** What the devices of a patient have together. */
interface PatientTools {
  readonly database: Database;
  readonly network: Network;
  readonly identity: Identity;
  readonly names: Names;
  readonly owner: Parameters<typeof readOwnResources>[0];
}

export interface StudyView {
  readonly studyId: Hex32;
  /** For showing. */
  readonly question: Question;
  readonly state: StudyState;
  /** The hospitals that hold the key, by name where the network knows it. */
  readonly holders: readonly string[];
  readonly cohort: number;
  readonly minimumCohort: number;
  readonly epsilonMilli: number;
  /** Unix seconds. */
  readonly joinEnd: number;
  readonly end: number;
  readonly standing: PatientStanding;
  /** Why it cannot be joined. */
  readonly obstacle: JoinObstacle | undefined;
  /** Whether holders have begun to decrypt, after which nobody can leave. */
  readonly isFinal: boolean;
  /** Of whoever takes part: whether the encrypted values are to be published now, were, or are in another browser. */
  readonly input: "later" | "due" | "published" | "elsewhere" | undefined;
}

/** The values that would be sent. */
export interface StudyValues {
  readonly found: readonly (ColumnValue & { readonly title: string | undefined })[];
  readonly missing: readonly { readonly column: string; readonly reason: string }[];
  /** Whether the filter lets the patient's values in; undefined while it is not known. */
  readonly matches: boolean | undefined;
  /** Records that were left out, and why. */
  readonly left: readonly { readonly record: string; readonly reason: string }[];
}

type Place = StudyPlace & { readonly fromBlock: number };

export function openStudies({ database, network, identity, names, owner }: PatientTools) {
  const { account, memberId, chain, chainName, vault } = identity;
  const { facts, store } = network;
  /** What was read for a study; the page asks anew when it opens the values. */
  const resourcesOf = new Map<Hex32, OwnResources>();
  const placeOfStudy = new Map<Hex32, Place>();
  let places: Promise<Place[]> | undefined;

  async function openPlaces(): Promise<Place[]> {
    const known = Object.entries(facts.chains).flatMap(([name, { studies, fromBlock }]) =>
      studies === undefined ? [] : [{ name, studies, fromBlock }],
    );
    return Promise.all(
      known.map(async ({ name, studies, fromBlock }) => {
        const site = await studyChain((await network.chain(name)).as(account), studies);
        return { ...site, store, fromBlock };
      }),
    );
  }
  async function allPlaces(): Promise<Place[]> {
    places ??= openPlaces().catch((error: unknown) => {
      places = undefined; // a later call tries again
      throw error;
    });
    return places;
  }

  const keptOf = (studyId: Hex32, digest: Hex32): Promise<KeptInput | undefined> =>
    database.get("inputs", [vault, studyId, digest]);

  async function inputState(
    { joinEnd, studyId }: StudyStanding,
    { participation, input }: PatientStanding,
    now: number,
  ): Promise<StudyView["input"]> {
    if (participation !== "Joined" || input === undefined) return undefined;
    const kept = await keptOf(studyId, input);
    if (kept === undefined) return "elsewhere";
    if (kept.published) return "published";
    return now < joinEnd ? "later" : "due";
  }

  /** Undefined of a study that does not ask this patient: of other hospitals, not open yet, or over. */
  async function viewOf(place: Place, studyId: Hex32, now: number): Promise<StudyView | undefined> {
    const standing = await readPatientStanding(place, studyId, memberId);
    const study = await readStudy(place, studyId);
    const { plan, state, holders, cohort, joinEnd, end, partials } = study;
    const obstacle = joinObstacle(study, standing, now);
    if (standing.participation === "None") {
      if (obstacle === "not-open" || obstacle === "other-hospital") return undefined;
      if (obstacle === "ended" && state !== "Released") return undefined;
    }
    placeOfStudy.set(studyId, place);
    const { question, minimumCohort, epsilonMilli } = plan.study;
    return {
      studyId,
      question: shownQuestion(question),
      state,
      holders: holders.map((id) => network.hospitalName(id) ?? `${id.slice(0, 10)}…`),
      cohort,
      minimumCohort,
      epsilonMilli,
      joinEnd,
      end,
      standing,
      obstacle,
      isFinal: partials > 0,
      input: await inputState(study, standing, now),
    };
  }

  async function studyNow(studyId: Hex32): Promise<{ place: Place; study: StudyStanding; now: number }> {
    const place = placeOfStudy.get(studyId);
    if (place === undefined) throw new MedexError("INPUT_INVALID", `no chain of this network has study ${studyId}`);
    return { place, study: await readStudy(place, studyId), now: Number(await chainTime(place.chain)) };
  }

  async function readResources(question: Question): Promise<OwnResources> {
    const records = await listRecords(chain, memberId, facts.chains[chainName]?.fromBlock ?? 0);
    const active = records.filter(({ status }) => status === "active").map(({ recordId }) => recordId);
    return readOwnResources(owner, question, active);
  }

  const valuesNow = (question: Question, resources: OwnResources, given: Values) =>
    ownValues(question, resources, new Date().toISOString().slice(0, 10), given);

  return {
    /** Those that ask this patient, those in which they take part, and those that have a result; the latest first. */
    async studies(): Promise<StudyView[]> {
      const views: StudyView[] = [];
      for (const place of await allPlaces()) {
        const { chain: on, studies, fromBlock: from } = place;
        const filter = studies.filters.StudyOpened();
        const logs = await chainLogs(on, (first, last) => studies.queryFilter(filter, first, last), { from });
        const now = Number(await chainTime(on));
        for (const { args } of logs) {
          const studyId = hex32(args.studyId);
          try {
            const view = await viewOf(place, studyId, now);
            if (view !== undefined) views.push(view);
          } catch (error) {
            // One whose question cannot be had or read asks nobody; a node that is away is told of.
            if (!MedexError.is(error) || error.code === "SERVICE_UNREACHABLE") throw error;
          }
        }
      }
      return views.reverse();
    },

    /** @param given for columns of which the records have no value; the records are read anew where it is undefined */
    async studyValues(studyId: Hex32, given: Values | undefined): Promise<StudyValues> {
      const { study } = await studyNow(studyId);
      const { question } = study.plan.study;
      const resources = (given && resourcesOf.get(studyId)) ?? (await readResources(question));
      resourcesOf.set(studyId, resources);
      const own = valuesNow(question, resources, given ?? {});
      const isFilterKnown = own.missing.every(({ column }) =>
        question.filter?.conditions.every((condition) => condition.column !== column),
      );
      const titleOf = async (record: string | undefined) =>
        record === undefined ? undefined : (await names.get(record as Hex32))?.label; // as readOwnResources was given it
      return {
        found: await Promise.all(
          own.found.map(async (each) => ({ ...each, title: await titleOf(each.source?.record) })),
        ),
        missing: own.missing,
        matches: question.filter === undefined || !isFilterKnown ? undefined : matchesFilter(question, own.values),
        left: resources.left,
      };
    },

    /** Takes part, with the values that were shown. */
    async joinStudy(studyId: Hex32, given: Values): Promise<void> {
      const { place, study, now } = await studyNow(studyId);
      requireJoinable(study, await readPatientStanding(place, studyId, memberId), now);
      const { question } = study.plan.study;
      const resources = resourcesOf.get(studyId);
      if (resources === undefined) throw new MedexError("INPUT_INVALID", "look at the values before you send them");
      const own = valuesNow(question, resources, given);
      requireValues(own);
      rowOf(question, own.values); // throws where a value is out of range
      const keep = (input: Uint8Array) =>
        putDurably(database, "inputs", [vault, studyId, toHex32(sha256(input))], { input, published: false });
      await joinStudy(place, study, { memberId, account }, own.values, keep);
      resourcesOf.delete(studyId);
    },

    /** Publishes what the patient committed to, once nobody can join any more. */
    async publishStudyInput(studyId: Hex32): Promise<void> {
      const { place, study, now } = await studyNow(studyId);
      const { input: digest } = await readPatientStanding(place, studyId, memberId);
      const kept = digest && (await keptOf(studyId, digest));
      if (digest === undefined || kept === undefined) {
        throw new MedexError(
          "INPUT_INVALID",
          "the encrypted values are not in this browser: publish them in the one where you joined",
        );
      }
      await publishInput(place, study, { memberId }, async () => kept.input, now);
      await putDurably(database, "inputs", [vault, studyId, digest], { ...kept, published: true });
    },

    async leaveStudy(studyId: Hex32): Promise<void> {
      const { place } = await studyNow(studyId);
      await leaveStudy(place, studyId, { memberId, account });
    },

    /** The result, computed again from what the hospitals published. */
    async studyResult(studyId: Hex32): Promise<Outcome> {
      const { place, study } = await studyNow(studyId);
      return (await decodeReleased(place, study)).outcome;
    },
  };
}
