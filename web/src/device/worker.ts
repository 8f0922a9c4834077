/** The thread that holds a person's secrets and computes: the page asks it, and gets what is to be shown. */
import { MedexError } from "@medexchain/core";
import { accountOf } from "@medexchain/vault/sealed-contents";
import { expose } from "comlink";
import { backUp, restore } from "./backups.ts";
import { type Database, type KeptPasskey, openDatabase, putDurably, vaultExists } from "./database.ts";
import { enrolAtDesk } from "./desk.ts";
import { openDoctor } from "./doctor.ts";
import { type Contents, createIdentity, placeIdentity, unlockIdentity } from "./identity.ts";
import { joinByInvite, viewInvite } from "./joining.ts";
import { openNames } from "./names.ts";
import { openNetwork } from "./network.ts";
import { openPatient } from "./patient.ts";
import { preview } from "./preview.ts";
import { type RunningCalls, runningCalls } from "./running-calls.ts";
import { told } from "./told.ts";
import { takeTurn } from "./turn.ts";

type Patient = ReturnType<typeof openPatient>;
type Doctor = Awaited<ReturnType<typeof openDoctor>>;

/** A person who is in, until the page is closed or locked. */
interface Session {
  readonly vault: string;
  readonly patient?: Patient;
  readonly doctor?: Doctor;
  readonly calls: RunningCalls;
  readonly endTurn: () => void;
}
let session: Session | undefined;
/** Vaults that are locked, and have calls that still run. */
const leaving = new Set<string>();

/** Wipes the secrets at once. The vault stays this tab's until what was begun has ended: another tab would take its account's turn. */
function lock(): void {
  if (session === undefined) return;
  const { vault, patient, doctor, calls, endTurn } = session;
  session = undefined;
  patient?.close();
  doctor?.close();
  leaving.add(vault);
  void calls.ended().then(() => {
    leaving.delete(vault);
    endTurn();
  });
}

/** What a patient, or a doctor, does once in. */
function asPatient<K extends keyof Patient>(name: K): Patient[K] {
  return whoeverIsIn((within) => within.patient?.[name]);
}
function asDoctor<K extends keyof Doctor>(name: K): Doctor[K] {
  return whoeverIsIn((within) => within.doctor?.[name]);
}

function whoeverIsIn<F>(find: (within: Session) => F | undefined): F {
  const call = (...given: unknown[]): unknown => {
    const act = session && find(session);
    if (session && typeof act === "function") return session.calls.run(() => act(...given));
    throw new MedexError("DEVICE_LOCKED", "the app is locked, or another person is in: unlock it first");
  };
  return call as F; // it hands on what it is given
}

/** Does something with the vault of who is in. */
async function withVault<T>(act: (vault: string, database: Database) => Promise<T>): Promise<T> {
  if (session === undefined) throw new MedexError("DEVICE_LOCKED", "the app is locked: unlock it first");
  const { vault, calls } = session;
  return calls.run(async () => act(vault, await openDatabase()));
}

async function enter(vault: string, contents: Contents, passphrase: string) {
  const [database, network] = await Promise.all([openDatabase(), openNetwork()]);
  lock();
  const endTurn = await takeTurn(vault, leaving.has(vault));
  try {
    const identity = await placeIdentity(database, network, vault, contents, passphrase);
    const names = openNames(database, vault, contents.accountKey);
    const person =
      contents.role === "owner"
        ? { patient: openPatient(database, network, identity, names) }
        : { doctor: await openDoctor(network, identity, names) };
    session = { vault, ...person, calls: runningCalls(), endTurn };
    const { hospital, pseudonym } = identity.contents.membership;
    return { role: contents.role, vault, hospital, pseudonym, account: identity.account.address };
  } catch (error) {
    endTurn();
    throw error;
  }
}
export type Person = Awaited<ReturnType<typeof enter>>;

/** A vault for the account: a new one, or the one that was made by an attempt that broke off before the hospital had enrolled it. */
async function begin(role: Contents["role"], hospital: string, pseudonym: string, passphrase: string) {
  const database = await openDatabase();
  if ((await database.getKey("vaults", pseudonym)) === undefined) {
    const contents = await createIdentity(database, pseudonym, role, { hospital, pseudonym }, passphrase);
    return { contents, isNew: true };
  }
  const contents = await unlockIdentity(database, pseudonym, passphrase).catch((error: unknown) => {
    throw MedexError.is(error, "VAULT_PASSPHRASE_WRONG") ? vaultExists(pseudonym) : error;
  });
  if (contents.role !== role || contents.membership?.hospital !== hospital) throw vaultExists(pseudonym);
  return { contents, isNew: false };
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
   * Makes an account, or goes on with one whose making broke off. Where there is a front desk, it enrols the account, and the person is in;
   * else the hospital must, by the address that is returned.
   */
  async create(role: Contents["role"], hospital: string, pseudonym: string, passphrase: string) {
    const { facts } = await openNetwork();
    const { contents, isNew } = await begin(role, hospital, pseudonym, passphrase);
    const account = accountOf(contents) ?? "";
    if (!facts.desk) return { account };
    const isEnrolled = await enrolAtDesk({ hospital, pseudonym, account });
    if (!isEnrolled && isNew) {
      await (await openDatabase()).delete("vaults", pseudonym); // of an account that is nobody's
      throw new MedexError(
        "CERTIFICATE_INVALID",
        `the front desk of ${hospital} did not enrol "${pseudonym}": choose another name`,
      );
    }
    // One that was begun before may be enrolled already.
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
  backUp: (passphrase: string): Promise<Blob> => withVault((vault, database) => backUp(database, vault, passphrase)),
  restore: async (file: File, passphrase: string): Promise<string> => restore(await openDatabase(), file, passphrase),
  /** That the passphrase is that of who is in. */
  requirePassphrase: (passphrase: string): Promise<void> =>
    withVault(async (vault, database) => void (await unlockIdentity(database, vault, passphrase))),
  keepPasskey: (passkey: KeptPasskey): Promise<void> =>
    withVault((vault, database) => putDurably(database, "passkeys", vault, passkey)),
  removePasskey: (): Promise<void> => withVault((vault, database) => database.delete("passkeys", vault)),
  hasPasskey: (): Promise<boolean> =>
    withVault(async (vault, database) => (await database.getKey("passkeys", vault)) !== undefined),
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
  studies: asPatient("studies"),
  studyValues: asPatient("studyValues"),
  joinStudy: asPatient("joinStudy"),
  publishStudyInput: asPatient("publishStudyInput"),
  leaveStudy: asPatient("leaveStudy"),
  studyResult: asPatient("studyResult"),
  ask: asDoctor("ask"),
  asked: asDoctor("asked"),
  open: asDoctor("open"),
  acknowledge: asDoctor("acknowledge"),
});
export type Device = typeof device;
expose(device);
