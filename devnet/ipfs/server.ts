import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { parseArguments } from "./arguments.ts";
import { blockCommands } from "./block-commands.ts";
import type { Command, CommandAnswer, UploadedFile } from "./commands.ts";
import { fileCommands } from "./file-commands.ts";
import { KuboError, kuboErrorBody } from "./kubo-error.ts";
import { nodeCommands } from "./node-commands.ts";
import { pinCommands } from "./pin-commands.ts";
import { Repository } from "./repository.ts";

/** Bodies are held in memory: this server is for development. */
const MAX_BODY_BYTES = 256 * 1_048_576;

export interface IpfsServerOptions {
  /** Where blocks, pins and the peer key are kept; made if it is not there. */
  readonly directory: string;
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
}

/** A server that runs: its URL, and how to end it. */
export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts an IPFS endpoint that speaks the Kubo RPC API (POST /api/v0/…), for development: the same CIDs as Kubo, blocks on
 * disk, no network. A command or option that it lacks is refused by name. Swap it for Kubo by the URL.
 */
export async function startIpfsServer(options: IpfsServerOptions): Promise<RunningServer> {
  const repository = await Repository.open(options.directory);
  const server = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  for (const command of [...nodeCommands, ...blockCommands, ...fileCommands, ...pinCommands]) {
    server.post(`/api/v0/${command.path}`, (request, reply) => answer(repository, command, request, reply));
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0];
    if (request.method !== "POST" && path?.startsWith("/api/v0/")) {
      reply.header("allow", "OPTIONS, POST");
      return refuse(reply, 405, "405 - Method Not Allowed: use POST");
    }
    return refuse(reply, 404, `404 page not found: ${path} is not supported by the development IPFS server`);
  });
  server.setErrorHandler((error, _request, reply) => refuse(reply, statusOf(error), messageOf(error)));

  try {
    const url = await server.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
    return {
      url,
      async close() {
        await server.close();
        await repository.close();
      },
    };
  } catch (error) {
    await server.close();
    await repository.close();
    throw error;
  }
}

async function answer(
  repository: Repository,
  command: Command,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const query = new URL(request.url, "http://ipfs").searchParams;
  const parsed = parseArguments(query, command.path, command.options);
  send(reply, await command.run(repository, parsed, await uploadedFiles(request)));
  await reply;
}

function send(reply: FastifyReply, result: CommandAnswer): void {
  if (result.kind === "bytes") {
    const bytes = result.bytes instanceof Uint8Array ? Buffer.from(result.bytes) : result.bytes;
    reply.type("application/octet-stream").send(bytes);
  } else if (result.kind === "json") {
    reply.send(result.value);
  } else {
    const lines = result.values.map((value) => `${JSON.stringify(value)}\n`);
    reply.type("application/json").header("x-chunked-output", "1").send(lines.join(""));
  }
}

/** The file parts of a multipart body; the platform's own parser reads it. */
async function uploadedFiles(request: FastifyRequest): Promise<UploadedFile[]> {
  const type = request.headers["content-type"];
  if (!Buffer.isBuffer(request.body) || !type?.startsWith("multipart/form-data")) return [];
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(request.body), { headers: { "content-type": type } }).formData();
  } catch {
    throw new KuboError(400, "the multipart body is malformed");
  }
  const files: UploadedFile[] = [];
  for (const [, part] of form) {
    if (typeof part === "string") throw new KuboError(400, "every part of the multipart body must be a file");
    const name = decodeName(part.name);
    const content = new Uint8Array(await part.arrayBuffer());
    files.push({ name, isDirectory: part.type === "application/x-directory", content });
  }
  return files;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new KuboError(400, "a file name in the multipart body is not percent-encoded");
  }
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  reply.code(status);
  return status === 500 ? reply.send(kuboErrorBody(message)) : reply.type("text/plain; charset=utf-8").send(message);
}

/** A client's fault keeps its status, also where fastify found it; everything else is Kubo's plain error. */
function statusOf(error: unknown): number {
  if (error instanceof KuboError) return error.status;
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown error");
