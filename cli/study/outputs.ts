/** The JSON of `medex study …`. */

import { STUDY_STATE_NAMES } from "@medexchain/chain";
import { z } from "zod";
import { address, chainName, hex32, transactionHash } from "../output/json-types.ts";

const epsilonMilli = z.int().meta({ description: "thousandths of ε" });
const figures = z.array(z.object({ name: z.string(), value: z.number(), error: z.number().nullable() })).meta({
  description: "each with how far the noise may have moved it in 95 of 100 cases; null where it may be anything",
});
const matching = z.object({ value: z.number(), error: z.number().nullable(), minimum: z.int() }).meta({
  description: "patients who match the filter, by the released count; with fewer than minimum there are no figures",
});
const state = z.enum(STUDY_STATE_NAMES);

export const studyProposeOutput = z.object({ studyId: hex32, chain: chainName, transactionHash });

export const studyApproveOutput = z.object({
  studyId: hex32,
  step: z.enum(["committed", "shared"]).meta({ description: "committed to the key share, or published it" }),
  transactionHash: transactionHash.exactOptional(),
});

export const studyLimitOutput = z.object({ hospitalId: hex32, studies: z.int(), epsilonMilli, transactionHash });

export const studyJoinOutput = z.object({
  studyId: hex32,
  input: hex32.meta({ description: "digest of the encrypted values" }),
  publishFrom: z.int().meta({ description: "Unix seconds from which medex study publish is to be run" }),
  transactionHash,
});

export const studyPublishOutput = z.object({ studyId: hex32 });
export const studyWithdrawOutput = z.object({ studyId: hex32, transactionHash });

export const studyComputeOutput = z.object({
  studyId: hex32,
  sum: hex32,
  count: z.int().meta({ description: "patients in the sum" }),
  lacking: z
    .array(z.object({ patient: hex32, reason: z.string() }))
    .meta({ description: "patients who are not in it" }),
  transactionHash,
});

export const studyReleaseOutput = z.object({
  studyId: hex32,
  step: z
    .enum(["checked", "decrypted", "released"])
    .meta({ description: "a key holder verified the sum, or decrypted its part; or the result" }),
  count: z.int().exactOptional(),
  matching: matching.exactOptional(),
  figures: figures.exactOptional(),
  transactionHash: transactionHash.exactOptional(),
});

const standing = {
  studyId: hex32,
  title: z.string(),
  state,
  statistic: z.string(),
  cohort: z.int().meta({ description: "patients who take part" }),
  minimumCohort: z.int(),
  epsilonMilli,
  joinEnd: z.int().meta({ description: "Unix seconds" }),
  end: z.int().meta({ description: "Unix seconds" }),
};
export const studyListOutput = z.array(z.object(standing));

export const studyVerifyOutput = z.object({
  studies: z.int(),
  released: z.int().meta({ description: "of which there is a result" }),
  patients: z.int().meta({ description: "in the released sums" }),
  findings: z
    .array(z.object({ studyId: hex32.exactOptional(), what: z.string() }))
    .meta({ description: "what must not be; none where all is right" }),
});

export const studyShowOutput = z.object({
  ...standing,
  holders: z.array(hex32),
  computeNode: address,
  columns: z.array(
    z.object({
      name: z.string(),
      code: z.string().meta({ description: "LOINC" }),
      unit: z.string().exactOptional().meta({ description: "UCUM; of a column of numbers, as min and max" }),
      min: z.string().exactOptional(),
      max: z.string().exactOptional(),
      system: z.string().exactOptional().meta({ description: "of a column of codes, as codes" }),
      codes: z.array(z.string()).exactOptional(),
    }),
  ),
  filter: z.string().exactOptional().meta({ description: "whose values the statistic is of, in words" }),
  count: z.int().exactOptional().meta({ description: "patients in the result" }),
  matching: matching.exactOptional(),
  figures: figures.exactOptional(),
});
