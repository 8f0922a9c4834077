/** `/v1/admin/…`: administration over HTTP, for whoever knows the token. */
import { timingSafeEqual } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { JOB_STATES } from "../database/jobs.ts";
import type { Administration } from "./administration.ts";

const chainId = z.coerce.bigint().positive();
export const CALLS = {
  status: z.strictObject({}),
  jobs: z.strictObject({ state: z.enum(JOB_STATES), limit: z.number().int().min(1).max(1_000) }),
  retry: z.strictObject({ key: z.string().max(200) }),
  park: z.strictObject({ key: z.string().max(200), reason: z.string().min(1).max(200) }),
  pause: z.strictObject({ from: chainId, to: chainId }),
  resume: z.strictObject({ from: chainId, to: chainId }),
} as const;

/** Adds the routes. Without the right token every one of them answers 401. */
export function addAdministration(server: FastifyInstance, administration: Administration, token: string): void {
  const expected = sha256(utf8ToBytes(`Bearer ${token}`));
  // Compared as digests: equal length, and in a time that does not depend on where they differ.
  const isAllowed = (given = ""): boolean => timingSafeEqual(sha256(utf8ToBytes(given)), expected);
  const route = <T>(name: string, schema: z.ZodType<T>, run: (input: T) => Promise<unknown>) => {
    server.post(`/v1/admin/${name}`, async (request, reply) => {
      if (!isAllowed(request.headers.authorization)) return reply.code(401).send({ error: "wrong or missing token" });
      const input = schema.safeParse(request.body ?? {});
      if (!input.success) return reply.code(400).send({ error: `${name}: ${input.error.issues[0]?.message}` });
      return reply.send({ result: (await run(input.data)) ?? null });
    });
  };
  route("status", CALLS.status, () => administration.status());
  route("jobs", CALLS.jobs, ({ state, limit }) => administration.jobs(state, limit));
  route("retry", CALLS.retry, ({ key }) => administration.retry(key));
  route("park", CALLS.park, ({ key, reason }) => administration.park(key, reason));
  route("pause", CALLS.pause, ({ from, to }) => administration.pause(from, to));
  route("resume", CALLS.resume, ({ from, to }) => administration.resume(from, to));
}
