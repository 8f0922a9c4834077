import { ask, type Chain, type Hex32, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { displayText, MedexError, resolveId, skeletonOf } from "@medexchain/core";
import { labelFrom, parseLabel } from "@medexchain/vault";
import type { Context } from "../context.ts";
import { openNames, shortId } from "../session/names.ts";
import { openSession, type Session, unlock } from "../session/session.ts";
import { contactsAddOutput, contactsListOutput, contactsRemoveOutput } from "./outputs.ts";

/** Who has an address book. */
const ROLES = ["owner", "doctor", "hospital"] as const;

type Standing = "active" | "inactive" | "unknown";

/** `medex contacts list`. */
export async function list(context: Context): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ROLES);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const chains = [...(await session.chains()).values()];
  const people = await Promise.all(
    [...names.people.values()].map(async ({ id: memberId, label: name, hospital, pseudonym }) => {
      return { memberId, name, hospital, pseudonym, standing: await standingOf(chains, memberStanding(memberId)) };
    }),
  );
  const hospitals = await Promise.all(
    [...names.hospitals].map(async ([hospitalId, name]) => {
      return { hospitalId, name, standing: await standingOf(chains, hospitalStanding(hospitalId)) };
    }),
  );
  output.result(contactsListOutput, { people, hospitals }, () => {
    output.table([
      ["NAME", "AT", "THERE", "STANDING", "ID"],
      ...people.map(({ memberId, hospital, pseudonym, standing }) => [
        names.person(memberId),
        displayText(hospital, 40),
        displayText(pseudonym, 40),
        standing,
        shortId(memberId),
      ]),
      ...hospitals.map(({ hospitalId, standing }) => [
        names.hospital(hospitalId),
        "(a hospital)",
        "",
        standing,
        shortId(hospitalId),
      ]),
    ]);
  });
}

/** `medex contacts add`. */
export async function add(
  context: Context,
  { hospital, pseudonym, name }: { readonly hospital: string; readonly pseudonym: string; readonly name?: string },
): Promise<void> {
  const { output } = context;
  const memberId = memberIdOf(pseudonymHash(hospital), pseudonymHash(pseudonym));
  const label = name === undefined ? labelFrom(pseudonym, shortId(memberId)) : parseLabel(name);
  const vault = await unlock(context, ROLES);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const taken = [...names.people.values()].some(({ id, label: other }) => {
    return id !== memberId && skeletonOf(other) === skeletonOf(label);
  });
  if (taken)
    throw new MedexError("INPUT_INVALID", `another person is called ${label}, or looks so: choose another name`);
  if (!(await isKnown(session, memberId))) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `no configured chain knows a member ${displayText(pseudonym)} of ${displayText(hospital)}: check both with whoever told you`,
    );
  }
  const date = Math.floor(Date.now() / 1000);
  await names.store.put({ kind: "person", id: memberId, label, hospital, pseudonym, date });
  output.result(contactsAddOutput, { memberId, name: label, hospital, pseudonym }, () => {
    output.line(`${memberId} is ${label}, ${displayText(pseudonym)} at ${displayText(hospital)}.`);
  });
}

async function isKnown(session: Session, memberId: Hex32): Promise<boolean> {
  const chains = [...(await session.chains()).values()];
  return (await standingOf(chains, memberStanding(memberId))) !== "unknown";
}

/** `medex contacts remove`. */
export async function remove(context: Context, reference: string): Promise<void> {
  const { output } = context;
  const vault = await unlock(context, ROLES);
  await using session = await openSession(context);
  using names = await openNames(context, session.config, vault);
  const among = [...names.people.values()].map(({ id, label, pseudonym }) => ({ id, names: [label, pseudonym] }));
  const memberId = resolveId("person", reference, among, { onlyOne: true });
  const name = names.people.get(memberId)?.label;
  if (name === undefined) throw new MedexError("NAME_UNKNOWN", `nobody in the address book has the id ${memberId}`);
  await names.store.remove(memberId);
  output.result(contactsRemoveOutput, { memberId, name }, () => output.line(`${displayText(name)} is forgotten.`));
}

/** Where any chain holds them active, they are. */
async function standingOf(chains: readonly Chain[], look: (chain: Chain) => Promise<Standing>): Promise<Standing> {
  const all = await Promise.all(chains.map(look));
  return all.find((standing) => standing === "active") ?? all.find((standing) => standing === "inactive") ?? "unknown";
}

const memberStanding =
  (memberId: Hex32) =>
  async (chain: Chain): Promise<Standing> => {
    const [{ serial }, { account }] = await Promise.all([
      ask(chain, () => chain.hospitals.member(memberId)),
      ask(chain, () => chain.hospitals.activeMember(memberId)),
    ]);
    if (serial === 0n) return "unknown";
    return BigInt(account) === 0n ? "inactive" : "active";
  };

const hospitalStanding =
  (hospitalId: Hex32) =>
  async (chain: Chain): Promise<Standing> => {
    const { status } = await ask(chain, () => chain.hospitals.hospital(hospitalId));
    return (["unknown", "active"] as const)[Number(status)] ?? "inactive";
  };
