/** The parts of which the commands' JSON is made. Each schema reads the JSON, and writes it: what is a bigint here is digits there. */
import { ACKNOWLEDGEMENTS, DECISIONS, REQUEST_STATES } from "@medexchain/chain";
import { z } from "zod";

/** A whole number of any size, as text: JSON's readers keep 53 bits. */
export const digits = z
  .codec(z.string().regex(/^\d+$/), z.bigint(), { decode: BigInt, encode: String })
  .meta({ description: "a whole number, in decimal digits" });

/** Unix seconds, as text. */
export const seconds = digits.meta({ description: "a time in Unix seconds, in decimal digits" });

export const hex32 = z
  .templateLiteral(["0x", z.string().regex(/[0-9a-f]{64}/)])
  .meta({ description: "an id or digest: 32 bytes as 0x and 64 hexadecimal digits" });

export const transactionHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .meta({ description: "the hash of a transaction" });

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .meta({ description: "an EVM address with its checksum (EIP-55)" });

export const decision = z.enum(DECISIONS).meta({ description: "what Algorithm₁ or the owner decided" });
export const requestState = z.enum(REQUEST_STATES);
export const acknowledgement = z.enum(ACKNOWLEDGEMENTS);

/** Milliseconds of each step that was taken. */
export const timings = <const Step extends string>(...steps: Step[]) =>
  z.partialRecord(z.enum(steps), z.number()).meta({ description: "milliseconds by step" });

/** A name in the section `chains` of the configuration. */
export const chainName = z.string().meta({ description: "a chain's name in the configuration" });
