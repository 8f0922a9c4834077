/** The thread that holds a person's secrets and computes: the page asks it, and gets what is to be shown. */
import { MedexError } from "@medexchain/core";
import { accountOf } from "@medexchain/vault/sealed-contents";
import { expose } from "comlink";
import { backUp, restore } from "./backups.ts";
import { type KeptPasskey, openDatabase, putDurably } from "./database.ts";
import { openDoctor } from "./doctor.ts";
import { type Contents, createIdentity, placeIdentity, unlockIdentity } from "./identity.ts";
import { joinByInvite, viewInvite } from "./joining.ts";
import { openNames } from "./names.ts";
import { openNetwork } from "./network.ts";
import { openPatient } from "./patient.ts";
import { preview } from "./preview.ts";
import { told } from "./told.ts";
import { takeTurn } from "./turn.ts";

type Patient = ReturnType<typeof openPatient>;
type Doctor = Awaited<ReturnType<typeof openDoctor>>;

/** Who is in, until the page is closed or locked. */
let patient: Patient | undefined;
let doctor: Doctor | undefined;
let vaultIn: string | undefined;
let endTurn: (() => void) | undefined;

function lock(): void {
  patient?.close();
  doctor?.close();
  endTurn?.();
  patient = undefined;
  doctor = undefined;
  vaultIn = undefined;
  endTurn = undefined;
}

/** What a patient, or a doctor, does once in. */
function asPatient<K extends keyof Patient>(name: K): Patient[K] {
  return whoeverIsIn(() => patient?.[name]);
}
function asDoctor<K extends keyof Doctor>(name: K): Doctor[K] {
  return whoeverIsIn(() => doctor?.[name]);
}

function whoeverIsIn<F>(find: () => F | undefined): F {
  const call = (...given: unknown[]): unknown => {
    const act = find();
    if (typeof act === "function") return act(...given);
    throw new MedexError("INPUT_INVALID", "the app is locked, or another person is in: unlock it first");
  };
  return call as F; // it hands on what it is given
}

function requireVault(): string {
  if (vaultIn !== undefined) return vaultIn;
  throw new MedexError("INPUT_INVALID", "the app is locked: unlock it first");
}

async function enter(vault: string, contents: Contents, passphrase: string) {
  const [database, network] = await Promise.all([openDatabase(), openNetwork()]);
  lock();
  const end = await takeTurn(vault);
  try {
    const identity = await placeIdentity(database, network, vault, contents, passphrase);
    const names = openNames(database, vault, contents.accountKey);
    if (contents.role === "owner") patient = openPatient(database, network, identity, names);
    else doctor = await openDoctor(network, identity, names);
    vaultIn = vault;
    endTurn = end;
    const { hospital, pseudonym } = identity.contents.membership;
    return { role: contents.role, vault, hospital, pseudonym, account: identity.account.address };
  } catch (error) {
    end();
    throw error;
  }
}
export type Person = Awaited<ReturnType<typeof enter>>;

/** Has the front desk of a development network enrol an account. */
async function enrolAtDesk(hospital: string, pseudonym: string, account: string): Promise<void> {
  const answer = await fetch("/desk/enrol", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hospital, pseudonym, account }),
  });
  if (answer.ok) return;
  throw new MedexError(
    "CERTIFICATE_INVALID",
    `the front desk of ${hospital} did not enrol "${pseudonym}": choose another name`,
  );
}

const device = told({
  /** What can be chosen before anything is unlocked. */
  async lobby() {
    const [database, { facts }] = await Promise.all([openDatabase(), openNetwork()]);
    const [vaults, withPasskey, passkeys] = await Promise.all([
      database.getAllKeys("vaults"),
      database.getAllKeys("passkeys"),
      database.getAll("passkeys"),
    ]);
    const passkeyOf = new Map(withPasskey.map((vault, at) => [vault, passkeys[at]]));
    return {
      vaults: vaults.map((name) => ({ name, passkey: passkeyOf.get(name) })),
      hospitals: facts.hospitals,
      desk: facts.desk,
    };
  },
  unlock: async (vault: string, passphrase: string) =>
    enter(vault, await unlockIdentity(await openDatabase(), vault, passphrase), passphrase),
  /**
   * Makes an account. Where there is a front desk, it enrols the account, and the person is in; else the hospital must, by the address that
   * is returned.
   */
  async create(role: Contents["role"], hospital: string, pseudonym: string, passphrase: string) {
    const [database, { facts }] = await Promise.all([openDatabase(), openNetwork()]);
    const contents = await createIdentity(database, pseudonym, role, { hospital, pseudonym }, passphrase);
    const account = accountOf(contents) ?? "";
    if (!facts.desk) return { account };
    try {
      await enrolAtDesk(hospital, pseudonym, account);
    } catch (error) {
      await database.delete("vaults", pseudonym); // of an account that is nobody's
      throw error;
    }
    return { account, person: await enter(pseudonym, contents, passphrase) };
  },
  lock,
  /** What a hospital's invite says. */
  viewInvite,
  async join(invite: string, passphrase: string) {
    const [database, network] = await Promise.all([openDatabase(), openNetwork()]);
    const { vault, contents, isFunded } = await joinByInvite(database, network, invite, passphrase);
    return { person: await enter(vault, contents, passphrase), isFunded };
  },
  /** A backup of who is in. */
  backUp: async (passphrase: string): Promise<Blob> => backUp(await openDatabase(), requireVault(), passphrase),
  restore: async (file: File, passphrase: string): Promise<string> => restore(await openDatabase(), file, passphrase),
  /** That the passphrase is that of who is in. */
  async requirePassphrase(passphrase: string): Promise<void> {
    await unlockIdentity(await openDatabase(), requireVault(), passphrase);
  },
  keepPasskey: async (passkey: KeptPasskey): Promise<void> =>
    putDurably(await openDatabase(), "passkeys", requireVault(), passkey),
  removePasskey: async (): Promise<void> => (await openDatabase()).delete("passkeys", requireVault()),
  hasPasskey: async (): Promise<boolean> =>
    (await (await openDatabase()).getKey("passkeys", requireVault())) !== undefined,
  preview,
  publish: asPatient("publish"),
  publishedBefore: asPatient("publishedBefore"),
  describe: asPatient("describe"),
  accesses: asPatient("accesses"),
  addPerson: asPatient("addPerson"),
  privateFeatures: asPatient("privateFeatures"),
  rename: asPatient("rename"),
  records: asPatient("records"),
  inbox: asPatient("inbox"),
  approve: asPatient("approve"),
  deny: asPatient("deny"),
  withdraw: asPatient("withdraw"),
  revoke: asPatient("revoke"),
  setLimit: asPatient("setLimit"),
  ask: asDoctor("ask"),
  asked: asDoctor("asked"),
  open: asDoctor("open"),
  acknowledge: asDoctor("acknowledge"),
});
export type Device = typeof device;
expose(device);
