import { parseServiceUrl } from "@medexchain/core";
import { httpTransport, type JsonRpc, jsonRpc } from "@medexchain/evm";

const TIMEOUT_MS = 30_000;

/**
 * A client of a network's node, with basic authentication where the URL has credentials.
 *
 * @param network the chain's name, for errors; the URL is shown as its origin only
 * @throws CONFIG_INVALID for a URL that is none
 */
export function networkRpc(network: string, rpcUrl: string): JsonRpc {
  const { url } = parseServiceUrl(`network ${network}`, rpcUrl);
  return jsonRpc({ node: network, place: new URL(url).origin, transport: httpTransport(rpcUrl, TIMEOUT_MS) });
}
