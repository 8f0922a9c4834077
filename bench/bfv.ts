/** BFV on the example record's private fragment, by profile, beside the straightforward use of SEAL in bench/straightforward/. */

import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  bfvContext,
  decryptMoments,
  decryptTable,
  deriveByteKeys,
  encryptTable,
  generateKeys,
  linearScore,
  momentsOf,
  openDecryptor,
  openEncryptor,
  openSymmetricEncryptor,
  type PlainColumn,
  PROFILE_NAMES,
  PROFILES,
  type ProfileName,
  sumTables,
} from "@medexchain/bfv";
import { parseFhir, parsePolicy, selectPrivate, splitDocument } from "@medexchain/sfe";
import { bfvFeatures } from "../offchain/actors/bfv-features.ts";
import { encodePayload } from "../offchain/bfv/encoding.ts";
import { type Case, figureOf, type Measurement, measure } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";
import * as straightforward from "./straightforward/bfv.ts";

type Context = straightforward.StraightforwardContext;

/** Tables that a computation takes. */
const TABLES = 8;

const NOTES = [
  "The payload is the example record's private fragment, texts and numeric slots. All forms encrypt the same slots under the same " +
    "parameters, but for ours with the secret key, whose texts are in the smallest byte set that they fit. What each decrypts is compared before anything is timed.",
  "Stored: the owner's, with the secret key; sent: for a doctor, under a public key for bytes, without numbers, beside the same texts in slots of the profile.",
  "Straightforward: parameters and context made for each operation, keys and ciphertexts in SEAL's own serialised form (zstd). Making " +
    "a context (its own row) is most of that; 'context kept' is the same without it, and what serialisation and loading cost.",
  "Ours: context per process; once: the key is loaded for one fragment; kept: an encryptor or decryptor that holds it. Ours checks " +
    "every coefficient that it loads, and digests of payload and tables; the straightforward form leaves checks to SEAL.",
  `Computations take ${TABLES} tables of 13 numbers; the compact profile has no noise budget for products.`,
];

/** The example record's private features, as they are encrypted. */
function exampleFeatures() {
  const read = (file: string): Buffer => readFileSync(new URL(`../examples/${file}`, import.meta.url));
  const document = parseFhir(new Uint8Array(read("patient-record.json")));
  const policy = parsePolicy(read("policy.json").toString());
  const { head, privateFragment } = splitDocument(document, selectPrivate(document, policy.private));
  return [...bfvFeatures(head, privateFragment)];
}

const COLUMNS: readonly PlainColumn[] = Array.from({ length: 13 }, (_, i) => ({
  name: `attribute ${i}`,
  unit: "1",
  scale: 0,
  min: 0,
  max: 200,
  values: [`${(i * 37) % 200}`],
}));
const WEIGHTS = Object.fromEntries(COLUMNS.map(({ name }, i) => [name, (i - 6) / 10]));

interface ProfileReport {
  readonly measurements: Measurement[];
  readonly ratios: Record<string, number>;
  readonly watched: Record<string, number>;
  readonly sizes: Record<string, number>;
}

async function benchProfile(profile: ProfileName, quick: boolean, rounds: number): Promise<ProfileReport> {
  const parameters = PROFILES[profile];
  const bfv = await bfvContext(profile);
  const features = exampleFeatures();
  const slots = encodePayload(bfv, profile, features);
  const parts = [...slots.bytes, ...slots.numeric];

  const ours = await generateKeys(profile);
  using kept = await straightforward.openContext(parameters);
  const theirs = straightforward.generateKeys(kept);
  using encryptor = await openEncryptor(profile, ours.publicKey);
  using symmetric = await openSymmetricEncryptor(profile, ours.secretKey);
  using decryptor = await openDecryptor(profile, ours.secretKey);
  const byteKeys = await deriveByteKeys(ours.secretKey);
  using sender = await openEncryptor("bytes", byteKeys);
  using receiver = await openDecryptor("bytes", ours.secretKey);
  const sent = sender.encrypt(features);
  const theirSent = straightforward.encrypt(kept, theirs, slots.bytes, false);
  const eprf = encryptor.encrypt(features);
  const epuf = symmetric.encrypt(features);
  const theirEprf = straightforward.encrypt(kept, theirs, parts, false);
  const theirEpuf = straightforward.encrypt(kept, theirs, parts, true);
  for (const decrypted of [decryptor.decrypt(eprf), decryptor.decrypt(epuf), receiver.decrypt(sent)])
    deepStrictEqual(
      decrypted.map(({ value }) => value),
      features.map(({ value }) => value),
    );
  for (const file of [theirEprf, theirEpuf]) deepStrictEqual(straightforward.decrypt(kept, theirs, file), parts);

  const tables = await Promise.all(
    Array.from({ length: TABLES }, () => encryptTable(profile, ours.publicKey, COLUMNS)),
  );
  const tableSlots = [BigInt64Array.from({ length: bfv.degree }, (_, i) => BigInt(COLUMNS[i]?.values[0] ?? 0))];
  const theirTables = tables.map(() => straightforward.encrypt(kept, theirs, tableSlots, false));
  const [total] = straightforward.decrypt(kept, theirs, straightforward.sum(kept, theirTables));
  const totals = await decryptTable(ours.secretKey, await sumTables(tables));
  deepStrictEqual(
    totals.map(({ integers }) => integers[0]),
    [...(total ?? []).slice(0, COLUMNS.length)],
  );

  /** What an operation is in each form; `kept` where ours has one that keeps the key. */
  const operations: Record<string, { once: Case; kept?: Case; theirs: (context: Context) => unknown }> = {
    keys: { once: () => generateKeys(profile), theirs: (context) => straightforward.generateKeys(context) },
    encrypt: {
      once: async () => {
        using once = await openEncryptor(profile, ours.publicKey);
        once.encrypt(features);
      },
      kept: () => encryptor.encrypt(features),
      theirs: (context) => straightforward.encrypt(context, theirs, parts, false),
    },
    "encrypt symmetric": {
      once: async () => {
        using once = await openSymmetricEncryptor(profile, ours.secretKey);
        once.encrypt(features);
      },
      kept: () => symmetric.encrypt(features),
      theirs: (context) => straightforward.encrypt(context, theirs, parts, true),
    },
    decrypt: {
      once: async () => {
        using once = await openDecryptor(profile, ours.secretKey);
        once.decrypt(eprf);
      },
      kept: () => decryptor.decrypt(eprf),
      theirs: (context) => straightforward.decrypt(context, theirs, theirEprf),
    },
    "decrypt what is stored": {
      once: async () => {
        using once = await openDecryptor(profile, ours.secretKey);
        once.decrypt(epuf);
      },
      kept: () => decryptor.decrypt(epuf),
      theirs: (context) => straightforward.decrypt(context, theirs, theirEpuf),
    },
    "encrypt to send": {
      once: async () => {
        using once = await openEncryptor("bytes", byteKeys);
        once.encrypt(features);
      },
      kept: () => sender.encrypt(features),
      theirs: (context) => straightforward.encrypt(context, theirs, slots.bytes, false),
    },
    "decrypt what is sent": {
      once: async () => {
        using once = await openDecryptor("bytes", ours.secretKey);
        once.decrypt(sent);
      },
      kept: () => receiver.decrypt(sent),
      theirs: (context) => straightforward.decrypt(context, theirs, theirSent),
    },
    [`sum of ${TABLES}`]: {
      once: () => sumTables(tables),
      theirs: (context) => straightforward.sum(context, theirTables),
    },
  };
  const cases: Record<string, Case> = {};
  // Making a context takes most of the time and is watched by nothing.
  const makesContexts = !quick;
  if (makesContexts) {
    cases[`${profile} context: straightforward`] = async () => {
      using _context = await straightforward.openContext(parameters);
    };
  }
  for (const [operation, { once, kept: keeping, theirs: other }] of Object.entries(operations)) {
    const name = `${profile} ${operation}`;
    cases[`${name}: ours, once`] = once;
    if (keeping !== undefined) cases[`${name}: ours, kept`] = keeping;
    if (makesContexts) {
      cases[`${name}: straightforward`] = async () => {
        using context = await straightforward.openContext(parameters);
        other(context);
      };
    }
    cases[`${name}: straightforward, context kept`] = () => other(kept);
  }
  if (profile !== "compact") {
    // Squares of eight tables do not fit the default profile's slots.
    const squared = profile === "compute" ? tables : tables.slice(0, 1);
    const moments = await momentsOf(squared);
    cases[`${profile} moments of ${squared.length}`] = () => momentsOf(squared);
    cases[`${profile} decrypt moments of ${squared.length}`] = () => decryptMoments(ours.secretKey, moments);
    for (const table of tables.slice(0, 1)) {
      cases[`${profile} linear score`] = () => linearScore(table, { weights: WEIGHTS });
    }
  }

  const measurements = await measure(cases, rounds);
  const time = (name: string): number => figureOf(measurements, name, "cpu");
  const ratios: Record<string, number> = {};
  const watched: Record<string, number> = {};
  for (const [operation, { kept: keeping }] of Object.entries(operations)) {
    const name = `${profile} ${operation}`;
    const best = keeping === undefined ? "once" : "kept";
    if (makesContexts) ratios[`${name}, once`] = time(`${name}: straightforward`) / time(`${name}: ours, once`);
    if (makesContexts && keeping !== undefined)
      ratios[`${name}, kept`] = time(`${name}: straightforward`) / time(`${name}: ours, kept`);
    watched[`${name}, ${best}, to context kept`] =
      time(`${name}: straightforward, context kept`) / time(`${name}: ours, ${best}`);
  }
  const totalLength = (files: readonly Uint8Array[]): number => files.reduce((sum, { length }) => sum + length, 0);
  return {
    measurements,
    ratios,
    watched,
    sizes: {
      [`${profile} public key: ours`]: ours.publicKey.length,
      [`${profile} public key: straightforward`]: theirs.publicKey.length,
      [`${profile} secret key: ours`]: ours.secretKey.length,
      [`${profile} secret key: straightforward`]: theirs.secretKey.length,
      [`${profile} encrypted: ours`]: eprf.length,
      [`${profile} encrypted: straightforward`]: totalLength(theirEprf),
      [`${profile} encrypted symmetric: ours`]: epuf.length,
      [`${profile} encrypted symmetric: straightforward`]: totalLength(theirEpuf),
      [`${profile} encrypted to send: ours`]: sent.length,
      [`${profile} encrypted to send: straightforward`]: totalLength(theirSent),
      [`${profile} public key for bytes: ours`]: byteKeys.length,
    },
  };
}

/** Benchmarks BFV. */
export async function benchBfv({ quick, rounds = quick ? 25 : 60 }: RunOptions): Promise<Report> {
  const reports: ProfileReport[] = [];
  for (const profile of PROFILE_NAMES) reports.push(await benchProfile(profile, quick, rounds));
  return {
    title: "BFV, by profile",
    measurements: reports.flatMap(({ measurements }) => measurements),
    ratios: Object.assign({}, ...reports.map(({ ratios }) => ratios)),
    watched: Object.assign({}, ...reports.map(({ watched }) => watched)),
    sizes: Object.assign({}, ...reports.map(({ sizes }) => sizes)),
    notes: NOTES,
  };
}
