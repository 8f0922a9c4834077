/** The options that say which FHIR server, and as which client. */

import { MedexError } from "@medexchain/core";
import type { FhirServer } from "@medexchain/fhir";
import type { Command } from "commander";
import { z } from "zod";
import { WrongUse } from "../output/wrong-use.ts";
import { readSecretFile } from "../prompt/passphrase.ts";

export interface ServerOptions {
  readonly clientId?: string;
  readonly clientKeyFile?: string;
  readonly scope?: string;
  readonly tokenUrl?: string;
}

/** Adds them, but for the URL, which each command names by what it does there. */
export function addServerOptions(command: Command): Command {
  return command
    .option("--client-id <id>", "authenticate by SMART Backend Services, as this client; without it, not at all")
    .option(
      "--client-key-file <file>",
      "file of mode 600 with the client's private key: a JWK on one line, with its kid",
    )
    .option("--scope <scopes>", 'the scopes to ask for (default: "system/*.rs")')
    .option(
      "--token-url <url>",
      "the token endpoint (default: the server's SMART configuration says; must be given where it is another server's)",
    );
}

const jwkSchema = z.looseObject({ kty: z.enum(["EC", "RSA"]), kid: z.string().min(1), d: z.string().min(1) });

/**
 * Connects to the server.
 *
 * @throws INPUT_INVALID with exit code 2 for a client without a key, CONFIG_INVALID for a URL or a key that is none
 */
export async function connectServer(url: string, options: ServerOptions): Promise<FhirServer> {
  const { clientId, clientKeyFile, scope, tokenUrl } = options;
  const { backendServices, connectFhirServer } = await import("@medexchain/fhir");
  if (clientId === undefined && clientKeyFile === undefined) return connectFhirServer({ url });
  if (clientId === undefined || clientKeyFile === undefined) {
    throw new WrongUse("--client-id and --client-key-file go together: give both, or neither");
  }
  const privateKey = parseKey(await readSecretFile(clientKeyFile, "client key"), clientKeyFile);
  const authorizer = await backendServices({ fhirUrl: url, clientId, privateKey, scope, tokenUrl });
  return connectFhirServer({ url, authorizer });
}

function parseKey(text: string, file: string): z.infer<typeof jwkSchema> {
  try {
    return jwkSchema.parse(JSON.parse(text));
  } catch {
    // Without the cause, which may quote the key.
    throw new MedexError("CONFIG_INVALID", `${file} is no private JWK with a kid on one line, of kty EC or RSA`);
  }
}
