/** What passes between a client and the thread that runs the SDK for it. */

/** What the SDK connects to. */
export interface SdkNode {
  readonly url: string;
  readonly jwt?: string;
  /** In a browser, the URL of the SDK's WebAssembly module; beside the script unless given. */
  readonly module?: string;
}

export type SdkTask =
  | { readonly verb: "info" }
  /** Tag and data of the block to build, do the work for, and post. */
  | { readonly verb: "attach"; readonly tag: Uint8Array; readonly data: Uint8Array }
  | { readonly verb: "block"; readonly blockId: string };

/** What each verb is answered with. */
export interface SdkAnswers {
  /** The network's minimum proof-of-work score. */
  readonly info: number;
  /** The block's bytes. */
  readonly attach: Uint8Array;
  /** The block's bytes. */
  readonly block: Uint8Array;
}

export type SdkAnswer = SdkAnswers[SdkTask["verb"]];

export interface SdkCall {
  readonly id: number;
  readonly task: SdkTask;
}

/** The answer to a call, or the text of the SDK's error. */
export type SdkReply = { readonly id: number } & ({ readonly answer: SdkAnswer } | { readonly failure: string });
