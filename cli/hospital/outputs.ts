/** The JSON of `medex hospital …`. */
import { z } from "zod";
import { address, chainName, hex32, transactionHash } from "../output/json-types.ts";

export const hospitalInitOutput = z.object({
  name: z.string(),
  hospitalId: hex32,
  homeChainId: z.int(),
  operator: address,
  vaults: z.array(z.string()).meta({ description: "the hospital's vault; with --with-firewall, its firewall's too" }),
  offer: z.string().optional().meta({ description: "the file for the firewall's keeper" }),
  parameters: hex32.optional().meta({
    description: "with --with-firewall: digest of the hospital's public parameters on IPFS",
  }),
  registration: z.string().optional().meta({ description: "with --with-firewall: the file for the chains' registrar" }),
});

export const hospitalInviteOutput = z.object({
  hospitalId: hex32,
  file: z.string().meta({ description: "the invite; whoever has it can found the hospital, until it is used" }),
  fingerprint: z.string().meta({ description: "to compare with what `medex hospital join` prints" }),
});

export const hospitalJoinOutput = z.object({
  name: z.string(),
  hospitalId: hex32,
  operator: address,
  vaults: z.array(z.string()).meta({ description: "the hospital's vault; with --with-firewall, its firewall's too" }),
  offer: z.string().optional().meta({ description: "the file for the firewall's keeper" }),
});

export const hospitalPairOutput = z.object({
  hospitalId: hex32,
  fingerprint: z.string().meta({ description: "to compare with what `medex firewall init` printed" }),
  parameters: hex32.meta({ description: "digest of the hospital's public parameters on IPFS" }),
  registration: z.string().meta({ description: "the file for the chains' registrar" }),
});

export const hospitalRegisterOutput = z.object({
  hospitalId: hex32,
  registered: z.array(
    z.object({
      chain: chainName,
      transactionHash: transactionHash.nullable().meta({ description: "null where it was registered already" }),
    }),
  ),
});

export const hospitalAddOutput = z.object({
  name: z.string(),
  chain: chainName,
  gateway: z.string().optional(),
  service: z.string().optional(),
});

export const hospitalParametersOutput = z.object({
  hospitalId: hex32,
  parameters: hex32.meta({ description: "digest of the hospital's public parameters on IPFS" }),
  changed: z.array(
    z.object({
      chain: chainName,
      transactionHash: transactionHash.nullable().meta({ description: "null where it had them already" }),
    }),
  ),
});

/** Printed as soon as it serves. */
export const hospitalServeOutput = z.object({
  url: z.string(),
  hospitalId: hex32,
  withFirewall: z.boolean().meta({ description: "whether members are served, by the firewall in the same process" }),
});

export const hospitalLimitOutput = z.object({
  hospitalId: hex32,
  chain: chainName,
  maxAccessCount: z.int(),
  transactionHash,
});

export const hospitalMemberLimitOutput = z.object({
  hospitalId: hex32,
  maxRequestsPerMember: z.int().meta({ description: "in an hour; 0 is half of the hospital's" }),
  chains: z.array(z.object({ chain: chainName, transactionHash })),
});

const changes = z.array(z.object({ chain: chainName, transactionHash })).optional();

/** Of `suspend` and `reinstate`, each with its own list. */
export const hospitalStandingOutput = z.object({ hospitalId: hex32, suspend: changes, reinstate: changes });
