/** The JSON of `medex relayer …`. */
import { JOB_STATES } from "@medexchain/relayer";
import { z } from "zod";
import { address, digits } from "../output/json-types.ts";

const code = z.string().nullable().meta({ description: "of the last error" });

export const relayerStatusOutput = z.object({
  jobs: z.array(z.object({ kind: z.string(), state: z.string(), code, count: z.number() })),
  pausedLanes: z.array(z.object({ from: z.string(), to: z.string(), since: z.string() })),
});

export const relayerInitOutput = z.object({
  account: address.meta({ description: "for the chains' relayer manager to admit" }),
  configuration: z.string(),
  files: z.array(z.string()).meta({ description: "with the secrets" }),
});

export const relayerJobsOutput = z.array(
  z.object({
    key: z.string(),
    kind: z.string(),
    chainId: z.string(),
    requestId: z.string(),
    state: z.enum(JOB_STATES),
    attempts: z.number(),
    code,
    reason: z.string().nullable(),
    parkedBy: z.string().nullable().meta({ description: "refusal, poison or person, where it is parked" }),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);

/** Of `retry` and `park`: each job, and whether it was in a state in which that could be done. */
export const relayerOutcomesOutput = z.array(z.object({ key: z.string(), done: z.boolean() }));

/** Of `pause` and `resume`. */
export const relayerLaneOutput = z.object({ from: digits, to: digits, state: z.enum(["paused", "open"]) });
