/** What is peculiar to faults of a JSON-RPC node: its errors, being behind, withholding logs, and the moment of a send. */
import { z } from "zod";
import type { Blow } from "./edge.ts";
import type { Answer, Call } from "./http-proxy.ts";

const callSchema = z.looseObject({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()).default([]) });
type RpcCall = z.infer<typeof callSchema>;
const answerSchema = z.looseObject({ id: z.unknown(), result: z.unknown().optional() });
type RpcAnswer = z.infer<typeof answerSchema>;

/** The calls in a body: ethers sends several at once. */
export function rpcCalls({ body }: Call): RpcCall[] {
  const parsed: unknown = JSON.parse(body.toString());
  return z.array(callSchema).parse(Array.isArray(parsed) ? parsed : [parsed]);
}

/** Whether a call brings a transaction. */
export const isSend = (call: Call): boolean => rpcCalls(call).some(({ method }) => method === "eth_sendRawTransaction");

/** What an overloaded node says. */
export function overloaded(call: Call): Answer {
  const error = { code: -32005, message: "limit exceeded" };
  const answers = rpcCalls(call).map(({ id }) => ({ jsonrpc: "2.0", id, error }));
  return jsonAnswer(call, answers);
}

/** Errors of a node's own, which say nothing of the call: what it asks for is not there yet, or the node has a fault. */
const NODE_ERRORS = [
  { code: -32_603, message: "Internal error" },
  { code: -32_000, message: "header not found" },
] as const;
/** What a node looks into its state, or its blocks, for. */
const READS_STATE = ["eth_call", "eth_estimateGas", "eth_getCode", "eth_getTransactionCount", "eth_getLogs"];

/** The answer of a node with an error of its own; undefined where the call asks nothing of its state. */
export function nodeError(call: Call): Answer | undefined {
  const calls = rpcCalls(call);
  if (!calls.some(({ method }) => READS_STATE.includes(method))) return undefined;
  const error = NODE_ERRORS[call.body.length % NODE_ERRORS.length];
  return jsonAnswer(
    call,
    calls.map(({ id }) => ({ jsonrpc: "2.0", id, error })),
  );
}

/**
 * The call as it finds a state that is some blocks old: what asks for the latest is answered as of an earlier block.
 *
 * @param head the number of the newest block
 */
export function staleCall(call: Call, head: number, amount: number): Call {
  const block = `0x${Math.max(0, head - amount).toString(16)}`;
  const calls = rpcCalls(call).map((one) => {
    const place =
      one.method === "eth_estimateGas" || one.method === "eth_call" || one.method === "eth_getCode" ? 1 : -1;
    const asked = one.params[place];
    if (place < 0 || (asked !== undefined && asked !== "latest" && asked !== "pending")) return one;
    return { ...one, params: one.params.with(place, block) };
  });
  const alone = !call.body.toString().trimStart().startsWith("[");
  return { ...call, body: Buffer.from(JSON.stringify(alone ? calls[0] : calls)) };
}

/** The answer as a node gives it that is `amount` blocks behind, or withholds every second log. */
export function distortRpc(call: Call, answer: Answer, { fault, amount }: Blow): Answer {
  const calls = rpcCalls(call);
  const parsed: unknown = JSON.parse(answer.body.toString());
  const answers = z.array(answerSchema).parse(Array.isArray(parsed) ? parsed : [parsed]);
  const distorted = answers.map((one): RpcAnswer => {
    const method = calls.find(({ id }) => id === one.id)?.method;
    if (fault === "behind" && method === "eth_blockNumber" && typeof one.result === "string") {
      const behind = Math.max(0, Number(one.result) - amount);
      return { ...one, result: `0x${behind.toString(16)}` };
    }
    if (fault === "behind" && (method === "eth_getTransactionReceipt" || method === "eth_getTransactionByHash")) {
      return { ...one, result: null };
    }
    if (fault === "fewer-logs" && method === "eth_getLogs" && Array.isArray(one.result)) {
      return { ...one, result: one.result.filter((_, index) => index % 2 === 1) };
    }
    return one;
  });
  return jsonAnswer(call, distorted);
}

function jsonAnswer(call: Call, answers: readonly unknown[]): Answer {
  const one = !call.body.toString().trimStart().startsWith("[");
  const body = Buffer.from(JSON.stringify(one ? answers[0] : answers));
  return { status: 200, type: "application/json", headers: {}, body };
}
