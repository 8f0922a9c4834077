import { MedexError } from "@medexchain/core";

/** The `error` of a JSON-RPC answer (JSON-RPC 2.0, section 5.1). */
export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  /** Of a reverted `eth_call`: its return data. */
  readonly data?: unknown;
}

/** A node answered a call with an error of its own. */
export class NodeRefusal extends MedexError {
  /** As the node answered it. */
  readonly answered: RpcErrorBody;

  /** @param node what is asked, for people: "chain 31337" */
  constructor(node: string, method: string, answered: RpcErrorBody) {
    super("SERVICE_PROTOCOL", `${node} refuses ${method} with error ${answered.code}, ${quote(answered.message)}`);
    this.answered = answered;
  }
}

/** An answer is longer than what is taken: ask for less at once. */
export class AnswerTooLong extends MedexError {
  constructor(node: string, maxBytes: number) {
    super("SERVICE_PROTOCOL", `${node} answers with more than ${maxBytes} bytes: use another node`);
  }
}

const MOST_QUOTED = 200;

/** A node's own words, harmless in a terminal and a log. */
const quote = (text: string): string => JSON.stringify(text.slice(0, MOST_QUOTED).replace(/[^\x20-\x7e]/g, "?"));

/** EIP-1474: method not found, method not supported. Another range would not help. */
const NOT_OF_RANGE = [-32601, -32004];

/**
 * Whether a node may answer when it is asked for fewer blocks. Nodes say so in many ways (EIP-1474's -32005 limit exceeded, Besu's
 * -32000 of 5,000 blocks, geth's -32003 response too large, -32602 with a text, HTTP 413), so any refusal may mean it but those that
 * say plainly that it does not.
 */
export function mayMeanFewer(error: unknown): boolean {
  return (
    error instanceof AnswerTooLong || (error instanceof NodeRefusal && !NOT_OF_RANGE.includes(error.answered.code))
  );
}
