import type { Html } from "./html.js";
import { idElement } from "./rows.js";

/** How people and chains are called on the page. */
export interface Names {
  /** A member, hospital, record or request: its name where it has one, else a short form; in full when pointed at. */
  id(id: string | undefined): Html;
  chain(chainId: bigint): string;
}

export function createNames(
  names: ReadonlyMap<string, string>,
  chains: readonly { readonly chainId: bigint; readonly name: string }[],
): Names {
  const byId = new Map(chains.map(({ chainId, name }) => [chainId, name]));
  return {
    id: (id) => idElement(id, names),
    chain: (chainId) => byId.get(chainId) ?? `chain ${chainId}`,
  };
}
