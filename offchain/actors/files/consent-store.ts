import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  bytesOf,
  decodeObject,
  encodeObject,
  fromHex32,
  type Hex32,
  MedexError,
  openXChaCha,
  sealXChaCha,
} from "@medexchain/core";
import { removeAbandoned, writeFileDurably } from "@medexchain/core/durable-file";
import type { ConsentedData } from "@medexchain/fhir";
import { z } from "zod";
import type { KeptConsent } from "../answer-requests.ts";

/** Bytes of a file, above any Consent that is read; and files that are read. */
const MAX_BYTES = 512 * 1024;
const MAX_FILES = 10_000;
const FORM = /^([0-9a-f]{64})\.consent$/;

const names = z.array(z.string());
const schema = z.strictObject({
  v: z.literal(1),
  salt: bytesOf(32),
  document: z.instanceof(Uint8Array),
  data: z.strictObject({
    records: z.array(z.string().regex(/^0x[0-9a-f]{64}$/)),
    resources: names,
    types: names,
    labels: names,
    codes: names,
  }),
});

/** What an owner's device keeps of the consents that it gave, sealed: which data is sensitive says much about a patient. Wipe it with `using`. */
export interface ConsentStore extends Disposable {
  put(consentId: Hex32, kept: KeptConsent): Promise<void>;
  /** By their ids. What of them cannot be read is told of by its path, and left out. */
  list(): Promise<{ consents: Map<Hex32, KeptConsent>; damaged: string[] }>;
}

/**
 * Opens a store. Its folder is made with the first consent.
 *
 * @param key 32 bytes, see `consentKeyOf`; wiped on disposal
 */
export function openConsentStore(folder: string, key: Uint8Array): ConsentStore {
  const fileOf = (consentId: Hex32) => join(folder, `${consentId.slice(2)}.consent`);
  return {
    async put(consentId, { salt, document, data }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeAbandoned(folder);
      const plaintext = encodeObject({ v: 1, salt, document, data: { ...data } });
      await writeFileDurably(fileOf(consentId), sealXChaCha(key, plaintext, fromHex32(consentId)));
    },
    async list() {
      const consents = new Map<Hex32, KeptConsent>();
      const damaged: string[] = [];
      for (const file of (await filesIn(folder)).slice(0, MAX_FILES)) {
        const [, digits] = FORM.exec(file) ?? [];
        if (digits === undefined) continue;
        const kept = await read(fileOf(`0x${digits}`), key, `0x${digits}`);
        if (kept === undefined) damaged.push(join(folder, file));
        else consents.set(`0x${digits}`, kept);
      }
      return { consents, damaged };
    },
    [Symbol.dispose]: () => void key.fill(0),
  };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw new MedexError("CONFIG_INVALID", `the consents in ${folder} cannot be read; check its permissions`, {
      cause,
    });
  }
}

async function read(path: string, key: Uint8Array, consentId: Hex32): Promise<KeptConsent | undefined> {
  if ((await stat(path)).size > MAX_BYTES) return undefined;
  const opened = openXChaCha(key, new Uint8Array(await readFile(path)), fromHex32(consentId));
  if (opened === undefined) return undefined;
  try {
    const { salt, document, data } = decodeObject(opened, schema, "the consent", "INPUT_INVALID");
    return { salt, document, data: data as ConsentedData }; // the records' ids were just matched
  } catch (error) {
    if (MedexError.is(error)) return undefined; // told of as damaged
    throw error;
  }
}
