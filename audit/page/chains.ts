import { type Html, html } from "./html.js";

/** A chain as the audit read it, and what of its ledger the other chains hold. */
export interface ChainFacts {
  readonly chainId: bigint;
  readonly name: string;
  /** The block up to which it was read; undefined where it could not be. */
  readonly readTo?: { readonly block: number; readonly hash: string };
  /** How far validators' seals prove it; absent where the node's headers were believed. */
  readonly proof?: { readonly blocks: number; readonly validators: readonly string[]; readonly isStateProven: boolean };
  readonly ledger: string;
  readonly ledgerLength: bigint;
  readonly ledgerHead: string;
  readonly checkpoints: readonly {
    /** The chain that holds it. */
    readonly heldBy: string;
    readonly entryCount: bigint;
    readonly block: bigint;
    readonly head: string;
  }[];
}

/** Both chains' heads and their ledgers' checkpoints. */
export function chainsSection(chains: readonly ChainFacts[]): Html {
  return html`<section aria-labelledby="chains"><h2 id="chains">Chains</h2>
<div class="chains">
${chains.map(
  (chain) => html`<article>
<h3>${chain.name} <span class="muted">id ${chain.chainId}</span></h3>
<dl>
<div><dt>Read up to block</dt><dd>${
    chain.readTo === undefined ? "none" : html`${chain.readTo.block}<br><code class="hash">${chain.readTo.hash}</code>`
  }</dd></div>
<div><dt>Proven by validators' seals</dt><dd>${
    chain.proof === undefined
      ? html`<span class="muted">no: the node's headers were believed</span>`
      : html`${chain.proof.blocks} ${chain.proof.blocks === 1 ? "block" : "blocks"}, ${
          chain.proof.isStateProven
            ? "and the contracts' state at the last"
            : "but not the contracts' state at the last"
        }; ${chain.proof.validators.length} validators then`
  }</dd></div>
<div><dt>Access ledger</dt><dd>${chain.ledgerLength} ${chain.ledgerLength === 1n ? "entry" : "entries"} at <code class="hash">${chain.ledger}</code></dd></div>
<div><dt>Ledger's head</dt><dd><code class="hash">${chain.ledgerHead}</code></dd></div>
${
  chain.checkpoints.length === 0
    ? html`<div><dt>Checkpoints</dt><dd class="muted">no other chain holds one</dd></div>`
    : chain.checkpoints.map(
        (c) => html`<div><dt>Checkpoint held by ${c.heldBy}</dt>
<dd>${c.entryCount} ${c.entryCount === 1n ? "entry" : "entries"} at block ${c.block}<br><code class="hash">${c.head}</code></dd></div>`,
      )
}
</dl></article>
`,
)}</div></section>`;
}
