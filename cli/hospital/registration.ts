import type { Hospital } from "@medexchain/actors";
import { addressSchema, type Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import { z } from "zod";
import { registrarKeyVariable, VARIABLES } from "../environment.ts";

const hex32 = z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]);

/** What a registrar needs to register a hospital. Public. */
const schema = z.strictObject({
  type: z.literal("medexchain/hospital-registration"),
  name: z.string().min(1),
  hospitalId: hex32,
  homeChainId: z.int().positive(),
  operator: addressSchema,
  parameters: hex32,
});
export type Registration = z.infer<typeof schema>;

export const readRegistration = (path: string): Promise<Registration> => readJsoncFile("registration", path, schema);

/** Writes what the registrar needs. */
export async function writeRegistration(
  path: string,
  hospital: Hospital,
  about: Pick<Registration, "name" | "homeChainId"> & { readonly parameters: Hex32 },
): Promise<Registration> {
  const registration: Registration = {
    type: "medexchain/hospital-registration",
    name: about.name,
    hospitalId: hospital.id,
    homeChainId: about.homeChainId,
    operator: await hospital.operator.getAddress(),
    parameters: about.parameters,
  };
  await writeFileDurably(path, `${JSON.stringify(registration, undefined, 2)}\n`);
  return registration;
}

/** The registrar's account. Throws CONFIG_INVALID that never shows the key. */
export async function readRegistrar(keyFile: string | undefined) {
  const { Wallet } = await import("ethers");
  const { readSecretFile } = await import("../prompt/passphrase.ts");
  const key = keyFile === undefined ? registrarKeyVariable() : await readSecretFile(keyFile, "registrar key");
  if (key === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `there is no registrar's key: give --registrar-key-file, or set ${VARIABLES.registrarKey}`,
    );
  }
  try {
    return new Wallet(key);
  } catch {
    // Without the cause: ethers puts values into its messages.
    throw new MedexError(
      "CONFIG_INVALID",
      "the registrar's key is not a private key: it must be 0x and 64 hexadecimal digits",
    );
  }
}
