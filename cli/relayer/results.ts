/** What `medex relayer` prints with `--json`. */
import { z } from "zod";
import { count, integer } from "../output/json-types.ts";

export const statusResult = z.strictObject({
  jobs: z.array(z.strictObject({ kind: z.string(), state: z.string(), code: z.string().nullable(), count: count })),
  pausedLanes: z.array(z.strictObject({ from: z.string(), to: z.string(), since: z.string() })),
});
export const jobsResult = z.array(
  z.strictObject({
    key: z.string(),
    kind: z.string(),
    chainId: z.string(),
    requestId: z.string(),
    state: z.enum(["pending", "held", "done", "parked"]),
    attempts: count,
    code: z.string().nullable(),
    reason: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);
/** Of `retry` and `park`. */
export const outcomesResult = z.array(
  z.strictObject({ key: z.string(), done: z.boolean().describe("false: it was in another state") }),
);
/** Of `pause` and `resume`. */
export const laneResult = z.strictObject({ from: integer, to: integer, state: z.enum(["paused", "open"]) });
