/** The JSON of `medex record …`. */
import { FHIR_RELEASES } from "@medexchain/sfe";
import { z } from "zod";
import { chainName, digits, hex32, timings, transactionHash } from "../output/json-types.ts";
import { FORMATS } from "./formats.ts";

const maxAccessCount = { description: "how often one requester may be granted access" };

export const recordPublishOutput = z.object({
  recordId: hex32,
  format: z.enum(Object.values(FORMATS)),
  pieces: z.int().meta({ description: "parts into which a long record was cut" }),
  features: z.object({ public: z.int(), private: z.int() }),
  capsule: hex32,
  publicFragment: hex32,
  privateFragment: hex32,
  sizes: z
    .object({ document: z.int(), capsule: z.int(), publicFragment: z.int(), privateFragment: z.int() })
    .meta({ description: "in bytes" }),
  timings: timings("bfv", "capsule", "store", "anchor"),
  transactionHash,
  maxAccessCount: z.int().meta(maxAccessCount),
  name: z.string().meta({ description: "what the record is called in this vault" }),
  publishedBefore: z.array(hex32).meta({ description: "active records that were made of the same file" }),
});

const part = (what: string) =>
  z
    .object({
      features: z.int(),
      bytes: z.int(),
      places: z.array(z.string()).meta({ description: "where the first of them are, without positions, each once" }),
    })
    .meta({ description: what });

export const recordPreviewOutput = z.object({
  format: z.enum(Object.values(FORMATS)),
  release: z.enum(FHIR_RELEASES).exactOptional().meta({ description: "of FHIR, that the record is of" }),
  hints: z.array(z.string()).meta({ description: "how the file is taken, and what would suit it better" }),
  pieces: z.int().meta({ description: "parts into which a long record is cut" }),
  sizes: z
    .object({ document: z.int(), heads: z.int() })
    .meta({ description: "in bytes; heads is the record's structure, as it is put in the capsule" }),
  public: part("what every requester who is granted access to any part reads"),
  private: part("what the owner chooses anew for each requester"),
  numbers: z.object({ measured: z.int(), withSlots: z.int() }).meta({
    description: "measured numbers, or those asked for; those with slots can be computed on, the others are text",
  }),
  approval: z
    .object({
      bytes: z.int(),
      blocks: z.int(),
      boxes: z.int(),
      encryptionSeconds: z.int(),
      workSeconds: z.int(),
    })
    .meta({
      description:
        "what approving all of it takes, roughly: bytes that are sent, blocks on the Tangle, boxes on IPFS, seconds to encrypt and store, and of proof of work at a score of 1,500",
    }),
});

/** What a chain holds of a record. */
const facts = {
  owner: hex32,
  status: z.enum(["none", "active", "revoked", "unknown"]),
  maxAccessCount: digits.meta(maxAccessCount),
  anchoredAt: digits.meta({ description: "the number of the block in which it was anchored" }),
};

export const recordListOutput = z.array(
  z.object({
    recordId: hex32,
    name: z.string().exactOptional().meta({ description: "what it is called in this vault" }),
    file: z.string().exactOptional().meta({ description: "the name of the file that was published" }),
    title: z.string().exactOptional().meta({ description: "that the record gives itself" }),
    publishedAt: z.int().exactOptional().meta({ description: "Unix seconds, by this machine's clock" }),
    ...facts,
    privateFragmentHere: z.boolean().meta({ description: "whether its private part is on this machine" }),
  }),
);

export const recordShowOutput = z.object({
  recordId: hex32,
  chain: chainName,
  ...facts,
  currentVersion: hex32.meta({ description: "the record's latest version: itself, unless it was given new keys" }),
});

export const recordNameOutput = z.object({ recordId: hex32, name: z.string() });

export const recordRekeyOutput = z.object({
  recordId: hex32.meta({ description: "of the new version" }),
  replaced: hex32.meta({ description: "the version that it replaces, and that is revoked" }),
  pieces: z.int().meta({ description: "parts into which a long record was cut" }),
  features: z.object({ public: z.int(), private: z.int() }),
  transactionHash: transactionHash.exactOptional(),
});

/** Of `revoke` and `limit`: the record as it is now. */
export const recordChangeOutput = z.object({ recordId: hex32, ...facts, transactionHash });
