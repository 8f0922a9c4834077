import { MedexError } from "@medexchain/core";
import fastify, { type FastifyError } from "fastify";
import type { Registry } from "prom-client";
import { z } from "zod";
import type { Administration } from "../administer/administration.ts";
import { addAdministration } from "../administer/routes.ts";
import type { RelayerConfig } from "../config/schema.ts";
import { hex32 } from "../database/columns.ts";
import type { Database } from "../database/database.ts";
import { type Failure, failureOf } from "../observe/failure.ts";
import { type Health, healthSchema } from "../observe/health.ts";
import { parseAttested, readAttestations } from "./attestations.ts";
import { readHistory } from "./history.ts";

const storage = z.string().nullable().describe("Why no work is taken; null when it is.");
export const healthAnswerSchema = healthSchema.extend({ storage });
export const readinessSchema = z.object({
  ready: z.boolean(),
  unreadChains: z.array(z.string()).describe("Ids of chains whose head was not read yet."),
  storage,
  waitsFor: z.array(z.string()).describe("Services that the relayer waits for, each with what is wrong."),
});
export const errorSchema = z.object({ error: z.string() });

export interface HttpOptions {
  readonly config: RelayerConfig["http"];
  readonly database: Database;
  /** Address of the relayer's account: whose attestations are told of. */
  readonly account: string;
  readonly registry: Registry;
  checkHealth(): Promise<Health>;
  readonly administration: Administration;
  /** Opens `/v1/admin`; without one there is none. */
  readonly adminToken?: string | undefined;
  /** What the start still waits for, in words. */
  waitsFor(): readonly string[];
  /** Why no work is taken, or undefined when it is. */
  storageFailure(): Failure | undefined;
}

/**
 * Serves `/healthz` and `/readyz` (200 or 503), `/metrics` (Prometheus), `/v1/requests/:id` (a request's history),
 * `/v1/attestations/:chainId/:requestId` (what this relayer attested, for its peers) and, where there is a token, `/v1/admin/…`. What it refuses it refuses with `errorSchema`, as `docs/openapi/relayer.json` says.
 *
 * @throws CONFIG_INVALID when the address cannot be listened on
 */
export async function startHttp(options: HttpOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { config, database, registry } = options;
  const server = fastify({ forceCloseConnections: true });

  server.get("/healthz", async (_request, reply) => {
    const health = await options.checkHealth();
    const failure = options.storageFailure();
    const waiting = options.waitsFor();
    const reasons = [...waiting, ...health.reasons, ...(failure ? [failure.message] : [])];
    const healthy = health.healthy && reasons.length === 0;
    return reply
      .code(healthy ? 200 : 503)
      .send({ ...health, healthy, reasons, storage: failure?.code ?? null } satisfies z.infer<
        typeof healthAnswerSchema
      >);
  });
  server.get("/readyz", async (_request, reply) => {
    const { headAgeMs, database: unreachable } = await options.checkHealth();
    const unread = Object.entries(headAgeMs).flatMap(([chainId, age]) => (age === null ? [chainId] : []));
    const storage = options.storageFailure()?.code ?? unreachable;
    const waitsFor = options.waitsFor();
    const ready = unread.length === 0 && storage === null && waitsFor.length === 0;
    const answer = { ready, unreadChains: unread, storage, waitsFor: [...waitsFor] } satisfies z.infer<
      typeof readinessSchema
    >;
    return reply.code(ready ? 200 : 503).send(answer);
  });
  server.get("/metrics", async (_request, reply) =>
    reply.header("content-type", registry.contentType).send(await registry.metrics()),
  );
  server.get<{ Params: { id: string } }>("/v1/requests/:id", async (request, reply) => {
    const id = hex32.safeParse(request.params.id.toLowerCase());
    if (!id.success) return reply.code(400).send({ error: "a request id is 0x and 64 hexadecimal digits" });
    const history = await readHistory(database, id.data);
    return history ? reply.send(history) : reply.code(404).send({ error: "no such request" });
  });
  server.get<{ Params: { chainId: string; requestId: string } }>(
    "/v1/attestations/:chainId/:requestId",
    async ({ params }, reply) => {
      const about = parseAttested(params);
      if (about) return reply.send(await readAttestations(database, options.account, about));
      return reply.code(400).send({ error: "give the id of a chain, and a request id: 0x and 64 hexadecimal digits" });
    },
  );
  if (options.adminToken !== undefined) addAdministration(server, options.administration, options.adminToken);
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "there is no such path" }));
  server.setErrorHandler<FastifyError>((error, _request, reply) => {
    // Fastify could not read the body; this comes before any route, and before its token is looked at.
    if (error.code?.startsWith("FST_ERR_CTP_")) {
      return reply.code(400).send({ error: "the body must be JSON of at most 1 MiB" });
    }
    const { code } = failureOf(error);
    return reply.code(500).send({ error: code });
  });

  try {
    const url = await server.listen({ host: config.host, port: config.port });
    return { url, close: () => server.close() };
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", `relayer http: cannot listen on ${config.host}:${config.port}`, { cause });
  }
}
