import { MedexError } from "@medexchain/core";
import type { ChainPosition } from "../access-history.ts";
import { instantOf } from "../format/instant.ts";
import { type Html, html } from "./html.ts";

/** How people and chains are called on the page. */
export interface Names {
  /** A member, hospital, record or request: its name where it has one, else a short form; in full when pointed at. */
  id(id: string | undefined): Html;
  chain(chainId: bigint | undefined): string;
}

export function createNames(
  names: ReadonlyMap<string, string>,
  chains: readonly { readonly chainId: bigint; readonly name: string }[],
): Names {
  const byId = new Map(chains.map(({ chainId, name }) => [chainId, name]));
  return {
    id: (id) => {
      if (id === undefined) return html`<span class="muted">unknown</span>`;
      const name = names.get(id);
      return name === undefined
        ? html`<code title="${id}">${shortId(id)}</code>`
        : html`<span title="${id}">${name}</span>`;
    },
    chain: (chainId) => (chainId === undefined ? "" : (byId.get(chainId) ?? `chain ${chainId}`)),
  };
}

const shortId = (id: string): string => (id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`);

/** Unix seconds as a time that people and programs read. A time that no calendar has is shown as the number that it is. */
export function timeElement(seconds: bigint): Html {
  try {
    const instant = instantOf(seconds);
    return html`<time datetime="${instant}">${instant.replace("T", " ").replace("Z", " UTC")}</time>`;
  } catch (error) {
    if (!MedexError.is(error, "AUDIT_MISMATCH")) throw error;
    return html`second ${seconds}`;
  }
}

/** Where something was said, in full. */
export const placeElement = (at: ChainPosition, names: Names): Html =>
  html`${timeElement(at.timestamp)} · ${names.chain(at.chainId)}, block ${at.block} · <code class="hash">${at.transactionHash}</code>`;
