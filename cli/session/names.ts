/** What things are called, for the person whose vault is open: names before ids, and ids found by names. */
import { join } from "node:path";
import { listRecords, recordsThatBegin } from "@medexchain/actors";
import { ask, type Chain, type Hex32, hex32 } from "@medexchain/chain";
import { displayText, isWholeId, type Nameable, parseReference, resolveId, skeletonOf } from "@medexchain/core";
import {
  type ContentsOf,
  type Name,
  type NameStore,
  openNameStore,
  type PersonName,
  type RecordName,
} from "@medexchain/vault";
import type { Context } from "../context.ts";
import type { Config } from "./config.ts";
import { hospitalNames } from "./hospital-names.ts";
import { blockOf, type MemberSite, type Session } from "./session.ts";

/** Where the owner of a vault keeps names. */
export const namesFolder = ({ home }: Pick<Context, "home">, vault: string): string => join(home, "names", vault);

/** A vault that has an account, and so names. */
interface Named {
  readonly name: string;
  readonly contents: ContentsOf<"owner" | "doctor" | "hospital">;
}

/** What the owner of a vault calls what. Everything that is returned to be shown can be shown. */
export interface Names extends Disposable {
  readonly store: NameStore;
  readonly records: ReadonlyMap<Hex32, RecordName>;
  readonly people: ReadonlyMap<Hex32, PersonName>;
  /** By id: names of the configuration, of which each id is the hash. */
  readonly hospitals: ReadonlyMap<Hex32, string>;
  /** The name of a record, or how its id begins. */
  record(id: Hex32): string;
  /** The name of a person, or how their id begins. */
  person(id: Hex32): string;
  /** The name of a hospital, or how its id begins. */
  hospital(id: Hex32): string;
}

/** Opens the names of a vault. What of them is damaged is told of, and does without its name. */
export async function openNames(context: Context, config: Config, vault: Named): Promise<Names> {
  const store = openNameStore(namesFolder(context, vault.name), vault.contents.accountKey);
  const { names, damaged } = await store.list();
  for (const path of damaged)
    context.output.note(`the name in ${path} is damaged, and left out: remove the file, or restore a backup`);
  const records = new Map(names.filter(isRecord).map((name) => [name.id, name]));
  const people = new Map(names.filter(isPerson).map((name) => [name.id, name]));
  const hospitals = hospitalNames(config);
  const labelled = (labels: ReadonlyMap<Hex32, string>) => {
    const counts = Map.groupBy(labels.values(), skeletonOf);
    return (id: Hex32): string => {
      const label = labels.get(id);
      if (label === undefined) return shortId(id);
      // Of names that pass for each other, each is shown with what tells them apart.
      return (counts.get(skeletonOf(label))?.length ?? 0) > 1
        ? `${displayText(label)} ${shortId(id)}`
        : displayText(label);
    };
  };
  const labelsOf = (of: ReadonlyMap<Hex32, Name>) => new Map([...of].map(([id, { label }]) => [id, label]));
  return {
    store,
    records,
    people,
    hospitals,
    record: labelled(labelsOf(records)),
    person: labelled(labelsOf(people)),
    hospital: labelled(hospitals),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

const isRecord = (name: Name): name is RecordName => name.kind === "record";
const isPerson = (name: Name): name is PersonName => name.kind === "person";

/** How an id begins: enough to tell two apart by eye, and to name one by. */
export const shortId = (id: string): string => `${id.slice(0, 10)}…`;

/** A record's names, for who looks for it. */
export const recordNames = ({ records }: Pick<Names, "records">, id: Hex32): string[] => {
  const { label, title, file } = records.get(id) ?? {};
  return [label, title, file].filter((name) => name !== undefined);
};

/** The patient's record that is meant. */
export async function findOwnRecord(
  session: Session,
  site: MemberSite,
  names: Names,
  reference: string,
): Promise<Hex32> {
  if (isWholeId(reference)) return hex32(reference);
  const records = await listRecords(site.chain, site.memberId, blockOf(session, site.chainName));
  const among = records.map(({ recordId }) => ({ id: recordId, names: recordNames(names, recordId) }));
  return resolveId("record", reference, among);
}

/** A record of anybody's that is meant: by a name that the vault has for it, or by its id, or how that begins. */
export async function findAnyRecord(session: Session, names: Names | undefined, given: string): Promise<Hex32> {
  if (isWholeId(given)) return hex32(given);
  const reference = parseReference("record", given);
  const named: Nameable[] = [...(names?.records.keys() ?? [])].map((id) => ({
    id,
    names: names === undefined ? [] : recordNames(names, id),
  }));
  if (!/^0x/i.test(reference)) return resolveId("record", reference, named);
  const found: Nameable[] = [];
  for (const [name, chain] of await session.chains()) {
    const ids = await recordsThatBegin(chain, reference, blockOf(session, name));
    found.push(...ids.map((id) => ({ id, names: names === undefined ? [] : recordNames(names, id) })));
  }
  return resolveId("record", reference, found);
}

/** The hospital of a member, as a chain that knows the member has it; undefined where none does. */
export async function hospitalOfMember(chain: Chain, memberId: Hex32): Promise<Hex32 | undefined> {
  const { serial, hospitalId } = await ask(chain, () => chain.hospitals.member(memberId));
  return serial === 0n ? undefined : hex32(hospitalId);
}
