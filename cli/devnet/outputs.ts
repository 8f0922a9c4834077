/** The JSON of `medex devnet …`. */
import { z } from "zod";
import { address, chainName } from "../output/json-types.ts";

const services = z.record(z.string(), z.string()).meta({ description: "URLs by the services' names" });
const pid = z.int();

/** Printed as soon as everything is up. */
export const devnetUpOutput = z.object({
  services,
  configuration: z.string(),
  registrarKeyFile: z.string().optional().meta({ description: "not with --detach" }),
  directory: z.string().optional().meta({ description: "not with --detach" }),
  pid,
  started: z
    .string()
    .optional()
    .meta({ description: "with --detach: when the process started, as the system tells it" }),
  invites: z
    .array(z.string())
    .optional()
    .meta({ description: "with --hospitals: the files with which they are founded" }),
  log: z.string().optional().meta({ description: "with --detach" }),
});

export const devnetDownOutput = z.object({
  running: z.literal(false),
  ended: pid.optional().meta({ description: "the process that was ended, if one ran" }),
});

export const devnetStatusOutput = z.object({
  running: z.boolean().meta({ description: "the other fields are there only where it is" }),
  pid: pid.optional(),
  started: z.string().optional(),
  services: services.optional(),
});

export const devnetAdvanceOutput = z.object({
  times: z.record(z.string(), z.int()).meta({ description: "Unix seconds by the chains' names" }),
});

export const devnetFundOutput = z.object({ addresses: z.array(address), chains: z.array(chainName) });
