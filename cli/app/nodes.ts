/** Hands the page's calls on to the nodes: those that the library makes, and of each answer the body and what it is, and no other header. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AppNetwork, Upstream } from "./network.ts";

/** What of IPFS's and the Tangle's interfaces the library calls; all else, a node's administration for one, stays closed. */
const IPFS_CALLS = /^\/(add|block\/get|block\/put|cat|dag\/put|dag\/get|pin\/add|version|id)$/;
const TANGLE_CALLS = /^\/api\/(routes|core\/v2\/(info|tips|blocks(\/0x[0-9a-f]{64}(\/metadata)?)?))$/;

/** What of the execution API reads, or carries a signed transaction; `admin_`, `debug_` or a node's own accounts stay closed. */
const CHAIN_CALLS: ReadonlySet<unknown> = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "eth_sendRawTransaction",
]);

/** Of a request to a chain; nodes take no longer ones. */
const MAX_CHAIN_BYTES = 5 * 1024 * 1024;

const NO_CALL = { error: "not among the calls that the app makes" };

/** Adds the paths of the chains, hospitals, IPFS and the Tangle. */
export async function addNodes(server: FastifyInstance, { chains, ipfs, tangle, gateways }: AppNetwork): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string", bodyLimit: MAX_CHAIN_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.post("/node/chain/:name", async (request, reply) => {
      const upstream = namedIn(chains, request);
      if (upstream === undefined) return reply.code(404).send({ error: "no such node" });
      const body = chainCalls(request.body);
      return body === undefined ? reply.code(403).send(NO_CALL) : handOn(reply, upstream, "", body);
    });
  });
  server.post("/node/hospital/:name/v1/calls", async (request, reply) => {
    const upstream = namedIn(gateways, request);
    return upstream ? handOn(reply, upstream, "/v1/calls") : reply.code(404).send({ error: "no such node" });
  });
  server.post("/node/ipfs/api/v0/*", async (request, reply) => {
    const { "*": call = "" } = request.params as { "*"?: string };
    if (!IPFS_CALLS.test(`/${call}`)) return reply.code(403).send(NO_CALL);
    const api = new URL(ipfs.url).pathname === "/" ? "/api/v0" : "";
    return handOn(reply, ipfs, `${api}/${call}${queryOf(request)}`);
  });
  server.route({
    method: ["GET", "POST"],
    url: "/api/*",
    handler: async (request, reply) => {
      if (!TANGLE_CALLS.test(pathOf(request))) return reply.code(403).send(NO_CALL);
      return handOn(reply, tangle, request.url);
    },
  });
}

function namedIn(upstreams: Readonly<Record<string, Upstream>>, { params }: FastifyRequest): Upstream | undefined {
  const { name = "" } = params as { name?: string }; // of the route
  return Object.hasOwn(upstreams, name) ? upstreams[name] : undefined;
}

/** One call or a batch of JSON-RPC, written anew so that the node reads what was looked at; undefined where any is not the library's. */
function chainCalls(body: unknown): string | undefined {
  let calls: unknown;
  try {
    calls = JSON.parse(String(body));
  } catch {
    return undefined;
  }
  const isKnown = (call: unknown) =>
    typeof call === "object" && call !== null && "method" in call && CHAIN_CALLS.has(call.method);
  return (Array.isArray(calls) ? calls : [calls]).every(isKnown) ? JSON.stringify(calls) : undefined;
}

const pathOf = ({ url }: FastifyRequest): string => url.split("?")[0] ?? "";
const queryOf = ({ url }: FastifyRequest): string => (url.includes("?") ? url.slice(url.indexOf("?")) : "");

/**
 * What of an answer's headers reaches the browser. Others would speak for the app's own origin: replace its policy, set cookies, or have the browser
 * delete what it stores (`Clear-Site-Data`), with the vault in it.
 */
const ANSWER_HEADERS: ReadonlySet<string> = new Set(["content-encoding", "content-length", "retry-after"]);
/** What an answer may be. Neither a page nor a script, which would be the app's. */
const DATA = /^(application\/(json|octet-stream|vnd\.iota\.serializer-v[12])|text\/plain)(;|$)/;

function handOn(reply: FastifyReply, { url, authorization }: Upstream, path: string, body?: string): FastifyReply {
  return reply.from(`${url.replace(/\/$/, "")}${path}`, {
    ...(body !== undefined && { body, contentType: "application/json" }),
    // Nothing that says who asks, and no cookie.
    rewriteRequestHeaders: (_request, headers) =>
      Object.fromEntries(
        Object.entries({ ...headers, authorization }).filter(
          ([name, value]) => value !== undefined && !/^(cookie|origin|referer|user-agent|sec-|x-forwarded)/.test(name),
        ),
      ),
    rewriteHeaders: (headers) => {
      const type = String(headers["content-type"] ?? "");
      return {
        ...Object.fromEntries(Object.entries(headers).filter(([name]) => ANSWER_HEADERS.has(name))),
        "content-type": DATA.test(type) ? type : "application/octet-stream",
      };
    },
    onError: (answer) => {
      answer.code(502).send({ error: "the node does not answer" });
    },
  });
}
