/** A FHIR server (R4, JSON), read only, over what a doctor was granted: for a viewer or an EHR on the same machine. */
import { createHash, timingSafeEqual } from "node:crypto";
import { MedexError } from "@medexchain/core";
import {
  capabilityStatement,
  everythingOf,
  FHIR_JSON,
  type GrantedIndex,
  type Resource,
  search,
  searchset,
  stringifyResource,
} from "@medexchain/fhir";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";

const PAGE = 100;
const MAX_PAGE = 1_000;
/** Of a request: nothing is sent here but a query. */
const MAX_BODY_BYTES = 1_024;
const TIMEOUT_MS = 10_000;

export interface FacadeOptions {
  readonly index: GrantedIndex;
  /** Asked of every caller but for the CapabilityStatement. */
  readonly token: string;
  /** Of `medexchain`, for the CapabilityStatement. */
  readonly version: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface Facade {
  /** The base. */
  readonly url: string;
  close(): Promise<void>;
}

/** An answer that is an error. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  /** @param code of FHIR's issue types */
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Serves on loopback. A page in a browser cannot read it: no other origin is allowed, and a name that was made to lead here is refused.
 *
 * @throws CONFIG_INVALID when the port is taken
 */
export async function startFacade({ index, token, version, port }: FacadeOptions): Promise<Facade> {
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const started = new Date();
  let url = "";
  server.addHook("onRequest", async (request) => {
    if (!isHere(request.headers.host))
      throw new Refusal(421, "security", "this server answers to its own address only");
    if (request.url.split("?")[0] === "/metadata") return;
    if (!isToken(request.headers.authorization, token)) {
      throw new Refusal(
        401,
        "login",
        "send the token of the file that medex fhir serve names, as Authorization: Bearer",
      );
    }
  });
  server.setNotFoundHandler((request, reply) => {
    const isRead = request.method === "GET";
    return refuse(reply, isRead ? 404 : 405, "not-supported", isRead ? "nothing is here" : "this server is read only");
  });
  server.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refusal) return refuse(reply, error.status, error.code, error.message);
    if (MedexError.is(error, "INPUT_INVALID")) return refuse(reply, 400, "not-supported", error.message);
    return refuse(reply, 500, "exception", "the request could not be answered");
  });
  addRoutes(server, index, {
    base: () => url,
    metadata: () => capabilityStatement(index, url, version, started),
  });
  try {
    url = await server.listen({ host: "127.0.0.1", port });
  } catch (cause) {
    await server.close();
    throw new MedexError("CONFIG_INVALID", `port ${port} of this machine cannot be had; choose another with --port`, {
      cause,
    });
  }
  return { url, close: () => server.close() };
}

interface Place {
  readonly base: () => string;
  readonly metadata: () => Resource;
}

function addRoutes(server: FastifyInstance, index: GrantedIndex, { base, metadata }: Place): void {
  const requireType = (type: string) => {
    if (!index.types.has(type)) throw new Refusal(404, "not-found", `nothing of the type ${type} was granted`);
  };
  server.get("/metadata", (_request, reply) => send(reply, metadata()));
  server.get<{ Params: { type: string } }>("/:type", (request, reply) => {
    const { type } = request.params;
    requireType(type);
    const { parameters, count, offset } = readQuery(request);
    return send(reply, pageOf(search(index, type, parameters), { path: type, parameters, count, offset }, base()));
  });
  server.get<{ Params: { type: string; id: string } }>("/:type/:id", (request, reply) => {
    const { type, id } = request.params;
    readQuery(request);
    const found = index.find(type, id);
    if (found === undefined) throw new Refusal(404, "not-found", `no ${type} with this id was granted`);
    return send(reply, found);
  });
  server.get<{ Params: { id: string } }>("/Patient/:id/$everything", (request, reply) => {
    const { parameters, count, offset } = readQuery(request);
    const [unknown] = parameters;
    if (unknown !== undefined)
      throw new Refusal(400, "not-supported", `$everything takes no parameter ${unknown[0]} here`);
    const found = everythingOf(index, request.params.id);
    if (found === undefined) throw new Refusal(404, "not-found", "no Patient with this id was granted");
    const path = `Patient/${request.params.id}/$everything`;
    return send(reply, pageOf(found, { path, parameters, count, offset }, base()));
  });
}

interface Query {
  readonly parameters: readonly (readonly [string, string])[];
  readonly count: number;
  readonly offset: number;
}

/** What is asked for, without the parameters of the page and of the format. */
function readQuery(request: FastifyRequest): Query {
  const query = new URL(request.url, "http://here").searchParams;
  const whole = (name: string, absent: number, most: number): number => {
    const value = query.get(name);
    if (value === null) return absent;
    if (!/^\d{1,9}$/.test(value)) throw new Refusal(400, "value", `${name} must be a whole number`);
    return Math.min(Number(value), most);
  };
  const format = query.get("_format") ?? FHIR_JSON;
  if (!["json", "application/json", FHIR_JSON].includes(format)) {
    throw new Refusal(406, "not-supported", `only ${FHIR_JSON} is spoken here`);
  }
  const parameters = [...query].filter(([name]) => !["_count", "_offset", "_format"].includes(name));
  return { parameters, count: whole("_count", PAGE, MAX_PAGE), offset: whole("_offset", 0, Number.MAX_SAFE_INTEGER) };
}

function pageOf(
  found: readonly Resource[],
  { path, parameters, count, offset }: Query & { readonly path: string },
  base: string,
): Resource {
  const linkTo = (at: number): string => {
    const query = new URLSearchParams([...parameters.map(([name, value]) => [name, value] as [string, string])]);
    query.set("_count", String(count));
    query.set("_offset", String(at));
    return `${base}/${path}?${query}`;
  };
  const after = offset + count;
  const links = { self: linkTo(offset), ...(count > 0 && after < found.length && { next: linkTo(after) }) };
  return searchset(found.slice(offset, after), found.length, base, links);
}

const send = (reply: FastifyReply, resource: Resource): FastifyReply =>
  reply.type(`${FHIR_JSON}; charset=utf-8`).header("cache-control", "no-store").send(stringifyResource(resource));

function refuse(reply: FastifyReply, status: number, code: string, text: string): FastifyReply {
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return send(reply.code(status), {
    resourceType: "OperationOutcome",
    issue: [{ severity: "error", code, diagnostics: text }],
  });
}

const isHere = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");

/** In constant time: digests are of one length. */
function isToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}
