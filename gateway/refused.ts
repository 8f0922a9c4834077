import { MedexError } from "@medexchain/core";

/** @param why after "the call" */
export const refused = (why: string): MedexError => new MedexError("GATEWAY_CALL_REFUSED", `the call ${why}`);
