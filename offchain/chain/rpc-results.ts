import { z } from "zod";

/** A number that may be large: an amount, a price, gas. */
const quantity = z.string().regex(/^0x[0-9a-f]{1,64}$/i);
/** One that counts blocks or transactions. */
const count = z.string().regex(/^0x0*[0-9a-f]{1,12}$/i);
const data = z
  .string()
  .regex(/^0x[0-9a-f]*$/i)
  .refine(({ length }) => length % 2 === 0);
const object = z.looseObject({});

/**
 * The form of what a node answers, by the specification of the execution API (https://ethereum.github.io/execution-apis). What is in an
 * object is read by whoever asked for it.
 */
const RESULTS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ["eth_blockNumber", count],
  ["eth_getTransactionCount", count],
  ["eth_chainId", quantity],
  ["eth_getBalance", quantity],
  ["eth_estimateGas", quantity],
  ["eth_gasPrice", quantity],
  ["eth_maxPriorityFeePerGas", quantity],
  ["eth_call", data],
  ["eth_getCode", data],
  ["eth_sendRawTransaction", data],
  ["eth_getLogs", z.array(object)],
  ["eth_getBlockByNumber", object.nullable()],
  ["eth_getBlockByHash", object.nullable()],
  ["eth_getTransactionByHash", object.nullable()],
  ["eth_getTransactionReceipt", object.nullable()],
]);

/** Whether a node's answer has the form that its method's has. Of methods that are not known here, any has. */
export const isResultOf = (method: string, result: unknown): boolean => {
  const form = RESULTS.get(method);
  return form === undefined || form.safeParse(result).success;
};
