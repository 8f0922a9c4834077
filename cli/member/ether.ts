import { parseUnits } from "ethers";
import { WrongUse } from "../output/wrong-use.ts";

/** Most that one invite gives away, in ether: a slip of the pen must not be a fortune. */
const MAX_ETHER = 1000n;

/** Ether, as it is written on the command line, in gwei. Throws WrongUse. */
export function gweiOf(ether: string): number {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(ether) || parseUnits(ether, "ether") > MAX_ETHER * 10n ** 18n) {
    throw new WrongUse(`--ether must be an amount of ether, up to ${MAX_ETHER}, such as 0.5`);
  }
  return Number(parseUnits(ether, "gwei"));
}
