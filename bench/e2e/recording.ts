/** What this process does with its processor time: a sampling profile of its main thread, and the times of all its threads. */
import { Session } from "node:inspector";
import { z } from "zod";
import { type ThreadTimes, threadTimes } from "./thread-times.ts";

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).default([]),
    }),
  ),
  /** Microseconds, of a clock of its own. */
  startTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

export const recordingSchema = z.object({
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  profile: profileSchema,
  threads: z.array(z.object({ at: z.number(), times: z.record(z.string(), z.number()) })),
});
export type Recording = z.infer<typeof recordingSchema>;

const SAMPLE_MS = 250;
/** Of the profile; at V8's own default of one, sampling takes a tenth of the time. */
const PROFILE_INTERVAL_US = 2_000;

/** Starts to record. Ending it is synchronous, so that a process can do it as it exits. */
export function startRecording(): { end(): Recording } {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
  // Before: starting takes a while where much code is loaded, and the profile's clock starts with it.
  const startedAt = Date.now();
  session.post("Profiler.start");
  const threads: { at: number; times: ThreadTimes }[] = [];
  const sample = () => threads.push({ at: Date.now(), times: threadTimes() });
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  timer.unref();
  return {
    end: () => {
      clearInterval(timer);
      sample();
      let profile: unknown;
      session.post("Profiler.stop", (error, answer) => {
        profile = error === null ? answer.profile : undefined;
      });
      session.disconnect();
      return recordingSchema.parse({ startedAt, profile, threads });
    },
  };
}
