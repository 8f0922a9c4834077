import { PROTOCOL_VERSION, parseBlock, serializeBlock } from "@medexchain/tangle";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { blockFromJson, blockJson, blockToJson } from "./block-json.ts";
import { TangleNode } from "./node.ts";
import { StardustError, stardustErrorBody } from "./stardust-error.ts";

/** Media type of blocks as bytes (TIP-25). */
const SERIALIZER = "application/vnd.iota.serializer-v1";

/** The least that is work at all; a higher score makes every block cost that many times more. */
export const DEFAULT_MIN_POW_SCORE = 1;

export interface TangleServerOptions {
  /** Where the DAG is kept; made if it is not there. */
  readonly directory: string;
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** Whole number (TIP-12); 0 asks for no work. */
  readonly minPowScore?: number;
}

/** A server that runs: its URL, and how to end it. */
export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a single-node Tangle that speaks core REST v2 of IOTA Stardust (TIP-25), for development. It verifies each block
 * as a node does: form, size, parents, proof of work. It has no milestones, so no block is ever confirmed, and no ledger,
 * so it takes tagged data only. Swap it for Hornet by the URL.
 *
 * @throws MedexError CONFIG_INVALID, TANGLE_STORE_CORRUPT
 */
export async function startTangleServer(options: TangleServerOptions): Promise<RunningServer> {
  const node = await TangleNode.open(options.directory, options.minPowScore ?? DEFAULT_MIN_POW_SCORE);
  const server = fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  server.removeContentTypeParser("text/plain");
  server.addContentTypeParser(SERIALIZER, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send(stardustErrorBody(404, `${request.method} ${request.url} is not supported by this node`)),
  );
  server.setErrorHandler((error, _request, reply) => {
    const { status, message } = asRefusal(error);
    return reply.code(status).send(stardustErrorBody(status, message));
  });
  addNodeRoutes(server, node);
  addBlockRoutes(server, node);
  try {
    const url = await server.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
    return {
      url,
      async close() {
        await server.close();
        await node.close();
      },
    };
  } catch (error) {
    await server.close();
    await node.close();
    throw error;
  }
}

function addNodeRoutes(server: FastifyInstance, node: TangleNode): void {
  server.get("/health", (_request, reply) => reply.code(200).send());
  server.get("/api/routes", async () => ({ routes: ["core/v2"] }));
  server.get("/api/core/v2/tips", async () => ({ tips: node.tips() }));
  server.get("/api/core/v2/info", async () => ({
    name: "medexchain-devnet",
    version: "0.1.0",
    status: {
      isHealthy: true,
      // no milestones: index 0, without timestamp or id, as a node says before it has seen one
      latestMilestone: { index: 0 },
      confirmedMilestone: { index: 0 },
      pruningIndex: 0,
    },
    supportedProtocolVersions: [PROTOCOL_VERSION],
    protocol: {
      version: PROTOCOL_VERSION,
      networkName: "medexchain-devnet",
      bech32Hrp: "atoi",
      minPowScore: node.minPowScore,
      belowMaxDepth: 15,
      rentStructure: { vByteCost: 0, vByteFactorData: 1, vByteFactorKey: 10 },
      tokenSupply: "0",
    },
    pendingProtocolParameters: [],
    baseToken: { name: "none", tickerSymbol: "NONE", unit: "none", decimals: 0, useMetricPrefix: false },
    metrics: { blocksPerSecond: 0, referencedBlocksPerSecond: 0, referencedRate: 0 },
    features: [],
  }));
}

function addBlockRoutes(server: FastifyInstance, node: TangleNode): void {
  server.post("/api/core/v2/blocks", async (request, reply) => {
    const blockId = await node.accept(blockBytes(request));
    return reply.code(201).header("location", `/api/core/v2/blocks/${blockId}`).send({ blockId });
  });
  server.get<{ Params: { blockId: string } }>("/api/core/v2/blocks/:blockId", async (request, reply) => {
    const bytes = await node.bytesOf(blockIdParameter(request.params.blockId));
    if (request.headers.accept?.includes(SERIALIZER)) return reply.type(SERIALIZER).send(Buffer.from(bytes));
    return blockToJson(parseBlock(bytes));
  });
  server.get<{ Params: { blockId: string } }>("/api/core/v2/blocks/:blockId/metadata", async (request) => {
    const blockId = blockIdParameter(request.params.blockId);
    const parents = node.parentsOf(blockId);
    // every parent was known when the block came, so it is solid; without milestones nothing ever needs promotion
    return { blockId, parents, isSolid: true, shouldPromote: false, shouldReattach: false };
  });
}

/** The block's bytes, from either form of the request. */
function blockBytes(request: FastifyRequest): Uint8Array {
  if (Buffer.isBuffer(request.body)) return new Uint8Array(request.body);
  const parsed = blockJson.safeParse(request.body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") || "block";
    throw new StardustError(
      400,
      `invalid parameter: invalid block, error: ${where}: ${parsed.error.issues[0]?.message}`,
    );
  }
  return serializeBlock(blockFromJson(parsed.data));
}

function blockIdParameter(value: string): string {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value))
    throw new StardustError(400, "invalid parameter: invalid block ID, error: 0x and 64 hex digits needed");
  return value.toLowerCase();
}

function asRefusal(error: unknown): { status: number; message: string } {
  if (error instanceof StardustError) return { status: error.status, message: error.message };
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  const message = error instanceof Error ? error.message : "unknown error";
  return { status: typeof status === "number" && status >= 400 ? status : 500, message };
}
