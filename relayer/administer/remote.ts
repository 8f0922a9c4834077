import { MedexError, toJson } from "@medexchain/core";
import { z } from "zod";
import { type Administration, jobRowSchema, statusSchema } from "./administration.ts";

const TIMEOUT_MS = 10_000;

/**
 * Administers a relayer that runs, over its HTTP.
 *
 * @throws (each call) SERVICE_UNREACHABLE, SERVICE_PROTOCOL, CONFIG_INVALID when the token is not the relayer's
 */
export function administerRemotely(url: string, token: string): Administration {
  const call = async <T>(name: string, input: object, schema: z.ZodType<T>): Promise<T> => {
    const answer = await fetch(new URL(`/v1/admin/${name}`, url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: toJson(input),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new MedexError("SERVICE_UNREACHABLE", `the relayer does not answer at ${url}; is it running?`, { cause });
    });
    if (answer.status === 401) {
      throw new MedexError("CONFIG_INVALID", `the relayer at ${url} refuses this token; give both the same`);
    }
    const parsed = z.object({ result: schema }).safeParse(await answer.json().catch(() => undefined));
    if (answer.ok && parsed.success) return parsed.data.result;
    throw new MedexError(
      "SERVICE_PROTOCOL",
      `the relayer at ${url} answers ${name} with ${answer.status}; does it run this version?`,
    );
  };
  return {
    status: () => call("status", {}, statusSchema),
    jobs: (state, limit) => call("jobs", { state, limit }, z.array(jobRowSchema)),
    retry: (key) => call("retry", { key }, z.boolean()),
    park: (key, reason) => call("park", { key, reason }, z.boolean()),
    pause: async (from, to) => {
      await call("pause", { from, to }, z.null());
    },
    resume: (from, to) => call("resume", { from, to }, z.boolean()),
  };
}
