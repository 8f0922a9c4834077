/**
 * Serves the app to browsers of this machine. The page talks to this server alone, which hands its calls on: so nodes need no rules for
 * other origins, and the page's content security policy can forbid all else.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline, type Readable, Transform } from "node:stream";
import replyFrom from "@fastify/reply-from";
import fastifyStatic from "@fastify/static";
import { MedexError } from "@medexchain/core";
import { packageRoot } from "@medexchain/devnet/package-root";
import fastify, { errorCodes, type FastifyInstance, type FastifyRequest } from "fastify";
import type { AppNetwork } from "./network.ts";
import { addNodes } from "./nodes.ts";
import { addStaff, type StaffAccess } from "./staff/routes.ts";

/** Enrols an account, on development networks. */
export type FrontDesk = (enrolment: {
  readonly hospital: string;
  readonly pseudonym: string;
  readonly account: string;
}) => Promise<void>;

export interface AppOptions {
  readonly network: AppNetwork;
  readonly host: string;
  /** 0 for one that the system chooses. */
  readonly port: number;
  readonly desk?: FrontDesk;
  /** Of hospitals whose staff uses the app. */
  readonly staff?: readonly StaffAccess[];
}

export interface RunningApp {
  readonly url: string;
  close(): Promise<void>;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** Of a call that is handed on: a fragment of a record to IPFS is the longest. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const UPSTREAM_TIMEOUT_MS = 120_000;

/** @throws CONFIG_INVALID when there is no app, or the port is taken */
export async function startApp({ network, host, port, desk, staff = [] }: AppOptions): Promise<RunningApp> {
  const root = builtApp();
  const server = fastify({ bodyLimit: MAX_BODY_BYTES, routerOptions: { maxParamLength: 512 } });
  server.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    // Another site's page in the same browser must not use the nodes, whatever it has its name resolve to.
    if (!isOwn(request)) return reply.code(403).send({ error: "this server answers its own pages only" });
  });
  // Bodies are handed on as they are.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", ({ headers }, payload, done) => {
    if (Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES) done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    else done(null, upTo(MAX_BODY_BYTES, payload));
  });
  await server.register(replyFrom, {
    undici: { bodyTimeout: UPSTREAM_TIMEOUT_MS, headersTimeout: UPSTREAM_TIMEOUT_MS },
  });
  await server.register(fastifyStatic, { root, index: "index.html" });
  server.get("/network.json", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    return { ...network.facts, desk: desk !== undefined };
  });
  await addNodes(server, network);
  if (desk) await addDesk(server, desk);
  if (staff.length > 0) await addStaff(server, staff);
  try {
    const { port: taken } = new URL(await server.listen({ host, port }));
    // By name, as passkeys are of a name: browsers have none for an address.
    return { url: `http://localhost:${taken}`, close: () => server.close() };
  } catch (cause) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the app cannot listen on port ${port} of ${host}; choose another with --port`,
      { cause },
    );
  }
}

/** A body as it comes; both it and what it is handed on to break off where it is longer. */
function upTo(most: number, body: Readable): Readable {
  let length = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > most) done(new Error(`a body of more than ${most} bytes`));
      else done(null, chunk);
    },
  });
  return pipeline(body, counted, () => undefined); // whoever reads it sees the error
}

/** The folder of the built app. In the repository it is built where it is missing; installed packages have it. */
function builtApp(): string {
  const root = join(packageRoot(), "dist/app");
  if (existsSync(join(root, "index.html"))) return root;
  const vite = join(packageRoot(), "node_modules/vite/bin/vite.js");
  if (!existsSync(vite)) throw new MedexError("CONFIG_INVALID", `there is no app in ${root}: reinstall medexchain`);
  execFileSync(process.execPath, [vite, "build", "web", "--logLevel", "error"], {
    cwd: packageRoot(),
    stdio: ["ignore", "ignore", "inherit"],
  });
  return root;
}

/** By the host that the browser asked for, and the origin of the page that asked, where it says so (Fetch, RFC 6454). */
function isOwn({ headers, socket }: FastifyRequest): boolean {
  const own = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${socket.localPort}`);
  if (!own.includes(headers.host ?? "")) return false;
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return false;
  return ["same-origin", "none", undefined].includes(headers["sec-fetch-site"]?.toString());
}

const ENROLMENT = {
  type: "object",
  required: ["hospital", "pseudonym", "account"],
  additionalProperties: false,
  properties: {
    hospital: { type: "string", minLength: 1, maxLength: 256 },
    pseudonym: { type: "string", minLength: 1, maxLength: 64 },
    account: { type: "string", pattern: "^0x[0-9a-fA-F]{40}$" },
  },
} as const;

async function addDesk(server: FastifyInstance, desk: FrontDesk): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "string", bodyLimit: 4096 },
      scope.getDefaultJsonParser("error", "error"),
    );
    scope.post<{ Body: Parameters<FrontDesk>[0] }>(
      "/desk/enrol",
      { schema: { body: ENROLMENT } },
      async (request, reply) => {
        try {
          await desk(request.body);
        } catch (error) {
          if (!MedexError.is(error)) throw error;
          // 409 says that nobody was enrolled: the page gives the account up.
          return reply.code(error.retriable ? 503 : 409).send({ error: error.message });
        }
        return reply.code(204).send();
      },
    );
  });
}
