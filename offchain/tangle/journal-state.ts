import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import type { Channel } from "./channel.ts";
import { encodeEntry, type JournalEntry, type PublicationJournal, parseEntry, type SignedHead } from "./journal.ts";

/** A message that was begun. */
export interface Draft {
  readonly sequence: number;
  readonly payloadMac: Uint8Array;
  readonly chunkBytes: number;
  /** Block ids of the chunks that are out, by index. */
  readonly blocks: Map<number, Uint8Array>;
}

/** A signed head, with what it brings if it is a message's. */
export interface Signed {
  readonly head: SignedHead;
  readonly draft: Draft | undefined;
}

/** A signed head that is on the Tangle. */
export interface Settled extends Signed {
  readonly block: Uint8Array;
}

/** What a journal adds up to: the one place that knows which entry counts. */
export class JournalState {
  readonly #journal: PublicationJournal;
  readonly channel: Channel;
  /** Begun, not signed. */
  draft: Draft | undefined;
  /** Signed, perhaps attached already, without that being known. */
  signed: Signed | undefined;
  /** By sequence. */
  readonly settled: Settled[] = [];

  private constructor(journal: PublicationJournal, channel: Channel) {
    this.#journal = journal;
    this.channel = channel;
  }

  /**
   * Reads a journal, or begins it.
   *
   * @param newRoot the channel's root if the journal is empty
   * @throws MedexError TANGLE_JOURNAL_INVALID (damaged, or of another channel)
   */
  static async load(
    journal: PublicationJournal,
    expected: Omit<Channel, "root">,
    newRoot: Uint8Array,
  ): Promise<JournalState> {
    const entries = await journal.entries();
    if (entries.length === 0) {
      const channel = { ...expected, root: newRoot };
      await journal.append(encodeEntry({ kind: "channel", version: 1, ...channel }));
      return new JournalState(journal, channel);
    }
    const [first, ...rest] = entries.map(parseEntry);
    if (first?.kind !== "channel") throw damaged("it does not begin with a channel");
    const { mode, root, channelId } = first;
    if (mode !== expected.mode || !equalBytes(channelId, expected.channelId)) {
      throw new MedexError(
        "TANGLE_JOURNAL_INVALID",
        "Tangle journal: it belongs to another channel; give each channel a journal of its own",
      );
    }
    const state = new JournalState(journal, { mode, root, channelId });
    for (const entry of rest) state.#apply(entry);
    return state;
  }

  /** The newest head on the Tangle. */
  get last(): Settled | undefined {
    return this.settled.at(-1);
  }

  /** The sequence of the next head to sign. */
  get next(): number {
    return this.settled.length + (this.signed === undefined ? 0 : 1);
  }

  /** Writes an entry down and reckons with it. */
  async record(entry: Exclude<JournalEntry, { kind: "channel" }>): Promise<void> {
    await this.#journal.append(encodeEntry(entry));
    this.#apply(entry);
  }

  /**
   * Writes a signed head down, before it goes out. Of two writers on one journal the first to write counts.
   *
   * @throws MedexError TANGLE_FORK for the second: it must not attach its head
   */
  async recordHead(head: SignedHead): Promise<void> {
    await this.#journal.append(encodeEntry(head));
    const written = (await this.#journal.entries()).map(parseEntry);
    const first = written.find((entry) => entry.kind === "head" && entry.sequence === head.sequence);
    if (first?.kind !== "head" || !equalBytes(first.digest, head.digest)) {
      throw new MedexError(
        "TANGLE_FORK",
        `Tangle message ${head.sequence}: another writer has signed it; open the channel again, and write from one place`,
      );
    }
    this.#apply(head);
  }

  #apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case "channel":
        throw damaged("it names its channel twice");
      case "message":
        if (this.signed === undefined && entry.sequence === this.next) this.draft = { ...entry, blocks: new Map() };
        return;
      case "chunk":
        if (isOf(entry, this.draft)) this.draft?.blocks.set(entry.index, entry.block);
        return;
      case "head":
        if (entry.sequence > this.next) throw damaged(`message ${this.next} has no head`);
        if (this.signed !== undefined || entry.sequence < this.next) return; // a second writer's, never attached
        this.signed = { head: entry, draft: this.draft };
        this.draft = undefined;
        return;
      case "attached":
        if (this.signed?.head.sequence !== entry.sequence) return; // attached twice, by two that resumed it
        this.settled.push({ ...this.signed, block: entry.block });
        this.signed = undefined;
        return;
    }
  }
}

/** A chunk of another message is a second writer's. */
function isOf({ sequence, payloadMac }: Pick<Draft, "sequence" | "payloadMac">, draft: Draft | undefined): boolean {
  return draft?.sequence === sequence && equalBytes(draft.payloadMac, payloadMac);
}

function damaged(why: string): MedexError {
  return new MedexError("TANGLE_JOURNAL_INVALID", `Tangle journal: damaged: ${why}; restore it from a backup`);
}
